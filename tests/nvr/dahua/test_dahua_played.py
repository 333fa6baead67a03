"""What a Dahua spare says it has, compared with what it plays and what is on its disk."""

import asyncio
from datetime import timedelta
from itertools import pairwise
import time

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.dahua import DahuaUnit
from custom_components.nvr_hotspare.nvr.errors import UnitRequestError
from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.dahua.dahua_lab import SECOND, StartDahua, eventually, place_of
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

GOP = SECOND // 5


async def recorded(driver: DahuaUnit, place: Place, seconds: float) -> Span:
    """Have a spare record a camera for a while; returns when."""
    began = time.time_ns()
    assert not await driver.record([place])

    async def is_recorded() -> bool:
        return (await driver.places())[place.key].recording is Recording.YES

    await eventually(is_recorded)
    await asyncio.sleep(seconds)
    await driver.release([place.key])
    return Span(began, time.time_ns())


def frames_on_disk(unit: VirtualNvr) -> list[int]:
    """Return when the frames were captured that a unit's folder holds."""
    times = []
    for path in sorted((unit.config.folder / "recordings").glob("*/*.mp4")):
        with path.open("rb") as file:
            for fragment in Mp4Reader(file).fragments():
                times += [sample.time for sample in fragment.samples]
    return times


@pytest.mark.parametrize("wrong_zone", [0, 3600, -7200])
@pytest.mark.parametrize("offset", [0, 19_800, -36_000])
async def test_what_it_says_it_has_is_what_it_plays_with_the_original_times(
    start_dahua: StartDahua, camera: VirtualCamera, offset: int, wrong_zone: int
) -> None:
    unit, driver = await start_dahua(fw_utc_offset=offset, fw_wrong_zone=wrong_zone)
    place = place_of(camera)
    within = await recorded(driver, place, 2.0)
    held = frames_on_disk(unit)
    told = await driver.footage(place.key, Span(within.start - SECOND, within.end + SECOND))
    (span,) = told.spans
    assert told.exact
    assert abs(span.start - held[0]) <= told.uncertainty + SECOND
    assert abs(span.end - held[-1]) <= told.uncertainty + SECOND
    async with open_replay(await driver.replay(place.key), within) as stream:
        played = [frame.time async for _, frame in stream]
    assert played == held


async def test_a_clock_that_is_wrong_is_corrected(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(fw_utc_offset=3600)
    unit.clock_offset = timedelta(seconds=97)
    place = place_of(camera)
    within = await recorded(driver, place, 2.0)
    held = frames_on_disk(unit)
    replay = await driver.replay(place.key)
    async with open_replay(replay, within) as stream:
        played = [frame.time async for _, frame in stream]
    drift = replay.ahead - 97 * SECOND
    assert abs(drift) < SECOND // 2
    assert [it + drift for it in played] == pytest.approx(held, abs=1)


async def test_a_firmware_that_does_not_tell_when_frames_were_captured_is_right_to_the_second(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(fw_onvif_replay=False)
    place = place_of(camera)
    within = await recorded(driver, place, 3.0)
    held = frames_on_disk(unit)
    begin = held[0] + SECOND
    async with open_replay(await driver.replay(place.key), Span(begin, within.end)) as stream:
        played = [frame.time async for _, frame in stream]
    assert played
    shift = played[0] - next(it for it in held if it >= begin // SECOND * SECOND - GOP)
    assert abs(shift) <= SECOND + GOP
    steps = [later - earlier for earlier, later in pairwise(played)]
    assert all(abs(step - SECOND // 25) < SECOND // 1000 for step in steps)


async def test_a_place_that_is_not_there_plays_nothing(start_dahua: StartDahua) -> None:
    _, driver = await start_dahua()
    with pytest.raises(UnitRequestError):
        await driver.replay("VN0001/9")
    with pytest.raises(UnitRequestError):
        await driver.footage("VN0001/9", Span(0, SECOND))
