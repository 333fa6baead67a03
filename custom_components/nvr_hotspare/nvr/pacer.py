"""Rounds of work at a pace that may change at any moment, without drift."""

import asyncio
from collections.abc import AsyncGenerator, Callable


class Pacer:
    """Keeps the rounds of one loop.

    `pace` returns the seconds between the beginnings of two rounds as they should be now.
    """

    def __init__(self, pace: Callable[[], float]) -> None:
        self._pace = pace
        self._changed = asyncio.Event()
        self._hurried = False

    def hurry(self) -> None:
        """Begin the next round at once, or right after the one that is under way."""
        self._hurried = True
        self._changed.set()

    def wake(self) -> None:
        """Look at the pace again: it may have changed."""
        self._changed.set()

    async def rounds(self) -> AsyncGenerator[None]:
        """Yield at the beginning of each round; one that took too long costs the next ones."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            self._hurried = False
            yield
            begun = due
            while not self._hurried and clock() < (due := begun + self._pace()):
                self._changed.clear()
                try:
                    async with asyncio.timeout_at(due):
                        await self._changed.wait()
                except TimeoutError:
                    break
            # A round that begins late keeps the beat, one that would overlap the next is skipped.
            if self._hurried or clock() - due > self._pace():
                due = clock()
