"""Virtual recorders on addresses of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.virtual_nvr.nvr_lab import (
    CAMERA_PASSWORD,
    StartNvr,
    loopback_address,
    nvr_config,
    peer_of,
)
from tests.virtual_nvr.soap_peer import SoapPeer
from virtual_nvr.cameras import CamerasConfig, VirtualCamera, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.nvr.unit import VirtualNvr
from virtual_nvr.private import Credentials


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def camera(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[VirtualCamera]:
    """A small camera with a key frame five times a second."""
    config = CamerasConfig(
        count=1,
        first_address=loopback_address(),
        format=ClipFormat(width=320, height=192, bit_rate=200_000, gop=5),
        cache=tmp_path_factory.getbasetemp(),
    )
    async with VirtualCameras(config, Credentials("viewer", CAMERA_PASSWORD)) as cameras:
        yield cameras.cameras[1]


@pytest.fixture
async def start_nvr(tmp_path: Path, http: aiohttp.ClientSession) -> AsyncIterator[StartNvr]:
    """Start virtual recorders, each with a client that knows its account."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> tuple[VirtualNvr, SoapPeer]:
            folder = settings.pop("folder", tmp_path / "nvr")
            config = nvr_config(folder, **settings)
            unit = await stack.enter_async_context(VirtualNvr(config))
            return unit, peer_of(unit.config, http)

        yield start
