"""Dahua recorders in software with a driver each, and places for them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from custom_components.nvr_hotspare.nvr.dahua import DahuaUnit
from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.model import CameraAddress, Source
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.api import DahuaApi
from virtual_nvr.dahua.slots import Slot
from virtual_nvr.nvr.config import ChannelConfig
from virtual_nvr.nvr.unit import VirtualNvr

type StartDahua = Callable[..., Awaitable[tuple[VirtualNvr, DahuaUnit]]]

PASSWORD = "cellar-door"
CAMERA_PASSWORD = "p@ss:w/rd"
SECOND = 1_000_000_000


def api_of(unit: VirtualNvr) -> DahuaApi:
    api = unit._present().api
    assert isinstance(api, DahuaApi)
    return api


def slot_of(unit: VirtualNvr, number: int) -> Slot:
    return api_of(unit).slots.all[number]


def used(unit: VirtualNvr) -> list[int]:
    """Return the channels that a camera is on, enabled or not."""
    return [n for n, slot in api_of(unit).slots.all.items() if slot.address != "192.168.0.0"]


def place_of(
    camera: VirtualCamera | str,
    number: int = 1,
    password: str = CAMERA_PASSWORD,
    *,
    address: CameraAddress | None = None,
) -> Place:
    uri = camera if isinstance(camera, str) else camera.uri
    source = Source(uri=uri, username="viewer", password=password, address=address)
    return Place(key=f"VN0001/{number}", name=f"Camera {number}", source=source)


def own_channel(camera: VirtualCamera, name: str = "Gate") -> ChannelConfig:
    return ChannelConfig(name=name, uri=camera.uri, username="viewer", password=CAMERA_PASSWORD)


async def eventually(check: Callable[[], Awaitable[Any]]) -> None:
    while not await check():  # noqa: ASYNC110 - what is waited for happens elsewhere
        await asyncio.sleep(0.05)
