"""A channel's live frames for whoever wants them, never at the expense of the recording."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from .model import Frame, Tracks

MAX_WAITING = 8 * 1024 * 1024
"""Bytes of frames that wait for one subscriber: 16 s at 4 Mbit/s."""


class Broadcast:
    """Hands every frame to all subscribers; none of them can hold it up."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Subscribe from the next key frame on."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def publish(self, tracks: Tracks, frame: Frame) -> None:
        """Queue a frame for every subscriber."""
        for subscription in self._subscriptions:
            subscription.put(tracks, frame)

    def close(self) -> None:
        """Let every subscription end after what it has queued."""
        for subscription in self._subscriptions:
            subscription.end()


class Subscription(AsyncIterator[tuple[Tracks, Frame]]):
    """An iterator over frames for one task. One that is too slow skips to a key frame."""

    def __init__(self) -> None:
        self._frames: deque[tuple[Tracks, Frame, int]] = deque()
        self._size = 0
        self._needs_key = True
        self._ended = False
        self._arrived = asyncio.Event()

    def put(self, tracks: Tracks, frame: Frame) -> None:
        """Queue a frame; where the queue is full, drop it all and wait for a key frame."""
        if self._needs_key and not frame.key:
            return
        size = frame.size
        if self._frames and self._size + size > MAX_WAITING:
            self._frames.clear()
            self._size = 0
            if not frame.key:
                self._needs_key = True
                return
        self._needs_key = False
        self._frames.append((tracks, frame, size))
        self._size += size
        self._arrived.set()

    def end(self) -> None:
        """Stop the iteration after what is queued."""
        self._ended = True
        self._arrived.set()

    async def __anext__(self) -> tuple[Tracks, Frame]:
        while not self._frames:
            if self._ended:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        tracks, frame, size = self._frames.popleft()
        self._size -= size
        return tracks, frame
