"""The built-in spare: a real engine in a process of its own, recording real cameras."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
import os
from pathlib import Path
import signal
import time

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.builtin import (
    BuiltinSpare,
    channel_of,
    key_of,
    prepare_folder,
)
from custom_components.nvr_hotspare.nvr.errors import UnitFullError, UnitUnreachableError
from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.orders import Settings
from tests.recorder.scripted_camera import eventually
from virtual_nvr.cameras import CamerasConfig, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.private import Credentials
from virtual_nvr.verify import count, verify

FORMAT = ClipFormat(width=320, height=180, bit_rate=200_000, gop=5)
ACCOUNT = Credentials("viewer", "cellar-door")
SETTINGS = Settings(free_floor=1 << 20)
SECOND = 1_000_000_000


@pytest.fixture
async def places() -> AsyncIterator[list[Place]]:
    config = CamerasConfig(count=3, first_address="127.0.9.1", port=0, format=FORMAT)
    async with VirtualCameras(config, ACCOUNT) as site:
        yield [
            Place(
                key=f"DS-7608 №1/{number}",
                name=f"Camera {number}",
                source=Source(uri=camera.uri, username=ACCOUNT.username, password=ACCOUNT.password),
            )
            for number, camera in site.cameras.items()
        ]


type Make = Callable[..., BuiltinSpare]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Make spares that are stopped in the end, and so is their engine."""
    prepare_folder(tmp_path / "footage")
    async with AsyncExitStack() as stack:

        def build(settings: Settings = SETTINGS, capacity: int = 32) -> BuiltinSpare:
            spare = BuiltinSpare(
                "spare-1", tmp_path / "footage", tmp_path / "state", settings, capacity=capacity
            )
            stack.push_async_callback(spare.stop)
            return spare

        yield build


async def attached(spare: BuiltinSpare) -> BuiltinSpare:
    await spare.start()
    await eventually(lambda: spare.report is not None)
    return spare


async def recording(spare: BuiltinSpare, cameras: int) -> None:
    """Wait until so many cameras are confirmed recorded."""
    async with asyncio.timeout(10):
        while True:
            with suppress(UnitUnreachableError):
                states = (await spare.places()).values()
                if sum(state.recording is Recording.YES for state in states) == cameras:
                    return
            await asyncio.sleep(0.05)


def pid_of(spare: BuiltinSpare) -> int:
    assert spare.report
    return spare.report.pid


@pytest.mark.parametrize("key", ["DS-7608.N_I/3", "-x/1", "уч/2", "urn:uuid:1-2/10", "a.b/c"])
def test_every_key_has_a_folder_of_its_own(key: str) -> None:
    assert key_of(channel_of(key)) == key
    assert "/" not in channel_of(key)


async def test_a_warm_spare_writes_nothing_until_told_and_then_from_before(
    make: Make, places: list[Place], tmp_path: Path
) -> None:
    spare = await attached(make())
    await spare.provision(places)
    await asyncio.sleep(3)
    assert not verify([tmp_path / "footage"])

    told = time.time_ns()
    assert await spare.record(places) == {}
    await recording(spare, 3)
    await asyncio.sleep(1)
    until = time.time_ns() - SECOND // 5
    await spare.release(place.key for place in places)

    found = verify([tmp_path / "footage"])
    assert len(found) == 3
    for report in found.values():
        assert report.first is not None
        assert report.first < told - 2 * SECOND
        assert report.last is not None
        assert report.last > until - SECOND // 2
        assert (count(report.missing), count(report.doubled)) == (0, 0)
        assert (count(report.damaged), report.out_of_order) == (0, 0)
    states = await spare.places()
    assert {state.commanded for state in states.values()} == {False}
    assert {state.holds_footage for state in states.values()} == {True}
