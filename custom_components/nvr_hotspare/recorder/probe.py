"""A look at a camera's stream before it is relied upon."""

import asyncio
from dataclasses import dataclass

from .errors import SourceUnreachableError
from .model import CLOCK_RATE, Source, VideoFrame, VideoTrack
from .opener import Opener

_WINDOW = 2 * CLOCK_RATE
"""Ticks of video that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What a camera sends, measured over its first two seconds."""

    codec: str
    width: int
    height: int
    frame_rate: float
    """Frames per second."""
    bitrate: int
    """Bits per second; a short look at a still scene may be well off."""
    key_interval: float | None
    """Seconds from key frame to key frame, None where two were not seen."""


async def probe_source(source: Source, *, timeout: float = 8.0) -> SourceReport:  # noqa: ASYNC109 (says how long the look may take)
    """Play a source for two seconds of its video and say what it sends.

    Raises:
        SourceError: It can't be recorded; the subclass says why. `SourceUnreachableError` also
            where two frames don't arrive within `timeout` seconds.
    """
    frames: list[VideoFrame] = []
    track: VideoTrack | None = None
    try:
        async with asyncio.timeout(timeout), Opener(source, "A camera").open(timeout / 2) as stream:
            while not frames or frames[-1].ticks - frames[0].ticks < _WINDOW:
                for arrived in await stream.read():
                    if isinstance(arrived[1], VideoFrame):
                        track = arrived[0].video
                        frames.append(arrived[1])
    except TimeoutError:
        pass  # a camera of few frames: what arrived may do
    if track is None or len(frames) < 2:  # noqa: PLR2004 (one interval)
        raise SourceUnreachableError("The camera sends no frames.")
    return _report(track, frames)


def _report(track: VideoTrack, frames: list[VideoFrame]) -> SourceReport:
    seconds = max(1, frames[-1].ticks - frames[0].ticks) / CLOCK_RATE
    size = sum(frame.size for frame in frames[:-1])
    keys = [frame.ticks for frame in frames if frame.key]
    return SourceReport(
        codec=track.codec,
        width=track.width,
        height=track.height,
        frame_rate=round((len(frames) - 1) / seconds, 2),
        bitrate=round(8 * size / seconds),
        key_interval=(keys[1] - keys[0]) / CLOCK_RATE if len(keys) > 1 else None,
    )
