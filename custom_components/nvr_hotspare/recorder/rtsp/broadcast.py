"""Hands the frames of one live stream to all who watch it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from ..model import Frame

MAX_WAITING = 250
"""Frames kept for a viewer who does not fetch them: 10 s of most cameras."""


class Broadcast:
    """A live stream: viewers come at any time and get the frames from then on."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Frame]] = set()

    @property
    def viewers(self) -> int:
        """How many watch just now."""
        return len(self._queues)

    def publish(self, frame: Frame) -> None:
        """Pass a frame on; for a viewer who has fallen too far behind, the stream ends."""
        for queue in self._queues:
            try:
                queue.put_nowait(frame)
            except asyncio.QueueFull:
                queue.shutdown(immediate=True)
            except asyncio.QueueShutDown:
                continue

    def end(self) -> None:
        """End the stream for all who watch it, after what they have not yet fetched."""
        for queue in self._queues:
            queue.shutdown()

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Frame]]:
        """Watch the stream: the frames that are published from now on, until it ends."""
        queue = asyncio.Queue[Frame](MAX_WAITING)
        self._queues.add(queue)
        try:
            yield _fetch(queue)
        finally:
            self._queues.discard(queue)


async def _fetch(queue: asyncio.Queue[Frame]) -> AsyncGenerator[Frame]:
    with suppress(asyncio.QueueShutDown):
        while True:
            yield await queue.get()
