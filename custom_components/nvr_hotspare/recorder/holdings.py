"""What an archive holds of a channel, frame by frame, whoever put the files there.

A stretch of footage begins when its first frame was captured, and ends when its last one was plus
the time from frame to frame: that is when the next one would have been. A pause in which two
frames or more are missing parts two stretches, within a file as between files.

Plain synchronous code, safe to be used by several threads.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
import os
from pathlib import Path
from typing import BinaryIO

from .archive import Archive, Clip
from .errors import DamagedFootageError, EmptyFootageError
from .model import CLOCK_RATE, Tracks
from .mp4.reader import Mp4Reader
from .spans import Span

_OPEN = ".open"
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a clip holds."""

    clip: Clip
    tracks: Tracks
    spans: tuple[Span, ...]
    """In order."""
    interval: int
    """Nanoseconds from one frame to the next, as a rule."""

    @property
    def pause(self) -> int:
        """The shortest gap after one of its spans, in nanoseconds; anything less is none."""
        return self.interval * 3 // 2


class Holdings:
    """Knows what the clips of an archive hold, and reads each finished one once only."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._known: dict[str, dict[str, tuple[object, Holding | None]]] = {}
        """By channel and final name: what the file looked like then, and what it held."""

    def of(self, channel: str) -> list[Holding]:
        """Return what each clip with a frame in it holds, by their start.

        Those that are damaged or were just removed hold nothing.

        Raises:
            ArchiveError: No channel can have that name.
            OSError: The disk fails.
        """
        known = self._known.get(channel, {})
        found: dict[str, tuple[object, Holding | None]] = {}
        for clip in self._clips(channel, known):
            with suppress(FileNotFoundError), open_clip(clip.path) as file:
                looks = os.fstat(file.fileno())
                look = looks.st_ino, looks.st_size, looks.st_mtime_ns
                name = _final(clip.path)
                if name in known and known[name][0] == look:
                    found[name] = known[name]
                else:
                    found[name] = look, _examine(clip, file)
        self._known[channel] = found
        return [holding for _, holding in found.values() if holding]

    def spans(self, channel: str) -> tuple[Span, ...]:
        """Return the stretches of footage of a channel, in order; errors as in `of`."""
        return join(self.of(channel))

    def _clips(self, channel: str, known: Iterable[str]) -> Sequence[Clip]:
        """List the clips; a file that is renamed meanwhile may be missing in a listing."""
        clips = self._archive.clips(channel)
        if set(known) - {_final(clip.path) for clip in clips}:
            return self._archive.clips(channel)
        return clips


def join(holdings: Iterable[Holding]) -> tuple[Span, ...]:
    """Return the stretches of footage that there are in some clips together, in order."""
    parts = sorted((span, holding.pause) for holding in holdings for span in holding.spans)
    joined: list[Span] = []
    pause = 0
    for span, pause_after in parts:
        if joined and span.start < joined[-1].end + pause:
            if span.end > joined[-1].end:
                joined[-1], pause = Span(joined[-1].start, span.end), pause_after
        else:
            joined.append(span)
            pause = pause_after
    return tuple(joined)


def _final(path: Path) -> str:
    return path.name.removesuffix(_OPEN)


def open_clip(path: Path) -> BinaryIO:
    """Open a clip, which may have been closed, and so renamed, by now; OSError if it is gone."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        return path.with_name(_final(path)).open("rb")


def _examine(clip: Clip, file: BinaryIO) -> Holding | None:
    """Read what a clip holds, up to where it is damaged."""
    times, longest = list[int](), 0
    try:
        reader = Mp4Reader(file)
    except DamagedFootageError, EmptyFootageError:
        return None
    with suppress(DamagedFootageError):
        for fragment in reader.fragments():
            times += (sample.time for sample in fragment.samples)
            longest = fragment.samples[-1].duration
    if not times:
        return None
    times.sort()
    steps = sorted(later - earlier for earlier, later in pairwise(times))
    interval = steps[len(steps) // 2] if steps else longest * _SECOND // CLOCK_RATE
    return Holding(
        clip=clip,
        tracks=reader.tracks,
        spans=tuple(_spans(times, interval)),
        interval=interval,
    )


def _spans(times: Sequence[int], interval: int) -> list[Span]:
    spans, begin = list[Span](), times[0]
    for earlier, later in pairwise(times):
        if later - earlier >= interval * 5 // 2:
            spans.append(Span(begin, earlier + interval))
            begin = later
    spans.append(Span(begin, times[-1] + interval))
    return spans
