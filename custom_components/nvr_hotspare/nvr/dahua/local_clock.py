"""A recorder's local time, which is all it ever tells, against ours.

It says nothing of its time zone. Zones are whole quarters of an hour, so what is nearest to one is
taken for the zone, and what is left for the error of its clock.
"""

from datetime import UTC, datetime, timedelta
import time
from typing import Final

from ..clock import YEARS, ClockBounds, ClockMeter
from ..errors import UnitProtocolError
from ..model import Heartbeat
from .client import DahuaClient

FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_QUARTER: Final = 900
_SECOND: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LocalClock:
    """Measures a recorder's clock.

    Attributes:
        zone: Seconds by which its local time is ahead of UTC, as it was last seen.
    """

    def __init__(self, client: DahuaClient) -> None:
        self.zone = 0
        self._client = client
        self._meter = ClockMeter(self)

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:  # noqa: ARG002 - as a `Telling`
        """Ask for the time; the offset told is that of the clock, the zone left aside.

        Raises:
            UnitError: As `DahuaClient.table`.
        """
        sent, started = time.time(), time.perf_counter()
        told = read_time((await self._client.table("global", "getCurrentTime")).get("result", ""))
        round_trip = time.perf_counter() - started
        offset = told + 0.5 - (sent + round_trip / 2)
        self.zone = round(offset / _QUARTER) * _QUARTER
        return Heartbeat(round_trip=round_trip, clock_offset=offset - self.zone)

    async def measure(self) -> ClockBounds:
        """Ask until the clock is known well enough; raises as `heartbeat`."""
        return await self._meter.measure()

    async def glance(self) -> ClockBounds:
        """Ask once; raises as `heartbeat`."""
        return await self._meter.glance()

    async def seconds(self) -> int:
        """Return the recorder's local time in seconds since 1970; raises as `heartbeat`."""
        offset = (await self.heartbeat(fresh=False)).clock_offset or 0.0
        return round(time.time() + offset + self.zone)

    async def now(self) -> datetime:
        """Return the same as a date and a time of day; raises as `heartbeat`."""
        return (_EPOCH + timedelta(seconds=await self.seconds())).replace(tzinfo=None)


def read_time(text: str) -> int:
    """Return a local time as seconds since 1970, as if it were in UTC.

    Raises:
        UnitProtocolError: It is none; some write single digits without a zero.
    """
    try:
        moment = datetime.strptime(text.strip(), FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise UnitProtocolError("It tells a time that is none") from None
    if moment.year not in YEARS:
        raise UnitProtocolError("It tells a time that no clock shows")
    return round((moment - _EPOCH).total_seconds())


def write_time(seconds: int) -> str:
    """Return the text of a local time in seconds since 1970, the opposite of `read_time`."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime(FORMAT)
