"""A recorder's clock against ours, and its time zone: System/time of ISAPI.

Zones are whole quarters of an hour. Where the zone that is told leaves an error of a half hour or
more (firmwares forget daylight saving time in it), what is nearest to a quarter is taken for it.
"""

from datetime import UTC, datetime, timedelta
import time
from typing import Final

from ..clock import YEARS, ClockBounds, ClockMeter
from ..errors import UnitProtocolError
from ..model import Heartbeat
from ..untrusted import text_of
from .client import IsapiClient

_TIME: Final = "System/time"
_QUARTER: Final = 900
_DOUBTFUL: Final = 1800.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LocalClock:
    """Measures a recorder's clock.

    Attributes:
        zone: Seconds by which its local time is ahead of UTC, as it was last seen.
    """

    def __init__(self, client: IsapiClient) -> None:
        self.zone = 0
        self._client = client
        self._meter = ClockMeter(self)

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:  # noqa: ARG002 - as a `Telling`
        """Ask for the time; the offset told is that of the clock, the zone left aside.

        Raises:
            UnitError: As `IsapiClient.get`.
        """
        sent, started = time.time(), time.perf_counter()
        told, zone = read_time(text_of(await self._client.get(_TIME), "localTime"))
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

    async def now(self) -> datetime:
        """Return its local date and time of day; raises as `heartbeat`."""
        offset = (await self.heartbeat(fresh=False)).clock_offset or 0.0
        local = time.time() + offset + self.zone
        return (_EPOCH + timedelta(seconds=local)).replace(tzinfo=None)


def read_time(text: str) -> tuple[int, int | None]:
    """Return a local time as seconds since 1970, as if it were in UTC, and its zone in seconds.

    The zone is None where none is told, and where it is "Z": local times are told so, too.

    Raises:
        UnitProtocolError: It is no time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UnitProtocolError("It tells a time that is none") from None
    if moment.year not in YEARS:
        raise UnitProtocolError("It tells a time that no clock shows")
    offset = None if text.strip().endswith(("Z", "z")) else moment.utcoffset()
    seconds = round((moment.replace(tzinfo=UTC) - _EPOCH).total_seconds())
    return seconds, None if offset is None else round(offset.total_seconds())
