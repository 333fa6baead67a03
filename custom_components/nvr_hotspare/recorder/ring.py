"""The latest footage of one camera, kept in memory from a key frame on.

It is also the queue between a camera and a disk that does not keep up: what has not been taken
out when it grows too old or too large is dropped, a GOP at a time.
"""

from collections import deque
from dataclasses import dataclass, field
import time

from .model import CLOCK_RATE, Frame, Tracks

_OVERHEAD = 256
"""What a frame costs in memory beyond its bytes, so that a flood of tiny ones is bounded."""


@dataclass(frozen=True, slots=True)
class RingLimits:
    """How much to keep."""

    seconds: float
    """Of footage at least, where the bytes allow it: the oldest GOP began before them."""
    size: int
    """Bytes at most."""


@dataclass(slots=True)
class Gop:
    """Frames that follow one another, mostly from a key frame up to the next."""

    connects: bool
    """Whether a connection to the camera begins with them."""
    began: float
    """When the first arrived, in seconds of the monotonic clock."""
    ended: float
    """The same of the last."""
    size: int = 0
    frames: list[tuple[Tracks, Frame]] = field(default_factory=list)


class Ring:
    """GOPs in the order of arrival. Begins with a key frame, except after `pop`.

    Attributes:
        size: Bytes that it holds.
        longest: Seconds from key frame to key frame, at most so far, by the camera's clock: what
            arrives may have waited.
    """

    def __init__(self, limits: RingLimits) -> None:
        self.limits = limits
        self.size = 0
        self.longest = 0.0
        self._gops: deque[Gop] = deque()
        self._key: int | None = None
        """Ticks of the last key frame of this connection."""
        self._connects = True
        self._follows = False
        """Whether what arrives goes on where the last thing that was taken out ended."""

    def __len__(self) -> int:
        """How many GOPs it holds."""
        return len(self._gops)

    @property
    def seconds(self) -> float:
        """How much footage it holds."""
        return self._gops[-1].ended - self._gops[0].began if self._gops else 0.0

    def add(self, tracks: Tracks, frame: Frame) -> None:
        """Append a frame; dropped where it follows on nothing and is no key frame."""
        now = time.monotonic()
        if frame.key:
            self._measure(frame.ticks)
        if frame.key or self._connects or not self._gops:
            if not (frame.key or self._follows):
                return
            self._begin(now, key=frame.key)
        gop = self._gops[-1]
        gop.frames.append((tracks, frame))
        gop.ended = now
        size = frame.size + _OVERHEAD
        gop.size += size
        self.size += size
        if self.size > self.limits.size:
            self._shrink()

    def cut(self) -> None:
        """Mark the end of a connection: what comes next follows on nothing."""
        self._connects, self._follows, self._key = True, False, None

    def pop(self) -> Gop | None:
        """Take the oldest frames out, up to the next key frame or all that there are."""
        if not self._gops:
            return None
        gop = self._gops.popleft()
        self.size -= gop.size
        if not self._gops:
            self._follows = not self._connects
        return gop

    def restore(self, gop: Gop) -> None:
        """Put back what was taken out last."""
        self._gops.appendleft(gop)
        self.size += gop.size
        if self.size > self.limits.size:
            self._shrink()

    def clear(self) -> None:
        """Drop everything; begin again with a key frame, which comes after others not seen here."""
        self._gops.clear()
        self.size = 0
        self._follows, self._key = False, None

    def expire(self) -> None:
        """Drop what is older than wanted, all of it where nothing has arrived for so long."""
        oldest = time.monotonic() - self.limits.seconds
        while self._gops and self._end(0) < oldest:
            self._drop()

    def _measure(self, key: int) -> None:
        if self._key is not None:
            self.longest = max(self.longest, (key - self._key) / CLOCK_RATE)
        self._key = key

    def _begin(self, now: float, *, key: bool) -> None:
        self._gops.append(Gop(connects=self._connects, began=now, ended=now))
        self._connects = False
        if key:
            self._follows = False
            self.expire()

    def _end(self, index: int) -> float:
        """Return until when a GOP shows something: its frames last until the next one begins."""
        following = self._gops[index + 1] if len(self._gops) > index + 1 else None
        gop = self._gops[index]
        return gop.ended if following is None or following.connects else following.began

    def _shrink(self) -> None:
        while self.size > self.limits.size:
            self._drop()

    def _drop(self) -> None:
        """Drop the oldest GOP; the newest too, where it alone is too large."""
        gop = self._gops.popleft()
        self.size -= gop.size
        if self._gops and gop.connects:
            self._gops[0].connects = True
