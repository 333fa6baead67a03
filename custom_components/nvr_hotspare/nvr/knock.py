"""Whether a host answers at all: a TCP connection, opened and dropped, nothing said."""

import asyncio

from ..failover.model import Silence

KNOCK_TIME = 1.0
"""Seconds that a host may take to accept a connection."""


async def knock(host: str, port: int) -> Silence:
    """Find out how a host is silent, at best slow: it accepts a connection."""
    try:
        async with asyncio.timeout(KNOCK_TIME):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return Silence.REFUSED
    except OSError, UnicodeError:  # a TimeoutError is one too; a name may be none
        return Silence.SILENT
    writer.transport.abort()
    return Silence.SLOW
