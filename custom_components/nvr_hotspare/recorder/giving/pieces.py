"""What of the engine's own archive fills gaps: pieces of its clips, of whole groups of pictures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
import os

from ..archive import Clip
from ..errors import DamagedFootageError, EmptyFootageError
from ..holdings import open_clip
from ..mp4.reader import Mp4Reader
from ..spans import Span
from .gops import HEADS, SAME, Coverage, Gop, covered, gops, inside


@dataclass(frozen=True, slots=True)
class Contents:
    """A clip of the archive and what is in it."""

    clip: Clip
    gops: tuple[Gop, ...]
    covered: tuple[Span, ...]
    """By all of it."""
    size: int
    damaged: bool
    """Whether there is more in it that can't be read."""

    @property
    def span(self) -> Span:
        """From its first frame to the end of its last one; there has to be one."""
        return Span(self.gops[0].span.start, self.gops[-1].span.end)


@dataclass(frozen=True, slots=True)
class Piece:
    """Groups of pictures of one clip, one after the other, that fill gaps."""

    clip: Clip
    start: int
    """The first byte of its first fragment."""
    end: int
    """The byte after its last one."""
    whole: bool
    """Whether it is all of a finished file."""
    span: Span
    covered: tuple[Span, ...]
    """Without the pauses in it."""
    frames: int
    overlap: int
    """Frames that belong into no gap."""

    @property
    def size(self) -> int:
        """Bytes of its fragments."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Findings:
    """What fills gaps of a channel, in the order of its times."""

    pieces: tuple[Piece, ...]
    damaged: tuple[Clip, ...]
    """Clips that hold more than can be read."""


def find(clips: Iterable[Clip], gaps: Sequence[Span], read: Callable[[Clip], Contents]) -> Findings:
    """Return what clips hold that fills gaps.

    Clips may overlap where an engine was replaced while it recorded: no frame comes twice.

    Args:
        clips: Of one channel, by their start.
        gaps: To be filled.
        read: What reads a clip; its errors are those of this function, too.
    """
    damaged = list[Clip]()

    def readable() -> Iterator[Contents]:
        for clip in clips:
            with suppress(FileNotFoundError):  # its time is over
                contents = read(clip)
                if contents.damaged:
                    damaged.append(clip)
                if contents.gops:
                    yield contents

    pieces = tuple(
        piece for each, until in _in_turn(readable()) for piece in _pieces(each, until, gaps)
    )
    return Findings(pieces, tuple(damaged))


def read(clip: Clip) -> Contents:
    """Read what is in a clip, up to where it is damaged; OSError if it is gone."""
    groups, coverage, damaged = list[Gop](), Coverage(), False
    with open_clip(clip.path, HEADS) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            reader = Mp4Reader(file)
            for gop in gops(reader):
                groups.append(gop)
                coverage.add(gop.frames)
        except EmptyFootageError:
            damaged = not clip.open
        except DamagedFootageError:
            damaged = True
        else:
            damaged = not clip.open and reader.end != size
    return Contents(clip, tuple(groups), coverage.spans, size, damaged)


def _in_turn(clips: Iterator[Contents]) -> Iterator[tuple[Contents, int | None]]:
    """Yield clips, each with the time from which on the next one is to be used instead."""
    current: Contents | None = None
    for following in clips:
        if current is None:
            current = following
        elif following.span.end > current.span.end:
            yield current, following.span.start
            current = following
    if current is not None:
        yield current, None


def _pieces(each: Contents, until: int | None, gaps: Sequence[Span]) -> Iterator[Piece]:
    run: list[Gop] = []
    begin, end = each.span.start - SAME, each.span.end + SAME
    gaps = [gap for gap in gaps if gap.start < end and begin < gap.end]
    for gop in each.gops:
        if (until is None or gop.span.start < until - SAME) and gop.has_any(gaps):
            run.append(gop)
        elif run:
            yield _piece(each, run, gaps)
            run = []
    if run:
        yield _piece(each, run, gaps)


def _piece(each: Contents, run: Sequence[Gop], gaps: Sequence[Span]) -> Piece:
    frames = [frame for gop in run for frame in gop.frames]
    is_all = len(run) == len(each.gops)
    return Piece(
        clip=each.clip,
        start=run[0].start,
        end=run[-1].end,
        whole=is_all and run[-1].end == each.size and not (each.clip.open or each.damaged),
        span=Span(run[0].span.start, run[-1].span.end),
        covered=each.covered if is_all else covered(frames),
        frames=len(frames),
        overlap=sum(not inside(frame.time, gaps) for frame in frames),
    )
