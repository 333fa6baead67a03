"""Cameras on the wire whose clocks, GOPs and frames are not as they should be."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
import time

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import VideoFrame
from tests.recorder.encoded import STEP, TICKS, encode
from tests.recorder.footage import decode
from tests.recorder.scripted_camera import NOW, PPS, SPS, eventually, frame, scripted_camera
from tests.recorder.wire import Wire, record, recorded

HOUR = 3_600_000_000_000
EVERY_10 = "keyint=10:min-keyint=10:scenecut=0:bframes=0"
REORDERED = "keyint=10:min-keyint=10:scenecut=0:bframes=3:b-adapt=0"


def made_up(numbers: Iterable[int], *, gop: int, key_size: int = 500) -> list[VideoFrame]:
    """Return frames of a large camera, whose pictures no decoder has to like."""
    return [
        VideoFrame(
            nal_units=frame(number, gop=gop, size=500 if number % gop else key_size),
            time=NOW + number * STEP,
            ticks=number * TICKS,
            key=number % gop == 0,
        )
        for number in numbers
    ]


async def test_key_frames_of_a_megabyte_ten_seconds_apart(tmp_path: Path) -> None:
    sent = made_up(range(600), gop=250, key_size=1_200_000)
    wire = Wire()
    paths = await record(wire.report(sent[0]) + wire.by_the_rules(sent), tmp_path, sent)

    found = recorded(paths)
    assert [time // STEP for time, _, _ in found] == list(range(600))
    assert [len(units[-1]) for _, key, units in found if key] == [1_200_005] * 3


async def test_a_gop_that_becomes_longer_and_shorter(tmp_path: Path) -> None:
    keys = {0, 5, 10, 60, 61, 62, 63, 163}
    sent = [replace(each, key=n in keys) for n, each in enumerate(made_up(range(180), gop=1000))]
    for each in sent:
        if each.key:
            each.nal_units = [SPS, PPS, b"\x65" + each.nal_units[-1][1:]]
    wire = Wire()
    paths = await record(wire.report(sent[0]) + wire.by_the_rules(sent), tmp_path, sent)

    assert [(time // STEP, key) for time, key, _ in recorded(paths)] == [
        (number, frame.key) for number, frame in enumerate(sent)
    ]


@pytest.mark.parametrize("parameters", [EVERY_10, REORDERED])
async def test_timestamps_that_begin_anew_after_32_bits(tmp_path: Path, parameters: str) -> None:
    sent = encode(60, parameters)
    wire = Wire(origin=2**32 - 25 * TICKS)
    paths = await record(wire.report(sent[0]) + wire.by_the_rules(sent), tmp_path, sent)

    (path,) = paths
    assert [round((time) / STEP) for time, _, _ in recorded(paths)] == [
        frame.ticks // TICKS for frame in sent
    ]
    assert await decode(path) == (60, "")


@pytest.mark.parametrize("parameters", [EVERY_10, REORDERED])
@pytest.mark.parametrize("by", [2 * HOUR, -2 * HOUR])
async def test_a_clock_that_is_set_by_hours_costs_no_frame(
    tmp_path: Path, parameters: str, by: int
) -> None:
    sent = encode(60, parameters)
    newest = [max(frame.ticks for frame in sent[: number + 1]) for number in range(60)]
    # Told in the middle of a GOP, before a frame that is shown after all those before it.
    told = next(n for n in range(33, 60) if sent[n].ticks > newest[n - 1])
    sent[told:] = [replace(frame, time=frame.time + by) for frame in sent[told:]]
    wire = Wire()
    media = wire.report(sent[0]) + wire.by_the_rules(sent[:told])
    media += wire.report(sent[told]) + wire.by_the_rules(sent[told:])
    paths = await record(media, tmp_path, sent)

    found = sorted(time for path in paths for time, _, _ in recorded([path]))
    assert len(found) == 60
    wanted = sorted(frame.time - NOW for frame in sent)
    assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < STEP
    assert len(paths) == 2
    counts = [await decode(path) for path in paths]
    assert sorted(counts) == [(20, ""), (40, "")]


async def test_a_report_of_another_day_is_not_believed(tmp_path: Path) -> None:
    sent = made_up(range(20), gop=5)
    wire = Wire()
    before = time.time_ns()
    media = wire.report(replace(sent[0], time=0)) + wire.by_the_rules(sent)
    paths = await record(media, tmp_path, sent)

    for moment, _, _ in recorded(paths):
        assert before <= moment + NOW <= time.time_ns() + HOUR


async def test_timestamps_that_jump_cost_no_frame(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    await engine.start()
    wire = Wire()
    async with scripted_camera() as camera:
        camera.media = wire.by_the_rules(made_up(range(12), gop=5))
        engine.record("c1", camera.source())
        await eventually(lambda: engine.status()["c1"].frames > 5)
        await asyncio.sleep(0.1)
        camera.send(wire.by_the_rules(made_up(range(900_012, 900_021), gop=5)))
        await asyncio.sleep(0.1)
        camera.send(wire.by_the_rules(made_up(range(21, 30), gop=5)))
        await eventually(lambda: engine.status()["c1"].frames > 25)
        await engine.stop()

    paths = [clip.path for clip in Archive(tmp_path).clips("c1")]
    found = recorded(paths)
    assert [int.from_bytes(units[-1][1:5]) % 900_000 for _, _, units in found] == list(range(30))
    moments = [moment for moment, _, _ in found]
    assert moments == sorted(moments)
    assert camera.connections == 1
