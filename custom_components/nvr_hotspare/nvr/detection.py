"""Which driver suits a recorder: found out by which of the brands' own interfaces it has.

All are asked for a sign of life at once, without an account: nothing can be locked by it.
"""

import asyncio
from typing import Final

import aiohttp

from .errors import UnitError
from .model import Credentials, Driver, Endpoint
from .opening import DRIVERS, open_recorder

_PATIENCE: Final = 5.0
"""Seconds that a recorder has to answer."""
_NOBODY: Final = Credentials(username="", password="")


async def detect(session: aiohttp.ClientSession, endpoint: Endpoint) -> Driver:
    """Return the driver of the recorder's brand; ONVIF where it is of none, or can't be told.

    Raises:
        UnitUnreachableError: The endpoint's host is no host name or address.
    """
    brands = [driver for driver in DRIVERS if driver is not Driver.ONVIF]
    lives = await asyncio.gather(*(_lives(driver, session, endpoint) for driver in brands))
    found = [driver for driver, lives in zip(brands, lives, strict=True) if lives]
    # One that wants a password whatever is asked for tells nothing by it.
    return found[0] if len(found) == 1 else Driver.ONVIF


async def _lives(driver: Driver, session: aiohttp.ClientSession, endpoint: Endpoint) -> bool:
    unit = open_recorder(driver, session, endpoint, _NOBODY)
    try:
        async with asyncio.timeout(_PATIENCE):
            await unit.heartbeat(fresh=True)
    except UnitError, TimeoutError:
        return False
    return True
