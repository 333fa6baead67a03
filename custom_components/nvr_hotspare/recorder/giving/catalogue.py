"""What the engine's own archive holds. Of each finished clip is remembered what it covers."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
import os
from pathlib import Path

from ..archive import Archive, Clip
from ..spans import Span, intersection, total, union
from .gops import JITTER, SAME
from .pieces import Contents, Findings, find, read

_LONGEST_CLIP = 300_000_000_000
"""Nanoseconds that a clip lasts at most, its last group of pictures included."""
_MOST = 20_000
"""Clips of which is remembered what they cover: two weeks of a camera."""


@dataclass(frozen=True, slots=True)
class _Summary:
    """What is in a clip."""

    span: Span
    """From its first frame to the end of its last one."""
    covered: tuple[Span, ...]
    """Without the pauses in it."""
    damaged: bool
    """Whether there is more in it that can't be read."""


class Catalogue:
    """Knows the clips of an archive. Any number of threads may use it.

    Its methods raise ArchiveError where no channel can have that name, and OSError where the disk
    fails.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._known: dict[Path, tuple[object, _Summary | None]] = {}
        """What each clip looked like when it was read, and what was in it."""

    def held(self, channel: str, within: Span) -> tuple[Span, ...]:
        """Return what there is of a channel within a stretch of time, pauses left out."""
        summaries = self._summaries(channel, within)
        spans = union((span for _, it in summaries for span in it.covered), bridge=JITTER)
        return intersection(spans, (within,))

    def find(self, channel: str, gaps: Sequence[Span]) -> Findings:
        """Return what fills gaps of a channel."""
        return find(self._near(channel, gaps), gaps, self._read)

    def returnable(self, channel: str, window: Span, missing: Sequence[Span]) -> Iterator[str]:
        """Yield the names of clips that lie in a window and of which nothing is missing.

        Missing is what a recorder does not have of its own, and was not given.
        """
        for clip, it in self._summaries(channel, window):
            whole = not (clip.open or it.damaged)
            lies_in_it = window.start <= it.span.start and it.span.end <= window.end
            if whole and lies_in_it and total(intersection(it.covered, missing)) <= JITTER:
                yield clip.path.name

    def _near(self, channel: str, gaps: Sequence[Span]) -> Iterator[Clip]:
        """Yield the clips that may have something of gaps, by their start."""
        for clip in self.archive.clips(channel):
            if any(gap.start - _LONGEST_CLIP < clip.start < gap.end + SAME for gap in gaps):
                yield clip

    def _summaries(self, channel: str, within: Span) -> Iterator[tuple[Clip, _Summary]]:
        for clip in self._near(channel, (within,)):
            with suppress(FileNotFoundError):  # its time is over
                if summary := self._summary(clip):
                    yield clip, summary

    def _summary(self, clip: Clip) -> _Summary | None:
        if not clip.open:
            known = self._known.get(clip.path)
            if known is not None and known[0] == _look(clip):
                return known[1]
        return _sum_up(self._read(clip))

    def _read(self, clip: Clip) -> Contents:
        """Read a clip, and remember of a finished one what it covers."""
        look = None if clip.open else _look(clip)
        contents = read(clip)
        if look is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[clip.path] = look, _sum_up(contents)
        return contents


def _look(clip: Clip) -> object:
    status: os.stat_result = clip.path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _sum_up(contents: Contents) -> _Summary | None:
    if not contents.gops:
        return None
    return _Summary(contents.span, contents.covered, contents.damaged)
