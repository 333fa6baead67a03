"""Live restream: each recorded channel over RTSP, from the engine's own copy of the stream."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.broadcast import Subscription
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import Frame, Tracks

from .footage import tracks_of


def live_channels(engine: Engine, archive: Archive) -> Callable[[str], LiveChannel | None]:
    """Return what finds each channel that the engine records, under the channel's name."""

    def find(path: str) -> LiveChannel | None:
        channel = path.removeprefix("/")
        return LiveChannel(channel, engine, archive) if channel in engine.status() else None

    return find


class LiveChannel:
    """A channel as the RTSP server presents it."""

    def __init__(self, name: str, engine: Engine, archive: Archive) -> None:
        self._name = name
        self._engine = engine
        self._archive = archive

    def tracks(self) -> Tracks | None:
        """Return what the stream is, None before its first frame."""
        return tracks_of(self._archive, self._name)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Frame]]:
        """Play the channel from its next key frame on.

        Raises:
            ConnectionError: It was released a moment ago.
        """
        if self._name not in self._engine.status():
            raise ConnectionError("The channel is no longer recorded")
        async with self._engine.subscribe(self._name) as subscription:
            yield _frames(subscription)


async def _frames(subscription: Subscription) -> AsyncGenerator[Frame]:
    async for _, frame in subscription:
        yield frame
