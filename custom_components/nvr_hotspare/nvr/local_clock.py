"""The clock of a recorder that tells local times, against ours.

Time zones are whole quarters of an hour. So where the recorder tells none, or one that leaves an
error of half an hour or more (firmwares forget daylight saving time in it), what is nearest to a
quarter is taken for the zone, and what is left for the error of its clock.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import time
from typing import Final

from .clock import YEARS, ClockBounds, ClockMeter
from .errors import UnitProtocolError
from .model import Heartbeat

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER: Final = 900
_DOUBTFUL: Final = 1800.0

type Told = tuple[int, int | None]
"""A local time as seconds since 1970, as if it were in UTC, and its zone in seconds, if told."""


class LocalClock:
    """Measures a recorder's clock.

    Attributes:
        zone: Seconds by which its local time is ahead of UTC, as it was last seen.
    """

    def __init__(self, ask: Callable[[], Awaitable[Told]]) -> None:
        """Measure with what asks the recorder for its time, once."""
        self.zone = 0
        self._ask = ask
        self._meter = ClockMeter(self)

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:  # noqa: ARG002 - as a `Telling`
        """Ask for the time; the offset told is that of the clock, the zone left aside.

        Raises:
            UnitError: As whatever asks the recorder.
        """
        sent, started = time.time(), time.perf_counter()
        told, zone = await self._ask()
        round_trip = time.perf_counter() - started
        offset = told + 0.5 - (sent + round_trip / 2)
        if zone is None or abs(offset - zone) > _DOUBTFUL:
            zone = round(offset / _QUARTER) * _QUARTER
        self.zone = zone
        return Heartbeat(round_trip=round_trip, clock_offset=offset - zone)

    async def measure(self) -> ClockBounds:
        """Ask until the clock is known well enough; raises as `heartbeat`."""
        return await self._meter.measure()

    async def glance(self) -> ClockBounds:
        """Ask once; raises as `heartbeat`."""
        return await self._meter.glance()

    async def seconds(self) -> int:
        """Return its local time in seconds since 1970; raises as `heartbeat`."""
        offset = (await self.heartbeat(fresh=False)).clock_offset or 0.0
        return round(time.time() + offset + self.zone)

    async def now(self) -> datetime:
        """Return the same as a date and a time of day; raises as `heartbeat`."""
        return (EPOCH + timedelta(seconds=await self.seconds())).replace(tzinfo=None)


def seconds_of(moment: datetime) -> int:
    """Return a time that a clock shows as seconds since 1970, as if it were in UTC.

    Raises:
        UnitProtocolError: No clock shows it.
    """
    if moment.year not in YEARS:
        raise UnitProtocolError("It tells a time that no clock shows")
    return round((moment.replace(tzinfo=UTC) - EPOCH).total_seconds())
