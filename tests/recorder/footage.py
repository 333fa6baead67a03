"""Real H.264 frames to write, and ffmpeg to judge what was written."""

import asyncio
from functools import cache
from io import BytesIO
from pathlib import Path

from custom_components.nvr_hotspare.recorder.model import Tracks, VideoFrame, VideoTrack
from custom_components.nvr_hotspare.recorder.mp4.index import write_index
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.rtp.access_unit import VideoDepacketizer
from virtual_nvr.clip import Clip, ClipFormat, load

SMALL = ClipFormat(width=320, height=180, bit_rate=200_000, gop=25, gops=2)
START = 1_795_458_660_123_456_789
"""A capture time: 2026-11-23T18:31:00 and a bit."""
INTERVAL = 40_000_000
TICKS = 3600


@cache
def small_clip() -> Clip:
    return load(SMALL)


def track() -> VideoTrack:
    return small_clip().tracks.video


def tracks() -> Tracks:
    return Tracks(track())


def frames(count: int, first: int = 0, start: int = START) -> list[VideoFrame]:
    """Return frames of a camera with 25 a second and a GOP of one second."""
    clip = small_clip()
    result = []
    for number in range(first, first + count):
        slices = clip.frames[number % len(clip.frames)]
        key = number % clip.gop == 0
        units = [track().sps, track().pps, *slices] if key else [*slices]
        result.append(
            VideoFrame(
                nal_units=units,
                time=start + number * INTERVAL,
                ticks=7_000_000_000 + number * TICKS,
                key=key,
            )
        )
    return result


def recording(seconds: int) -> bytes:
    """Return a file with a fragment a second."""
    writer = FragmentWriter(tracks())
    fragments = [
        writer.fragment(frames(25, 25 * second), 7_000_000_000 + 25 * (second + 1) * TICKS)
        for second in range(seconds)
    ]
    return b"".join((writer.header(), *fragments))


def indexed(data: bytes) -> bytes:
    """Return a file with its index, as it is closed."""
    file = BytesIO(data)
    write_index(file)
    return file.getvalue()


def that_knows_markers[T: VideoDepacketizer](depacketizer: T) -> T:
    """Return a depacketizer to which a key frame has shown that markers end pictures."""
    depacketizer._markers_end = True
    return depacketizer


async def run(*command: str | Path) -> tuple[int, str, str]:
    """Run a program and return its exit code, output and errors; it must be installed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def decode(path: Path, *options: str) -> tuple[int, str]:
    """Decode a file with ffmpeg; return the number of frames and what it complains about."""
    _, output, errors = await run(
        "ffmpeg", "-v", "warning", *options, "-i", path, "-f", "framecrc", "-"
    )
    return sum(line.startswith("0,") for line in output.splitlines()), errors
