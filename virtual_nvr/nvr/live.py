"""Live restream: each recorded channel over RTSP, from the engine's own copy of the stream."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.broadcast import Subscription
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import Frame, Tracks
from custom_components.nvr_hotspare.recorder.rtsp.server import RtspServer

from .config import NvrConfig
from .footage import tracks_of


def live_server(config: NvrConfig, engine: Engine, archive: Archive) -> RtspServer:
    """Return a server that has each channel the engine records under the channel's name."""

    def find(path: str) -> _Channel | None:
        channel = path.removeprefix("/")
        return _Channel(channel, engine, archive) if channel in engine.status() else None

    return RtspServer(find, guard=Guard("Virtual NVR", {config.username: config.password}))


class _Channel:
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
