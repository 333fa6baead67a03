"""When a camera is played by the engine's own client, and when through PyAV."""

import asyncio
from collections.abc import AsyncIterator
import itertools
import logging

import pytest

from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.errors import (
    SourceError,
    SourceInvalidError,
    SourceProtocolError,
    SourceRedirectedError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.opener import Opener
from custom_components.nvr_hotspare.recorder.rtsp.message import Headers, Request, Response
from tests.recorder.footage import TICKS, frames
from tests.recorder.scripted_camera import ScriptedCamera, rtp, scripted_camera

NO_TCP = Response(461, "Unsupported Transport")


async def film(camera: ScriptedCamera) -> None:
    """Send real frames as they are captured."""
    sequence = 0
    for number, each in enumerate(itertools.cycle(frames(50))):
        for unit in each.nal_units:
            last = unit is each.nal_units[-1]
            camera.send(rtp(sequence, number * TICKS, unit, marker=last))
            sequence += 1
        await asyncio.sleep(0.04)


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as camera:
        filming = asyncio.create_task(film(camera))
        yield camera
        filming.cancel()


def refuse_tcp(camera: ScriptedCamera, *, times: int) -> None:
    """Refuse it so often, then take it."""
    answers = [NO_TCP] * times

    def answer(request: Request) -> Response:
        return answers.pop() if answers else camera.honest(request)

    camera.answers["SETUP"] = answer


async def play(opener: Opener) -> int:
    """Play frames from a key frame on, and return their number."""
    async with opener.open() as stream:
        found = [frame for _, frame in await stream.read()]
        while not any(frame.key for frame in found):
            found += [frame for _, frame in await stream.read()]
    return len(found)


async def test_a_camera_that_can_be_played_is_played_by_the_client(camera: ScriptedCamera) -> None:
    await play(Opener(camera.source(), "c1"))

    assert camera.methods == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]


async def test_pyav_takes_over_and_is_asked_at_once_from_then_on(
    camera: ScriptedCamera, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_tcp(camera, times=1)
    opener = Opener(camera.source(), "c1")
    assert await play(opener) > 0
    assert camera.methods[:4] == ["DESCRIBE", "SETUP", "OPTIONS", "DESCRIBE"]
    before = len(camera.requests)
    assert await play(opener) > 0

    assert camera.methods[before] == "OPTIONS"
    assert camera.methods[-1] == "TEARDOWN"
    (line,) = (each.getMessage() for each in caplog.records if each.levelno == logging.WARNING)
    assert line.startswith("c1: The camera does not send its stream over TCP. ")


async def test_a_description_that_makes_no_sense_is_shown_to_both(camera: ScriptedCamera) -> None:
    camera.answers["DESCRIBE"] = lambda _: Response(200, "OK", Headers(), b"nonsense")
    opener = Opener(camera.source(), "c1")
    for _ in range(2):
        before = len(camera.requests)
        with pytest.raises(SourceUnsupportedError, match=r"^The camera describes no media\. The"):
            await play(opener)
        assert camera.methods[before : before + 2] == ["DESCRIBE", "OPTIONS"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(302, SourceRedirectedError), (403, SourceRejectedError), (453, SourceError)],
)
async def test_a_refusal_is_no_reason_for_pyav(
    camera: ScriptedCamera, status: int, error: type[SourceError]
) -> None:
    location = Headers([("Location", "rtsp://127.0.0.1:1/")])
    camera.answers["DESCRIBE"] = lambda _: Response(status, "No", location)
    with pytest.raises(error):
        await play(Opener(camera.source(), "c1"))

    assert camera.methods == ["DESCRIBE"]


async def test_a_wrong_password_is_no_reason_for_pyav(camera: ScriptedCamera) -> None:
    camera.guard = Guard("camera", {"admin": "secret"})
    with pytest.raises(SourceRejectedError):
        await play(Opener(camera.source("admin", "wrong"), "c1"))

    assert "OPTIONS" not in camera.methods


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("rtsp://127.0.0.1:1/stream", SourceUnreachableError),
        ("rtsp://user:secret@127.0.0.1:1/stream", SourceInvalidError),
        ("file:///etc/passwd", SourceInvalidError),
        ("http://127.0.0.1:1/stream", SourceInvalidError),
    ],
)
async def test_what_is_no_camera_is_not_given_to_pyav(
    monkeypatch: pytest.MonkeyPatch, uri: str, error: type[SourceError]
) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent")
    with pytest.raises(error) as caught:
        await play(Opener(Source(uri=uri), "c1"))

    assert "started" not in str(caught.value)


async def test_that_there_is_no_python_is_told(
    camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_tcp(camera, times=1)
    monkeypatch.setattr("sys.executable", "/nonexistent")
    with pytest.raises(SourceProtocolError, match="can't be started: No such file"):
        await play(Opener(camera.source(), "c1"))
