"""Hikvision recorders in software with a driver each, and places for them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.hikvision import HikvisionUnit
from custom_components.nvr_hotspare.nvr.model import Place, PlaceState
from custom_components.nvr_hotspare.recorder.model import CameraAddress, Source
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.hikvision.api import HikvisionApi
from virtual_nvr.hikvision.inputs import Input
from virtual_nvr.nvr.config import ChannelConfig
from virtual_nvr.nvr.unit import VirtualNvr

type StartHikvision = Callable[..., Awaitable[tuple[VirtualNvr, HikvisionUnit]]]

PASSWORD = "cellar-door"
CAMERA_PASSWORD = "p@ss:w/rd"
SECOND = 1_000_000_000


def api_of(unit: VirtualNvr) -> HikvisionApi:
    api = unit._present().api
    assert isinstance(api, HikvisionApi)
    return api


def inputs(unit: VirtualNvr) -> dict[int, Input]:
    return api_of(unit).inputs.inputs


def place_of(
    camera: VirtualCamera | str,
    number: int = 1,
    *,
    password: str = CAMERA_PASSWORD,
    address: CameraAddress | None = None,
) -> Place:
    uri = camera if isinstance(camera, str) else camera.uri
    source = Source(uri=uri, username="viewer", password=password, address=address)
    key = f"DS-7608NI-K20820200101CCRRC12345678WCVU/{number}"
    return Place(key=key, name=f"Camera {number}", source=source)


def own_channel(camera: VirtualCamera, name: str = "Gate") -> ChannelConfig:
    return ChannelConfig(name=name, uri=camera.uri, username="viewer", password=CAMERA_PASSWORD)


async def state(driver: HikvisionUnit, key: str) -> PlaceState:
    return (await driver.places())[key]


async def recorded(driver: HikvisionUnit, key: str) -> None:
    async def is_recorded() -> bool:
        return (await state(driver, key)).recording is Recording.YES

    await eventually(is_recorded)


async def eventually(check: Callable[[], Awaitable[Any]]) -> None:
    while not await check():  # noqa: ASYNC110 - what is waited for happens elsewhere
        await asyncio.sleep(0.05)
