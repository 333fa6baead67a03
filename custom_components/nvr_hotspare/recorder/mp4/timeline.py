"""When each frame of a file is due: decode times that grow, whatever the time stamps do."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ..model import CLOCK_RATE, AudioFrame, VideoFrame

_LONGEST = 0xFFFFFFFF
_FARTHEST = 0x7FFFFFFF
_SECOND = 1_000_000_000
_TOLERANCE = 30_000_000
"""Nanoseconds that audio may be off its capture time before it is moved there: less than a frame
of video."""


class VideoTimes(NamedTuple):
    """The times of the frames of one fragment, in ticks as the file counts them."""

    start: int
    """When the first one is decoded."""
    shown: int
    """When the first one is shown."""
    durations: list[int]
    offsets: list[int]
    """How long after it is decoded each one is shown; may be negative."""


class VideoTimeline:
    """Gives the frames of a file their times.

    Frames are decoded in the order in which they come, at the times at which those of the same
    fragment are shown, sorted. Without B-frames these are their own times.
    """

    def __init__(self, room: int) -> None:
        """Show the file's first frame at this tick."""
        self._room = room
        self._origin: int | None = None
        self._next = 0
        """When the next frame is decoded at the earliest."""
        self._usual = CLOCK_RATE // 25
        self._reorders = False

    def place(self, frames: Sequence[VideoFrame], next_ticks: int | None) -> VideoTimes:
        """Return the times of frames, at least one, that are followed by one of `next_ticks`."""
        if self._origin is None:
            self._origin = frames[0].ticks
        shown = [frame.ticks - self._origin for frame in frames]
        decoded: list[int] = []
        for time in sorted(shown):
            decoded.append(max(time, self._next))
            self._next = decoded[-1] + 1
        offsets = [
            max(-_FARTHEST, min(self._room + later - earlier, _FARTHEST))
            for earlier, later in zip(decoded, shown, strict=True)
        ]
        durations = [later - earlier for earlier, later in pairwise(decoded)]
        self._usual = durations[-1] if durations else self._usual
        self._reorders |= any(offset != self._room for offset in offsets)
        if next_ticks is not None and not self._reorders:
            self._usual = max(1, next_ticks - self._origin - decoded[-1])
        durations.append(self._usual)
        return VideoTimes(
            decoded[0],
            self._room + shown[0],
            [min(duration, _LONGEST) for duration in durations],
            offsets,
        )


class AudioTimes(NamedTuple):
    """The times of the audio of one fragment, in its own ticks as the file counts them."""

    start: int
    durations: list[int]
    frames: list[AudioFrame]
    """Those that have a place in the file."""


class AudioTimeline:
    """Gives the audio of a file its times: frame follows frame, and keeps to its capture time.

    Where those times are corrected, there is a pause, or there are frames too many. These have no
    place in the file, nor has what was captured before it begins to count.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._next: int | None = None
        """When the next frame is due if it follows the last one at once."""

    def place(self, frames: Sequence[AudioFrame], video: VideoFrame, shown: int) -> AudioTimes:
        """Return the times of frames beside a frame of video that is shown at this tick."""
        placed, starts = list[AudioFrame](), list[int]()
        tolerance = _TOLERANCE * self._rate // _SECOND
        for frame in frames:
            wanted = (frame.time - video.time) * self._rate // _SECOND
            wanted += shown * self._rate // CLOCK_RATE
            if self._next is None:
                if wanted + tolerance < 0:
                    continue
                self._next = max(0, wanted)
            elif wanted > self._next + tolerance:
                self._next = wanted
            elif wanted < self._next - tolerance:
                continue
            placed.append(frame)
            starts.append(self._next)
            self._next += frame.duration
        durations = [later - earlier for earlier, later in pairwise(starts)]
        durations += [frame.duration for frame in placed[-1:]]
        start = starts[0] if starts else 0
        return AudioTimes(start, [min(each, _LONGEST) for each in durations], placed)
