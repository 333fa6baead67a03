"""What a recorder says it has, compared with what it plays and what is on its disk."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import time

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.model import Place, PlaceState
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.conftest import CAMERA_PASSWORD, Drive, StartNvr
from tests.nvr.search_recorder import (
    KEY,
    SECOND,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


async def seen(driver: OnvifUnit, is_so: Callable[[PlaceState], bool]) -> None:
    """Wait until something is so of the place `KEY`."""
    while True:
        if is_so((await driver.places())[KEY]):
            return
        await asyncio.sleep(0.05)


async def recorded(driver: OnvifUnit, camera: VirtualCamera, seconds: float) -> None:
    """Have a spare record a camera for a while, as the place `KEY`."""
    source = Source(uri=camera.uri, username="viewer", password=CAMERA_PASSWORD)
    place = Place(key=KEY, name="Door", source=source)
    assert not await driver.record([place])
    await seen(driver, lambda state: state.recording is Recording.YES)
    await asyncio.sleep(seconds)
    await driver.release([KEY])
    await seen(driver, lambda state: not state.commanded)


def frames_on_disk(unit: VirtualNvr) -> list[int]:
    """Return when the frames were captured that a unit's folder holds."""
    times = []
    for path in sorted((unit.config.folder / "recordings").glob("*/*.mp4")):
        with path.open("rb") as file:
            for fragment in Mp4Reader(file).fragments():
                times += [sample.time for sample in fragment.samples]
    return times


@pytest.mark.parametrize("ahead", [0.0, 3600.0])
async def test_what_a_recorder_says_it_has_is_what_it_plays(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera, ahead: float
) -> None:
    unit = await start_nvr()
    unit.clock_offset = timedelta(seconds=ahead)
    driver, began = drive(unit), time.time_ns()
    await recorded(driver, camera, 1.0)
    within = Span(began - 60 * SECOND, time.time_ns())
    held = frames_on_disk(unit)

    told = await driver.footage(KEY, within)
    replay = await driver.replay(KEY)
    async with open_replay(replay, within) as stream:
        played = [frame.time async for _, frame in stream]

    (span,) = told.spans
    assert told.exact
    assert abs(span.start - held[0]) <= told.uncertainty
    assert abs(span.end - held[-1]) <= told.uncertainty + SECOND // 10
    drift = replay.ahead - round(ahead * SECOND)
    assert abs(drift) < SECOND // 2
    assert [time + drift for time in played] == pytest.approx(held, abs=1)
    assert stream.proven


async def test_a_gap_is_told_and_played_over(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera
) -> None:
    unit = await start_nvr()
    driver, began = drive(unit), time.time_ns()
    await recorded(driver, camera, 0.5)
    between = time.time_ns()
    await asyncio.sleep(1.0)
    await recorded(driver, camera, 0.5)
    within = Span(began, time.time_ns())
    held = frames_on_disk(unit)

    told = await driver.footage(KEY, within)
    async with open_replay(await driver.replay(KEY), within) as stream:
        played = [frame.time async for _, frame in stream]

    first, second = told.spans
    assert first.end < between + SECOND // 2 < second.start
    assert all(time < first.end or time >= second.start for time in held)
    assert played == held
    assert stream.proven
