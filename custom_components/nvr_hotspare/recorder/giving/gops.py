"""Groups of pictures: what begins with a key frame, the least that can be given back by itself."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import NamedTuple

from ..errors import DamagedFootageError
from ..model import CLOCK_RATE
from ..mp4.reader import Fragment, Mp4Reader
from ..spans import Span, union

SAME = 5_000_000
"""Nanoseconds by which two recorders may differ on when a frame was captured: less than half a
frame at 60 a second."""
JITTER = 20_000_000
"""Nanoseconds between two frames that are no pause, whatever the file says of how long the first
one lasts: less than a frame is missing."""
HEADS = 8192
"""Bytes to read at once of files of which only the heads of fragments are of interest."""
_PAUSE = 500_000_000
"""Nanoseconds from frame to frame that are none, as a rule."""
_SLOW = 3
"""With cameras of a frame a second: so many frames' time is no pause either."""
_BATCH = 10_000
"""Frames that are looked at together."""
_SECOND = 1_000_000_000


class Moment(NamedTuple):
    """A frame of video: when it was captured, nanoseconds since 1970 UTC, and how many it lasts."""

    time: int
    lasts: int


@dataclass(frozen=True, slots=True)
class Gop:
    """A group of pictures in a file."""

    start: int
    """The first byte of its first fragment."""
    end: int
    """The byte after its last one."""
    frames: tuple[Moment, ...]
    """In decoding order; the first is the key frame."""

    @property
    def span(self) -> Span:
        """From its key frame to the end of its last one."""
        begin = self.frames[0].time
        return Span(begin, max(begin, *(each.time + each.lasts for each in self.frames)))

    def has_any(self, gaps: Sequence[Span]) -> bool:
        """Tell whether a frame of it belongs into a gap."""
        return any(inside(frame.time, gaps) for frame in self.frames)


def gops(reader: Mp4Reader) -> Iterator[Gop]:
    """Yield the groups of pictures of a file, from where the reader stands on.

    A key frame amid a fragment begins none: the fragment can't be parted there as it stands.

    Raises:
        DamagedFootageError: The file is damaged after those that were yielded.
    """
    group: list[Fragment] = []
    damage: DamagedFootageError | None = None
    fragments = reader.fragments()
    while True:
        try:
            fragment = next(fragments, None)
        except DamagedFootageError as error:
            fragment, damage = None, error
        if group and (fragment is None or fragment.samples[0].key):
            yield _gop(group)
            group = []
        if fragment is None:
            break
        group.append(fragment)
    if damage is not None:
        raise damage


def _gop(group: Sequence[Fragment]) -> Gop:
    frames = tuple(
        Moment(sample.time, sample.duration * _SECOND // CLOCK_RATE)
        for fragment in group
        for sample in fragment.samples
    )
    return Gop(group[0].start, group[-1].end, frames)


class Coverage:
    """Finds out which time the frames of a file cover, of which there may be very many.

    What a file says of how long a frame lasts tells when the next one came, even if others were
    lost between. So a frame that lasts much longer than is usual is followed by a pause.

    Attributes:
        any: Whether there are any frames.
    """

    def __init__(self) -> None:
        self.any = False
        self._frames: list[Moment] = []
        self._spans: tuple[Span, ...] = ()

    def add(self, frames: Iterable[Moment]) -> None:
        """Add frames that follow those so far."""
        self._frames += frames
        self.any = self.any or bool(self._frames)
        if len(self._frames) >= _BATCH:
            self._spans, self._frames = self.spans, []

    @property
    def spans(self) -> tuple[Span, ...]:
        """What they cover, in order."""
        usual = median_low([frame.lasts for frame in self._frames] or [0])
        longest = max(_PAUSE, _SLOW * usual)
        spans, begin, end = list(self._spans), 0, 0
        for time, lasts in sorted(self._frames):
            if time > end + JITTER:
                spans.append(Span(begin, end))
                begin = end = time
            end = max(end, time + (lasts if lasts <= longest else usual))
        return union((*spans, Span(begin, end)), bridge=JITTER)


def covered(frames: Iterable[Moment]) -> tuple[Span, ...]:
    """Return which time the frames of a file cover; `Coverage` tells how that is known."""
    coverage = Coverage()
    coverage.add(frames)
    return coverage.spans


def inside(time: int, gaps: Sequence[Span]) -> bool:
    """Tell whether a frame of that time belongs into a gap."""
    return any(gap.start - SAME <= time < gap.end - SAME for gap in gaps)
