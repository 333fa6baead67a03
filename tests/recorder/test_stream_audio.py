"""Audio beside the video of a camera that does what its script says."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest

from custom_components.nvr_hotspare.recorder import stream
from custom_components.nvr_hotspare.recorder.errors import SourceUnreachableError
from custom_components.nvr_hotspare.recorder.model import AudioFrame, Frame, Source, Tracks
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    InterleavedPacket,
    Request,
    Response,
)
from custom_components.nvr_hotspare.recorder.stream import open_stream
from tests.recorder.scripted_camera import SDP, ScriptedCamera, gops, scripted_camera

SOUND = b"m=audio 0 RTP/AVP 0\r\na=control:track2\r\n"


def audio(sequence: int) -> bytes:
    """A packet of 20 ms on channel 2."""
    head = bytes((0x80, 0)) + sequence.to_bytes(2) + (160 * sequence).to_bytes(4) + bytes(4)
    return InterleavedPacket(2, head + bytes(160)).encode()


def as_asked(request: Request) -> Response:
    transport = request.headers.get("Transport") or ""
    return Response(200, "OK", Headers([("Session", "42"), ("Transport", transport)]))


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as camera:
        camera.answers["DESCRIBE"] = lambda _: Response(200, "OK", Headers([]), SDP + SOUND)
        camera.answers["SETUP"] = as_asked
        camera.media = (
            b"".join(map(audio, range(5))) + gops([5, 6]) + b"".join(map(audio, range(5, 8)))
        )
        camera.media += gops([5, 6, 7]).removeprefix(gops([5, 6]))
        yield camera


async def receive(source: Source) -> list[tuple[Tracks, Frame]]:
    """Return what comes up to the third frame of video."""
    found = list[tuple[Tracks, Frame]]()
    async with open_stream(source) as frames:
        while sum(not isinstance(frame, AudioFrame) for _, frame in found) < 3:
            found += await frames.read()
    return found


async def test_audio_comes_between_the_frames_from_the_first_track_on(
    camera: ScriptedCamera,
) -> None:
    found = await receive(camera.source())

    heard = [isinstance(frame, AudioFrame) for _, frame in found]
    assert heard == [False, False, *3 * [True], False]
    assert {tracks for tracks, _ in found} == {found[0][0]}
    assert found[0][0].audio is not None
    assert [frame.ticks for _, frame in found[2:5]] == [800, 960, 1120]


async def test_audio_that_is_not_wanted_is_not_asked_for(camera: ScriptedCamera) -> None:
    found = await receive(Source(uri=camera.uri, audio=False))

    assert camera.methods.count("SETUP") == 1
    assert found[0][0].audio is None


@pytest.mark.parametrize("status", [400, 404, 455, 461, 500])
async def test_a_camera_that_refuses_its_audio_is_recorded_without(
    camera: ScriptedCamera, status: int
) -> None:
    asked = count()
    camera.answers["SETUP"] = lambda request: (
        Response(status, "No") if next(asked) else as_asked(request)
    )
    found = await receive(camera.source())

    assert found[0][0].audio is None
    assert len(found) == 3


async def test_audio_on_the_channels_of_the_video_is_not_taken_for_it(
    camera: ScriptedCamera,
) -> None:
    del camera.answers["SETUP"]
    found = await receive(camera.source())

    assert found[0][0].audio is None


async def listen(frames: stream.FrameStream) -> None:
    while True:
        await frames.read()


async def test_audio_alone_is_silence(
    camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENCE", 0.2)

    async def talk() -> None:
        for sequence in count(8):
            camera.send(audio(sequence & 0xFFFF))
            await asyncio.sleep(0.01)

    async with open_stream(camera.source()) as frames, asyncio.timeout(60):
        talking = asyncio.create_task(talk())
        with pytest.raises(SourceUnreachableError, match="no frames"):
            await listen(frames)
        talking.cancel()
