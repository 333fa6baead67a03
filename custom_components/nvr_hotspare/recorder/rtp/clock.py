"""When a camera captured a frame, told by RTP timestamps, sender reports and arrival."""

from ..model import CLOCK_RATE
from ..ntp import from_ntp
from .packet import SenderReport

_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
_HALF = 1 << 31
_JUMP = 10 * _SECOND
_DISAGREEMENT = _SECOND
"""By how much the reports of audio and video may differ on the camera's clock."""
_DRIFT = 1000
"""One part in this many is how fast the estimate from arrival times follows a slow camera."""


class CaptureClock:
    """Gives every frame of one connection its ticks and its capture time.

    Times are nanoseconds since 1970 UTC. The camera's own clock is believed, through its latest
    RTCP sender report (RFC 3550, section 6.4.1), even where it is hours wrong: footage then
    agrees with what the camera prints into its picture. A report more than a day off (a camera
    that counts from its start, or from 1970), or about another stretch of ticks than the frames
    around it, is not believed. Until there is a report, and where none is believed, a frame was
    captured when it arrived, less the delay that it had beyond the fastest frame before it: so
    jitter does not reach the times.

    In the order of capture, times only grow. Where a correction would turn them back they run at
    half their speed until it has caught up, except that a correction of more than 10 s counts as
    a new time. Frames with B-frames arrive out of that order and get the times they belong to.

    Audio must keep to the video it belongs to. Its own reports are believed only where they agree
    with those of the video on how far the camera's clock is off; else the video's count for both.
    """

    def __init__(self, rate: int = CLOCK_RATE, video: CaptureClock | None = None) -> None:
        """Time a media with this many ticks a second, along with a video if it is audio."""
        self._rate = rate
        self._video = video
        self._arrival = 0
        self._raw: int | None = None
        """The last timestamp, unwrapped; `_shift` leads from it to ticks."""
        self._shift = 0
        self._reported: int | None = None
        """Capture time less the time since tick 0, by the latest sender report."""
        self._fastest: int | None = None
        """The same by the fastest arrival."""
        self._latest = (0, 0)
        """Ticks and time of the latest frame in the order of capture."""

    def report(self, report: SenderReport, arrival: int) -> None:
        """Take up a sender report that arrived at this time."""
        if self._raw is None:
            self._raw, self._arrival = report.timestamp, arrival
            self._fastest = arrival - self._duration(report.timestamp)
        raw = _unwrap(report.timestamp, self._raw)
        ticks, time = raw + self._shift, from_ntp(report.ntp)
        believed = abs(time - arrival) <= _DAY and abs(self._duration(raw - self._raw)) <= _JUMP
        self._reported = time - self._duration(ticks) if believed else None

    def capture(self, timestamp: int, arrival: int) -> tuple[int, int]:
        """Return the ticks and the capture time of a frame that arrived at this time."""
        ticks = self._ticks(timestamp, arrival)
        offset = arrival - self._duration(ticks)
        if self._fastest is not None:
            passed = max(0, self._duration(ticks - self._latest[0]))
            offset = min(offset, self._fastest + passed // _DRIFT)
        self._fastest = offset
        return ticks, self._only_growing(ticks, self._duration(ticks) + self._offset(offset))

    @property
    def _ahead(self) -> int | None:
        """By how much the camera's clock is ahead of ours, None while it isn't known."""
        if self._reported is None or self._fastest is None:
            return None
        return self._reported - self._fastest

    def _offset(self, arrived: int) -> int:
        """Return capture time less time since tick 0, which is `arrived` by the arrival."""
        own = self._ahead
        if self._video is not None:
            others = self._video._ahead  # noqa: SLF001 (of the same class)
            if own is None or others is None or abs(own - others) > _DISAGREEMENT:
                own = others
        return arrived + (own or 0)

    def _ticks(self, timestamp: int, arrival: int) -> int:
        """Unwrap a timestamp; one that jumped goes on where its arrival says it should.

        It jumped if it goes far back, or is far ahead of its time. Any delay is possible.
        """
        if self._raw is None:
            self._raw = timestamp
        raw, last = _unwrap(timestamp, self._raw), self._raw
        early = self._duration(raw + self._shift) - arrival + (self._fastest or 0)
        if self._duration(raw - last) < -_JUMP or (self._fastest is not None and early > _JUMP):
            passed = arrival - self._arrival
            self._shift += last - raw + passed * self._rate // _SECOND
            self._reported = self._fastest = None
        self._raw, self._arrival = raw, arrival
        return raw + self._shift

    def _duration(self, ticks: int) -> int:
        return ticks * _SECOND // self._rate

    def _only_growing(self, ticks: int, time: int) -> int:
        last_ticks, last_time = self._latest
        passed = self._duration(ticks - last_ticks)
        if last_time and passed <= 0:  # a B-frame
            return last_time + passed
        if last_time and time > last_time - _JUMP:
            time = max(time, last_time + passed // 2)
        self._latest = (ticks, time)
        return time


def _unwrap(timestamp: int, near: int) -> int:
    """Return the number nearest to `near` whose lowest 32 bits are the timestamp."""
    return near + ((timestamp - near + _HALF) & (2 * _HALF - 1)) - _HALF
