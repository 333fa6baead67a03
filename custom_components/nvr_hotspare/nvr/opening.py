"""Which driver talks to a recorder."""

from collections.abc import Mapping
from typing import Final, Protocol

import aiohttp

from .base import Recorder
from .dahua import DahuaUnit
from .hikvision import HikvisionUnit
from .model import Credentials, Driver, Endpoint
from .onvif import OnvifUnit


class _Opening(Protocol):
    def __call__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        numbers: Mapping[str, int] | None = None,
    ) -> Recorder:
        """Make a driver."""


DRIVERS: Final[Mapping[Driver, _Opening]] = {
    Driver.ONVIF: OnvifUnit,
    Driver.DAHUA: DahuaUnit,
    Driver.HIKVISION: HikvisionUnit,
}
"""Those of recorders on the network."""


def open_recorder(
    driver: Driver,
    session: aiohttp.ClientSession,
    endpoint: Endpoint,
    credentials: Credentials,
    *,
    numbers: Mapping[str, int] | None = None,
) -> Recorder:
    """Return a driver of a recorder on the network; nothing is asked of it yet.

    Args:
        driver: Of which kind.
        session: Sends every request; never closed here.
        endpoint: Where the unit answers.
        credentials: An account; of a spare an administrator's.
        numbers: Of its channels so far, by token; without them they are counted anew.

    Raises:
        UnitUnreachableError: The endpoint's host is no host name or address.
    """
    return DRIVERS[driver](session, endpoint, credentials, numbers=numbers)
