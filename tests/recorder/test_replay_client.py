"""The replay client against recorders that answer well, badly and never."""

import asyncio
from collections.abc import AsyncIterator, Iterable
import itertools
import struct

import pytest

from custom_components.nvr_hotspare.recorder import replay as replaying
from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.errors import (
    SourceError,
    SourceLostError,
    SourceNotFoundError,
    SourceProtocolError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.model import AudioFrame, VideoFrame
from custom_components.nvr_hotspare.recorder.ntp import to_ntp
from custom_components.nvr_hotspare.recorder.replay import ReplayStream, open_replay
from custom_components.nvr_hotspare.recorder.rtp.capture import CaptureStamp, Mark
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    InterleavedPacket,
    Request,
    Response,
)
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.scripted_camera import FRAME, SDP, ScriptedCamera, frame, scripted_camera

START = 1_795_460_452_000_000_000
SECOND = 1_000_000_000
STEP = SECOND // 25
AUDIO = b"m=audio 0 RTP/AVP 0\r\na=control:track2\r\n"
ALL = Span(START, START + 4 * STEP)
"""Ends before the second key frame."""
NOTHING = Mark(0)
SEQUENCES = itertools.count(), itertools.count()


@pytest.fixture
async def recorder() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as recorder:
        yield recorder


def packet(
    timestamp: int, payload: bytes, extension: bytes = b"", *, marker: bool = True, media: int = 0
) -> bytes:
    """Return the next packet of the video, or of the audio if `media` is 1."""
    first, kind = 0x80 | (0x10 if extension else 0), 0 if media else 96
    second, sequence = kind | (0x80 if marker else 0), next(SEQUENCES[media]) & 0xFFFF
    head = struct.pack(">BBHII", first, second, sequence, timestamp & 0xFFFF_FFFF, 1 + media)
    return InterleavedPacket(2 * media, head + extension + payload).encode()


def stamp(time: int, marks: Mark = NOTHING) -> bytes:
    return CaptureStamp(time, marks, 3).encode()


def moment(number: int) -> int:
    return START + number * STEP


def footage(
    numbers: Iterable[int],
    *,
    ends: Mark = NOTHING,
    unstamped: Iterable[int] = (),
    ahead: int = 0,
    ticks: int = 0,
) -> bytes:
    """Return the packets of frames that tell their numbers, a key frame every five.

    Args:
        numbers: In the order of sending.
        ends: What the last one is marked as.
        unstamped: Those that do not tell their time.
        ahead: Nanoseconds by which the recorder's clock is ahead.
        ticks: What timestamps begin with.
    """
    sent, bare = list(numbers), set(unstamped)
    data = b""
    for number in sent:
        units = frame(number)
        marks = ends if number == sent[-1] else NOTHING
        for unit in units:
            stamped = unit is units[0] and number not in bare
            data += packet(
                ticks + number * FRAME,
                unit,
                stamp(moment(number) + ahead, marks) if stamped else b"",
                marker=unit is units[-1],
            )
    return data


def numbers_of(frames: Iterable[object]) -> list[int]:
    """Return the numbers that frames of video tell."""
    return [
        int.from_bytes(each.nal_units[-1][1:5]) for each in frames if isinstance(each, VideoFrame)
    ]


async def play(
    recorder: ScriptedCamera, span: Span = ALL, *, ahead: int = 0
) -> tuple[list[VideoFrame | AudioFrame], ReplayStream]:
    """Play a span to its end."""
    async with open_replay(Replay(uri=recorder.uri, ahead=ahead), span) as stream:
        return [found async for _, found in stream], stream


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
    monkeypatch.setattr(replaying, "SILENCE", 0.2)
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


@pytest.mark.parametrize(
    ("mark", "proven"), [(NOTHING, False), (Mark.END, True), (Mark.TERMINAL, True)]
)
async def test_silence_ends_it_and_is_proof_only_of_what_the_recorder_said(
    recorder: ScriptedCamera, monkeypatch: pytest.MonkeyPatch, mark: Mark, *, proven: bool
) -> None:
    monkeypatch.setattr(replaying, "SILENCE", 0.3)
    monkeypatch.setattr(replaying, "AFTER_TERMINAL", 0.2)
    recorder.media = footage(range(3), ends=mark)

    frames, stream = await play(recorder)

    assert numbers_of(frames) == [0, 1, 2]
    assert stream.proven is proven


async def test_a_recorder_without_footage_is_silent(
    recorder: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "SILENCE", 0.2)

    frames, stream = await play(recorder)

    assert not frames
    assert not stream.proven


async def test_a_connection_that_ends_early_is_a_loss(recorder: ScriptedCamera) -> None:
    recorder.media, recorder.hang_up = footage(range(3)), True

    async with open_replay(Replay(uri=recorder.uri), ALL) as stream:
        frames = aiter(stream)
        found = [(await anext(frames))[1] for _ in range(3)]
        with pytest.raises(SourceLostError, match="The recorder ended the connection too early"):
            await anext(frames)

    assert numbers_of(found) == [0, 1, 2]


async def test_a_connection_may_end_after_the_last_frame(recorder: ScriptedCamera) -> None:
    recorder.media, recorder.hang_up = footage(range(3), ends=Mark.END), True

    frames, stream = await play(recorder)

    assert numbers_of(frames) == [0, 1, 2]
    assert stream.proven


async def test_a_session_that_is_no_more_is_a_loss(
    recorder: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "SILENCE", 1.5)
    recorder.media = footage(range(3))
    session = Headers([("Session", "42;timeout=1"), ("Transport", "interleaved=0-1")])
    recorder.answers["SETUP"] = lambda _: Response(200, "OK", session)
    recorder.answers["GET_PARAMETER"] = lambda _: Response(454, "Session Not Found")

    with pytest.raises(SourceLostError, match="The recorder ended the session"):
        await play(recorder)


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("SETUP", 551, SourceUnsupportedError),
        ("PLAY", 551, SourceUnsupportedError),
        ("PLAY", 454, SourceLostError),
        ("PLAY", 457, SourceNotFoundError),
        ("DESCRIBE", 404, SourceNotFoundError),
        ("SETUP", 461, SourceUnsupportedError),
        ("PLAY", 500, SourceProtocolError),
    ],
)
async def test_a_refusal_tells_of_the_recorder(
    recorder: ScriptedCamera, method: str, status: int, error: type[SourceError]
) -> None:
    recorder.answers[method] = lambda _: Response(status, "No")

    with pytest.raises(error, match=r"^The recorder "):
        await play(recorder)


async def test_it_logs_in(recorder: ScriptedCamera) -> None:
    recorder.guard = Guard("recorder", {"admin": "secret"})
    recorder.media = footage(range(6))
    wrong = Replay(uri=recorder.uri, username="admin", password="wrong")
    right = Replay(uri=recorder.uri, username="admin", password="secret")

    with pytest.raises(SourceRejectedError):
        async with open_replay(wrong, ALL):
            pass
    async with open_replay(right, ALL) as stream:
        frames = [each async for _, each in stream]

    assert numbers_of(frames) == [0, 1, 2, 3, 4]
    assert "secret" not in repr(right)


async def test_nothing_that_answers_is_unreachable() -> None:
    with pytest.raises(SourceUnreachableError):
        async with open_replay(Replay(uri="rtsp://127.0.0.1:9/x"), ALL):
            pass


async def test_earlier_footage_than_was_asked_for_is_refused(recorder: ScriptedCamera) -> None:
    recorder.media = footage(range(6))

    with pytest.raises(SourceProtocolError, match="earlier footage"):
        await play(recorder, Span(START + 3600 * SECOND, START + 3601 * SECOND))


async def test_footage_that_begins_anew_is_refused(recorder: ScriptedCamera) -> None:
    late = range(1000, 1005)
    recorder.media = footage(range(10)) + footage(late) + footage(range(10))

    with pytest.raises(SourceProtocolError, match="goes back in time"):
        await play(recorder, Span(START, START + 60 * SECOND))


async def test_groups_of_pictures_that_come_again_are_left_out(recorder: ScriptedCamera) -> None:
    recorder.media = footage(range(10)) + footage(range(5, 20)) + footage(range(10, 30))

    frames, stream = await play(recorder, Span(START, moment(25)))

    assert numbers_of(frames) == list(range(25))
    assert stream.proven


async def test_a_recorder_that_sends_hardly_anything_is_given_up(
    recorder: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PATIENCE", 0.2)
    recorder.media = footage(range(1))

    async def trickle() -> None:
        for _ in range(100):
            await asyncio.sleep(0.05)
            recorder.send(packet(1, b"\x41\x80", stamp(START + 1)))

    trickling = asyncio.create_task(trickle())
    with pytest.raises(SourceLostError, match="too slowly"):
        await play(recorder)
    trickling.cancel()


async def test_a_frame_of_another_age_proves_nothing(recorder: ScriptedCamera) -> None:
    recorder.media = footage([0, 1, 2, 25 * 86_400])

    frames, stream = await play(recorder)

    assert numbers_of(frames) == [0, 1, 2]
    assert not stream.proven


async def test_more_frames_than_a_camera_makes_are_refused(recorder: ScriptedCamera) -> None:
    recorder.media = footage(range(1)) + b"".join(
        packet(tick, b"\x41\x80", stamp(START + tick)) for tick in range(1, 100_000)
    )

    with pytest.raises(SourceProtocolError, match="more frames than a camera makes"):
        await play(recorder)


async def test_what_nobody_can_decode_is_refused(recorder: ScriptedCamera) -> None:
    recorder.media = packet(0, b"\x65\x80\x01\x02", stamp(START)) + footage(range(5, 6))

    with pytest.raises(SourceUnsupportedError, match="how its footage is coded"):
        await play(recorder, Span(START, moment(6)))


def with_audio(_: Request) -> Response:
    return Response(200, "OK", body=SDP + AUDIO)


def set_up_both(request: Request) -> Response:
    channels = "2-3" if request.uri.endswith("track2") else "0-1"
    transport = f"RTP/AVP/TCP;unicast;interleaved={channels}"
    return Response(200, "OK", Headers([("Session", "42"), ("Transport", transport)]))


async def test_audio_comes_with_its_own_times(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    for number in range(6):
        recorder.media += footage([number])
        recorder.media += packet(320 * number, bytes(320), stamp(moment(number) + 5), media=1)

    frames, stream = await play(recorder)

    sounds = [each for each in frames if isinstance(each, AudioFrame)]
    assert [each.time for each in sounds] == [moment(number) + 5 for number in range(5)]
    assert [each.duration for each in sounds] == [320] * 5
    assert numbers_of(frames) == [0, 1, 2, 3, 4]
    assert stream.proven


async def test_audio_that_comes_late_is_waited_for(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    recorder.media = footage(range(8))
    for number in range(8):
        recorder.media += packet(320 * number, bytes(320), stamp(moment(number)), media=1)

    frames, stream = await play(recorder)

    sounds = [each for each in frames if isinstance(each, AudioFrame)]
    assert [each.time for each in sounds] == [moment(number) for number in range(5)]
    assert stream.proven


async def test_audio_that_comes_early_waits_for_its_video(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    for number in range(8):
        recorder.media += packet(320 * number, bytes(320), stamp(moment(number)), media=1)
    recorder.media += footage(range(40))

    frames, stream = await play(recorder)

    order = [moment(number) for number in range(5) for _ in range(2)]
    assert [each.time for each in frames] == order
    assert [isinstance(each, VideoFrame) for each in frames] == [True, False] * 5
    assert stream.proven


async def test_audio_without_times_is_left_out(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    recorder.media = packet(0, bytes(320), media=1) + footage(range(40))

    frames, stream = await play(recorder)

    assert numbers_of(frames) == [0, 1, 2, 3, 4]
    assert len(frames) == 5
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
