"""How a recorder tells its local time, which is all it ever tells: of its zone it says nothing."""

from datetime import datetime, timedelta
from typing import Final

from ..errors import UnitProtocolError
from ..local_clock import EPOCH, LocalClock, Told, seconds_of
from .client import DahuaClient

FORMAT: Final = "%Y-%m-%d %H:%M:%S"


def local_clock(client: DahuaClient) -> LocalClock:
    """Return what measures a recorder's clock; it raises as `DahuaClient.table`."""

    async def ask() -> Told:
        told = await client.table("global", "getCurrentTime")
        return read_time(told.get("result", "")), None

    return LocalClock(ask)


def read_time(text: str) -> int:
    """Return a local time as seconds since 1970, as if it were in UTC.

    Raises:
        UnitProtocolError: It is none; some write single digits without a zero.
    """
    try:
        moment = datetime.strptime(text.strip(), FORMAT)  # noqa: DTZ007 - local
    except ValueError:
        raise UnitProtocolError("It tells a time that is none") from None
    return seconds_of(moment)


def write_time(seconds: int) -> str:
    """Return the text of a local time in seconds since 1970, the opposite of `read_time`."""
    return (EPOCH + timedelta(seconds=seconds)).strftime(FORMAT)
