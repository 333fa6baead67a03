"""What the engine's own archive holds. Each finished clip is read once only."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..archive import Archive, Clip
from ..spans import Span, intersection, total, union
from .gops import JITTER, covered
from .pieces import frames_of, near, read

_MOST = 20_000
"""Clips of which is remembered what they hold: two weeks of a camera."""


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
    """Knows the clips of an archive. Any number of threads may use it."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._known: dict[Path, tuple[object, _Summary | None]] = {}
        """What each clip looked like when it was read, and what was in it."""

    def held(self, channel: str, within: Span) -> tuple[Span, ...]:
        """Return what there is of a channel within a stretch of time, pauses left out.

        Raises:
            ArchiveError: No channel can have that name.
            OSError: The disk fails.
        """
        spans = [span for _, each in self._clips(channel, within) for span in each.covered]
        return intersection(union(spans, bridge=JITTER), (within,))

    def returnable(self, channel: str, window: Span, missing: Sequence[Span]) -> Iterator[str]:
        """Yield the names of clips that lie in a window and of which nothing is missing.

        Missing is what a recorder does not have of its own, and was not given. Errors as of
        `held`.
        """
        for clip, each in self._clips(channel, window):
            whole = not (clip.open or each.damaged)
            lies_in_it = window.start <= each.span.start and each.span.end <= window.end
            if whole and lies_in_it and total(intersection(each.covered, missing)) <= JITTER:
                yield clip.path.name

    def _clips(self, channel: str, within: Span) -> Iterator[tuple[Clip, _Summary]]:
        for clip in near(self.archive, channel, (within,)):
            with suppress(FileNotFoundError):  # its time is over
                if summary := self._summary(clip):
                    yield clip, summary

    def _summary(self, clip: Clip) -> _Summary | None:
        if clip.open:
            return _read(clip)
        status = clip.path.stat()
        look = status.st_ino, status.st_size, status.st_mtime_ns
        known = self._known.get(clip.path)
        if known is None or known[0] != look:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[clip.path] = look, _read(clip)
        return known[1]


def _read(clip: Clip) -> _Summary | None:
    contents = read(clip)
    if not contents.gops:
        return None
    return _Summary(contents.span, covered(frames_of(contents.gops)), contents.damaged)
