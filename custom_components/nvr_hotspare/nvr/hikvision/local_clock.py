"""How a recorder tells its local time: System/time of ISAPI."""

from datetime import datetime
from typing import Final

from ..errors import UnitProtocolError
from ..local_clock import LocalClock, Told, seconds_of
from ..untrusted import text_of
from .client import IsapiClient

_TIME: Final = "System/time"


def local_clock(client: IsapiClient) -> LocalClock:
    """Return what measures a recorder's clock; it raises as `IsapiClient.get`."""

    async def ask() -> Told:
        return read_time(text_of(await client.get(_TIME), "localTime"))

    return LocalClock(ask)


def read_time(text: str) -> Told:
    """Return a local time.

    The zone is None where none is told, and where it is "Z": local times are told so, too.

    Raises:
        UnitProtocolError: It is no time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UnitProtocolError("It tells a time that is none") from None
    offset = None if text.strip().endswith(("Z", "z")) else moment.utcoffset()
    return seconds_of(moment), None if offset is None else round(offset.total_seconds())
