"""What an archive holds of a channel, frame by frame, whoever put the files there.

A stretch of footage begins when its first frame was captured, and ends when its last one was plus
the time from frame to frame: that is when the next one would have been. A pause in which two
frames or more are missing parts two stretches, within a file as between files.

Plain synchronous code, safe to be used by several threads.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .archive import Archive, Clip
from .errors import DamagedFootageError, EmptyFootageError, FootageError
from .model import CLOCK_RATE, Tracks
from .mp4.index import read_length
from .mp4.reader import Mp4Reader
from .spans import Span

EVER = 1 << 63
"""A time after all others; before them is its negative."""
_OPEN = ".open"
_TOLERANCE = 2_000_000_000
"""Nanoseconds by which the times in a file may be off its name and its length."""
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
        self._known: dict[str, dict[str, _File]] = {}
        """By channel and final name."""

    def within(self, channel: str, start: int, end: int) -> Iterator[Holding]:
        """Yield what the clips hold that have frames between two times, by their start.

        Clips before and after are as good as not looked at. Those that are damaged from the
        beginning, or were just removed, hold nothing.

        Raises:
            ArchiveError: No channel can have that name.
            OSError: The disk fails.
        """
        for clip, known in self._files(channel):
            if clip.start - _TOLERANCE >= end:
                break
            if clip.open or self._end(clip, known) > start:
                holding = self._read(clip, known)
                if holding and holding.spans[0].start < end and holding.spans[-1].end > start:
                    yield holding

    def spans(self, channel: str, start: int, end: int) -> tuple[Span, ...]:
        """Return the stretches of footage that reach between two times; errors as of `within`."""
        return _join(self.within(channel, start, end))

    def extent(self, channel: str) -> Span | None:
        """Return from when to when there is footage, gaps or not; errors as of `within`."""
        files = list(self._files(channel))
        first = next((each for pair in files if (each := self._read(*pair))), None)
        files.sort(key=lambda pair: EVER if pair[0].open else self._end(*pair), reverse=True)
        last = next((each for pair in files if (each := self._read(*pair))), None)
        return Span(first.spans[0].start, last.spans[-1].end) if first and last else None

    def is_growing(self, channel: str) -> bool:
        """Whether a clip is being written; errors as of `within`."""
        return any(clip.open for clip in self._archive.clips(channel))

    def _files(self, channel: str) -> Iterator[tuple[Clip, dict[str, _File]]]:
        """Yield the clips by their start, each with what is known of the files of the channel."""
        known = self._known.setdefault(channel, {})
        clips = self._archive.clips(channel)
        if known.keys() - {_final(clip.path) for clip in clips}:
            # One that was renamed while they were listed may be missing.
            clips = self._archive.clips(channel)
            for gone in known.keys() - {_final(clip.path) for clip in clips}:
                known.pop(gone, None)
        return ((clip, known) for clip in clips)

    def _end(self, clip: Clip, known: dict[str, _File]) -> int:
        """Return a time before which a finished clip ends."""
        name = _final(clip.path)
        file = known.get(name)
        if file is None or file.end == EVER:
            file = known[name] = _File(clip.start + _length(clip) + _TOLERANCE)
        return file.end

    def _read(self, clip: Clip, known: dict[str, _File]) -> Holding | None:
        name = _final(clip.path)
        file = known.get(name)
        try:
            with open_clip(clip.path) as stream:
                status = os.fstat(stream.fileno())
                look = status.st_ino, status.st_size, status.st_mtime_ns
                if file is None or file.look != look:
                    holding = _examine(clip, stream)
                    end = holding.spans[-1].end if holding else clip.start
                    file = known[name] = _File(EVER if clip.open else end, look, holding)
        except FileNotFoundError:
            return None
        return file.holding


class _File(NamedTuple):
    """What is known of a file."""

    end: int
    """A time before which its last frame was captured; `EVER` while it was being written."""
    look: tuple[int, int, int] | None = None
    """Its number, size and time when it was read, None if it was not."""
    holding: Holding | None = None


def _join(holdings: Iterable[Holding]) -> tuple[Span, ...]:
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


def open_clip(path: Path, buffering: int = -1) -> BinaryIO:
    """Open a clip that may have been closed, and so renamed, since it was found; OSError if gone.

    Args:
        path: Where it was found.
        buffering: Bytes to read at once, as of `open`.
    """
    try:
        return path.open("rb", buffering)
    except FileNotFoundError:
        return path.with_name(_final(path)).open("rb", buffering)


def _length(clip: Clip) -> int:
    """Return how long a clip says it is, in nanoseconds."""
    with suppress(FileNotFoundError, FootageError), open_clip(clip.path) as file:
        return read_length(file)
    return 0


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
