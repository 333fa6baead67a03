"""Those who watch a camera just now; unlike the engine's, they begin in mid-GOP."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from custom_components.nvr_hotspare.recorder.model import Frame

MAX_WAITING = 250
"""Frames kept for a viewer who does not fetch them: 10 s of most cameras."""


class Viewers:
    """The viewers of one camera, each of whom gets the frames from the moment they came."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Frame]] = set()

    def __len__(self) -> int:
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

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Frame]]:
        """Watch: the frames that are published from now on."""
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
