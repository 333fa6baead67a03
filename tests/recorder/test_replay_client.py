"""The replay client against recorders that play what they are asked for."""

import asyncio
import struct

import pytest

from custom_components.nvr_hotspare.recorder import replay as replaying
from custom_components.nvr_hotspare.recorder.errors import (
    SourceUnsupportedError,
)
from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.ntp import to_ntp
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.rtp.capture import Mark
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.replay_lab import (
    SECOND,
    START,
    STEP,
    footage,
    moment,
    numbers_of,
    packet,
    play,
    stamp,
)
from tests.recorder.scripted_camera import FRAME, ScriptedCamera, frame


async def test_it_asks_for_footage_by_its_time_and_as_fast_as_can_be(
    recorder: ScriptedCamera,
) -> None:
    recorder.media = footage(range(6))

    await play(recorder, Span(START + 123_456_789, START + 4 * STEP + 1))

    describe, setup, *_, teardown = recorder.requests
    ordered = next(request for request in recorder.requests if request.method == "PLAY")
    assert describe.headers.get("Require") is None
    assert setup.headers.get("Require") == ordered.headers.get("Require") == "onvif-replay"
    assert ordered.headers.get("Range") == "clock=20261123T190052.123Z-20261123T190122.160Z"
    assert ordered.headers.get("Rate-Control") == "no"
    assert ordered.headers.get("Frames") is None  # all; GStreamer does not know the word
    assert teardown.method == "TEARDOWN"


async def test_frames_have_the_times_at_which_they_were_captured(recorder: ScriptedCamera) -> None:
    recorder.media = footage(range(6), ticks=0xFFFF_FFFF - 2 * FRAME)

    frames, stream = await play(recorder)

    assert numbers_of(frames) == [0, 1, 2, 3, 4]
    assert [each.time for each in frames] == [moment(number) for number in range(5)]
    assert [each.ticks - frames[0].ticks for each in frames] == [n * FRAME for n in range(5)]
    assert [each.key for each in frames] == [True, False, False, False, False]
    assert stream.proven


async def test_it_ends_before_the_key_frame_that_follows_the_span(recorder: ScriptedCamera) -> None:
    recorder.media = footage(range(20))

    frames, stream = await play(recorder, Span(moment(6), moment(7)))

    assert numbers_of(frames) == list(range(10))
    assert stream.proven


async def test_the_clock_of_the_recorder_is_taken_out(recorder: ScriptedCamera) -> None:
    ahead = -3600 * SECOND
    recorder.media = footage(range(6), ahead=ahead)

    frames, stream = await play(recorder, ahead=ahead)

    ordered = next(request for request in recorder.requests if request.method == "PLAY")
    assert ordered.headers.get("Range") == "clock=20261123T180052.000Z-20261123T180122.160Z"
    assert [each.time for each in frames] == [moment(number) for number in range(5)]
    assert stream.proven


@pytest.mark.parametrize("unstamped", [{1, 2}, {0, 1}, {4}])
async def test_frames_without_a_time_are_placed_between_those_that_have_one(
    recorder: ScriptedCamera, unstamped: set[int]
) -> None:
    recorder.media = footage(range(6), unstamped=unstamped)

    frames, _ = await play(recorder)

    assert [each.time for each in frames] == [moment(number) for number in range(5)]


async def test_frames_that_never_tell_a_time_are_refused(
    recorder: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "SILENCE", 1.0)
    recorder.media = footage(range(6), unstamped=range(6))

    with pytest.raises(SourceUnsupportedError, match="when frames were captured"):
        await play(recorder)


async def test_frames_that_stop_telling_a_time_are_refused(recorder: ScriptedCamera) -> None:
    recorder.media = footage(range(600), unstamped=range(10, 600))

    with pytest.raises(SourceUnsupportedError, match="stops telling"):
        await play(recorder, Span(START, START + 24 * SECOND))


async def test_a_longer_extension_is_understood(recorder: ScriptedCamera) -> None:
    long = struct.pack(">HHQBBxxI", 0xABAC, 4, to_ntp(START), 0x80, 3, 0xFFD8_0000)
    recorder.media = packet(0, frame(0)[0], long, marker=False)
    recorder.media += packet(0, frame(0)[1], marker=False) + packet(0, frame(0)[2])
    recorder.media += footage(range(5, 6))

    frames, _ = await play(recorder)

    assert [each.time for each in frames] == [START]


async def test_b_frames_keep_their_order_and_their_times(recorder: ScriptedCamera) -> None:
    order = [0, 3, 1, 2, 4, 5]
    recorder.media = footage(order)

    frames, _ = await play(recorder)

    assert numbers_of(frames) == order[:-1]
    assert [each.time for each in frames] == [moment(number) for number in order[:-1]]
    assert [each.ticks - frames[0].ticks for each in frames] == [n * FRAME for n in order[:-1]]


async def test_a_gap_inside_does_not_end_it(recorder: ScriptedCamera) -> None:
    day = 25 * 86_400
    late = [day + number for number in range(6)]
    recorder.media = footage(range(5), ends=Mark.END) + footage(late)

    frames, stream = await play(recorder, Span(START, moment(day + 4)))

    assert [each.time for each in frames] == [*map(moment, range(5)), *map(moment, late[:5])]
    assert frames[5].ticks - frames[0].ticks == day * FRAME
    assert stream.proven


async def test_a_consumer_that_waits_makes_the_recorder_wait(recorder: ScriptedCamera) -> None:
    big = b"\xab" * 60_000
    recorder.media = footage(range(1)) + b"".join(
        packet(index * FRAME, b"\x41\x80" + big, stamp(moment(index))) for index in range(1, 1500)
    )
    held = 0

    async with open_replay(Replay(uri=recorder.uri), Span(START, moment(1500))) as stream:
        frames = aiter(stream)
        await anext(frames)
        for _ in range(20):
            await asyncio.sleep(0.02)
        held = stream._session._connection._waiting
        seen = 1
        while seen < 1500:
            await anext(frames)
            seen += 1

    assert held < 9 * 1024 * 1024
