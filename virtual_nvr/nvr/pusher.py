"""A recorder that tells that it lives: a request every few seconds, as a line in cron does."""

import asyncio
import logging
from typing import Final

import aiohttp

_LOGGER = logging.getLogger(__name__)

_TIMEOUT: Final = aiohttp.ClientTimeout(total=5.0)


async def push(url: str, seconds: float) -> None:
    """Send heartbeats until cancelled; nobody is told of the address, which is a secret."""
    clock = asyncio.get_running_loop().time
    due = clock()
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        while True:
            try:
                async with session.post(url):
                    pass
            except (aiohttp.ClientError, TimeoutError) as error:
                _LOGGER.debug("A heartbeat did not arrive (%s)", type(error).__name__)
            due = max(due + seconds, clock())
            await asyncio.sleep(due - clock())
