"""Replays of GStreamer's ONVIF server: an independent peer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder import replay as replaying
from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.model import AudioFrame, Codec, VideoFrame
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.spans import Span

SERVER = Path(__file__).with_name("gstreamer_replay_server.py")
PICTURES = "videotestsrc ! video/x-raw,format=I420,width=320,height=240,framerate=25/1"
STAMPED = "rtponviftimestamp ntp-offset=0 name={}"
H264 = (
    f"{PICTURES} ! x264enc key-int-max=25 bframes=3 b-adapt=false ! video/x-h264,profile=main"
    f" ! rtph264pay pt=96 ! {STAMPED.format('pay0')}"
)
H265 = (
    f"{PICTURES} ! x265enc key-int-max=25 speed-preset=ultrafast tune=zerolatency"
    f" ! rtph265pay pt=96 ! {STAMPED.format('pay0')}"
)
PCMA = (
    "audiotestsrc samplesperbuffer=160 ! audio/x-raw,channels=1,rate=8000 ! alawenc ! rtppcmapay"
    f" ! {STAMPED.format('pay1')}"
)
SECOND = 1_000_000_000
START = 1_795_460_452 * SECOND
SPAN = Span(START + 2 * SECOND, START + 6 * SECOND)


@asynccontextmanager
async def serving(*pipelines: str) -> AsyncIterator[Replay]:
    """Serve pipelines as one recording and give where it is."""
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/python3", SERVER, " ".join(pipelines), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            port = int(await process.stdout.readline())
        yield Replay(uri=f"rtsp://127.0.0.1:{port}/recording")
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("video", "codec"), [(H264, Codec.H264), (H265, Codec.H265)], ids=["H.264 B-frames", "H.265"]
)
async def test_the_frames_of_a_span_come_once_each_with_their_times(
    video: str, codec: Codec
) -> None:
    async with serving(video, PCMA) as replay, open_replay(replay, SPAN, within=30) as stream:
        found = [each async for each in stream]

    frames = [frame for _, frame in found if isinstance(frame, VideoFrame)]
    sounds = [frame for _, frame in found if isinstance(frame, AudioFrame)]
    interval = SECOND // 25
    due = range(SPAN.start, SPAN.end, interval)
    assert sorted(round(frame.time / interval) * interval for frame in frames) == list(due)
    assert next(frame.time for frame in frames if frame.key) == SPAN.start
    assert [sound.time for sound in sounds] == list(range(SPAN.start, SPAN.end, SECOND // 50))
    assert {tracks.video.codec for tracks, _ in found} == {codec}
    assert stream.proven


async def test_that_it_falls_silent_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "AFTER", 0)  # it marks no frame as the last of what was asked
    monkeypatch.setattr(replaying, "SILENCE", 1.0)

    async with serving(H264) as replay, open_replay(replay, SPAN, within=30) as stream:
        frames = [frame async for _, frame in stream]

    assert len(frames) == 100
    assert not stream.proven
