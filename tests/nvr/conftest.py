"""Recorders in software, and drivers for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
import random
from typing import Any

import aiohttp
import pytest

from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from virtual_nvr.cameras import CamerasConfig, VirtualCamera, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.nvr.config import NvrConfig
from virtual_nvr.nvr.unit import VirtualNvr
from virtual_nvr.private import Credentials as AccountOfCameras

PASSWORD = "cellar-door"
CAMERA_PASSWORD = "p@ss:w/rd"

type StartNvr = Callable[..., Awaitable[VirtualNvr]]
type Drive = Callable[..., OnvifUnit]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def start_nvr(tmp_path: Path) -> AsyncIterator[StartNvr]:
    """Start virtual recorders, each on an address of its own."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> VirtualNvr:
            host = ".".join(str(random.randrange(16, 250)) for _ in range(3))
            values: dict[str, Any] = {
                "name": "Attic",
                "serial": "VN-0001",
                "host": f"127.{host}",
                "username": "admin",
                "password": PASSWORD,
                "folder": tmp_path / "nvr",
                **settings,
            }
            return await stack.enter_async_context(VirtualNvr(NvrConfig(**values)))

        yield start


@pytest.fixture
async def camera(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[VirtualCamera]:
    """A small camera with a key frame five times a second."""
    config = CamerasConfig(
        count=1,
        port=0,
        format=ClipFormat(width=320, height=192, bit_rate=200_000, gop=5),
        cache=tmp_path_factory.getbasetemp(),
    )
    async with VirtualCameras(config, AccountOfCameras("viewer", CAMERA_PASSWORD)) as cameras:
        yield cameras.cameras[1]


@pytest.fixture
def drive(session: aiohttp.ClientSession) -> Drive:
    """Make drivers: of a virtual recorder, or of whatever is at an endpoint."""

    def make(unit: VirtualNvr | Endpoint, password: str = PASSWORD, **settings: Any) -> OnvifUnit:
        endpoint = unit if isinstance(unit, Endpoint) else endpoint_of(unit)
        account = Credentials(username="admin", password=password)
        return OnvifUnit(session, endpoint, account, **settings)

    return make


def endpoint_of(unit: VirtualNvr) -> Endpoint:
    return Endpoint(host=unit.config.host, port=unit.config.http_port)
