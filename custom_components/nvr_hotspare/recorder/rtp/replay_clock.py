"""When a frame was captured that a recorder plays again: told by the frames themselves.

Played as fast as it can be sent, footage has RTP timestamps "derived from the original sampling
times", and its sender reports say nothing (ONVIF Streaming, "RTP timestamps", "Use of RTCP").
"""

from typing import NamedTuple

from ..errors import SourceUnsupportedError
from ..model import CLOCK_RATE
from ..spans import Span
from .capture import Mark, find_stamp

_SECOND = 1_000_000_000
_QUARTER = 900 * _SECOND
_WRAP = 1 << 32
_TIMESTAMP = slice(4, 8)
"""Where in the head of a packet its timestamp is (RFC 3550, section 5.1)."""
_AFAR = 10
"""Seconds from a stamped frame over which its neighbour's timestamps are not believed."""
_MOST_WAITING = 16
"""Stamps of frames that are not complete: one or two, but for damaged ones."""


class _Anchor(NamedTuple):
    """A frame whose capture time is known."""

    timestamp: int
    ticks: int
    time: int


class ReplayClock:
    """Gives each frame of one replayed media its ticks, and the time at which it was captured.

    The time is that of the frame's own stamp. One that has none is placed by its RTP timestamp
    beside the latest that has one. Ticks go on as the RTP timestamps do, however often these wrap
    around within a gap; where they contradict the times by more than a second the times count.

    Attributes:
        marks: What the latest stamp says about its frame.
    """

    def __init__(self, rate: int = CLOCK_RATE, ahead: int = 0, window: Span | None = None) -> None:
        """Time a media of so many ticks a second, played by a clock that is ahead of ours.

        Args:
            rate: Ticks per second.
            ahead: Nanoseconds, taken off each time.
            window: When the first frame was captured, of a recorder that knows local time only:
                what it takes for UTC is off by whole quarters of an hour if its time zone is wrong.
        """
        self.marks = Mark(0)
        self._rate = rate
        self._ahead = ahead
        self._window = window
        self._anchor: _Anchor | None = None
        self._times: dict[int, int] = {}
        self._reach = _AFAR * rate
        """Ticks from a frame whose time is known to its farthest neighbour."""

    @property
    def is_set(self) -> bool:
        """Whether any frame had a stamp: none can be timed before."""
        return self._anchor is not None

    def note(self, packet: bytes) -> None:
        """Take up the stamp of a packet, if it has one, before the packet's frame is complete."""
        stamp = find_stamp(packet)
        if stamp is None:
            return
        timestamp, time = int.from_bytes(packet[_TIMESTAMP]), stamp.time - self._ahead
        if self._window is not None:
            time -= self._take_off_zone(time, self._window)
        self.marks = stamp.marks
        if self._anchor is None:
            self._anchor = _Anchor(timestamp, timestamp, time)
        self._times[timestamp] = time
        if len(self._times) > _MOST_WAITING:
            del self._times[next(iter(self._times))]

    def begin(self, packet: bytes, time: int) -> None:
        """Take the frame of a packet for one of this time, by our clock: none will be stamped.

        What comes later is placed by the RTP timestamps alone, however far away.
        """
        timestamp = int.from_bytes(packet[_TIMESTAMP])
        self._anchor = _Anchor(timestamp, timestamp, time)
        self._reach = _WRAP

    def _take_off_zone(self, time: int, window: Span) -> int:
        """Find out by the first frame how far a time zone is wrong; return it, in nanoseconds."""
        self._window = None
        if window.start <= time < window.end:
            return 0
        zone = (time - window.start) // _QUARTER * _QUARTER
        self._ahead += zone
        return zone

    def capture(self, timestamp: int, arrival: int = 0) -> tuple[int, int]:  # noqa: ARG002 (live)
        """Return the ticks and the capture time of a frame, whenever it arrived.

        Raises:
            SourceUnsupportedError: It has no stamp, nor has any frame close to it.
        """
        if self._anchor is None:
            raise SourceUnsupportedError("The recorder does not tell when a frame was captured.")
        known, time = self._anchor, self._times.pop(timestamp, None)
        passed = (timestamp - known.timestamp + _WRAP // 2) % _WRAP - _WRAP // 2
        if time is None:
            if abs(passed) > self._reach:
                raise SourceUnsupportedError(
                    "The recorder stops telling when frames were captured."
                )
            ticks, time = known.ticks + passed, known.time + passed * _SECOND // self._rate
            if self._reach == _WRAP:
                self._anchor = _Anchor(timestamp, ticks, time)
            return ticks, time
        due = (time - known.time) * self._rate // _SECOND
        passed += (due - passed + _WRAP // 2) // _WRAP * _WRAP
        if abs(passed - due) > self._rate:
            passed = due
        self._anchor = _Anchor(timestamp, known.ticks + passed, time)
        return self._anchor.ticks, time
