"""The replay client against recorders that play badly, or not at all."""

import asyncio

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
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.rtp.capture import Mark
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    Response,
)
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.replay_lab import (
    ALL,
    NOTHING,
    SECOND,
    START,
    footage,
    moment,
    numbers_of,
    packet,
    play,
    stamp,
)
from tests.recorder.scripted_camera import ScriptedCamera


@pytest.mark.parametrize(
    ("mark", "proven"), [(NOTHING, False), (Mark.END, True), (Mark.TERMINAL, True)]
)
async def test_silence_ends_it_and_is_proof_only_of_what_the_recorder_said(
    recorder: ScriptedCamera, monkeypatch: pytest.MonkeyPatch, mark: Mark, *, proven: bool
) -> None:
    monkeypatch.setattr(replaying, "SILENCE", 1.0)
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
