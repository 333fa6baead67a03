"""Watches a camera of Home Assistant as its frontend does: HLS with low latency."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
import contextlib
from itertools import pairwise
import re
import time
from urllib.parse import urljoin

_PART = re.compile(r'#EXT-X-PART:.*URI="([^"]+)"')
_PAUSE = 0.1
"""Seconds between two looks at the playlist."""

_WITHIN = 120.0
"""Seconds in which what is waited for has to come."""

type Get = Callable[[str], Awaitable[tuple[int, bytes]]]
"""Makes one HTTP request; returns status and body."""


class Viewer:
    """One who watches: fetches every part of the stream once, as soon as it is there."""

    def __init__(self, get: Get, master: str) -> None:
        """Be about to watch what a master playlist leads to."""
        self._get = get
        self._master = master
        self._seen: set[str] = set()
        self.arrivals: list[float] = []
        """When parts came, by the monotonic clock."""
        self.size = 0
        """Bytes that came."""

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        """Watch for as long as the block runs, which begins with the first picture.

        Raises:
            TimeoutError: There is none.
        """
        task = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(_WITHIN):
                while not self.arrivals and not task.done():
                    await asyncio.sleep(_PAUSE)
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @property
    def longest_freeze(self) -> float:
        """The seconds in which nothing new came, at most; up to now."""
        return self.freeze(self.arrivals[0], time.monotonic())

    def freeze(self, begin: float, end: float) -> float:
        """The seconds in which nothing new came, at most, between moments of the monotonic clock.

        What had begun before counts in full.
        """
        moments = [*(it for it in self.arrivals if it < end), end]
        return max(after - before for before, after in pairwise(moments) if after > begin)

    async def more(self, parts: int) -> None:
        """Wait until so many more parts have come; TimeoutError if they do not."""
        wanted = len(self.arrivals) + parts
        async with asyncio.timeout(_WITHIN):
            while len(self.arrivals) < wanted:
                await asyncio.sleep(_PAUSE)

    async def _watch(self) -> None:
        status, body = await self._get(self._master)
        while status != 200:  # noqa: PLR2004 - HTTP; the stream has not begun
            await asyncio.sleep(_PAUSE)
            status, body = await self._get(self._master)
        playlist = urljoin(self._master, body.decode().splitlines()[-1])
        while True:
            status, body = await self._get(playlist)
            if status == 200:  # noqa: PLR2004 - HTTP
                await self._fetch(playlist, _PART.findall(body.decode()))
            await asyncio.sleep(_PAUSE)

    async def _fetch(self, playlist: str, parts: list[str]) -> None:
        for part in parts:
            if part not in self._seen:
                status, body = await self._get(urljoin(playlist, part))
                if status == 200:  # noqa: PLR2004 - HTTP
                    self._seen.add(part)
                    self.size += len(body)
                    self.arrivals.append(time.monotonic())
