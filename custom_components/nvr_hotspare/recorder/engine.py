"""The engine: records many cameras at once into one folder, in one event loop."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import logging
from pathlib import Path

from .archive import Archive
from .broadcast import Subscription
from .channel import Channel
from .disk import Disk
from .model import ChannelStatus, Source

_LOGGER = logging.getLogger(__name__)


class Engine:
    """Records channels, each a camera under a name, independently of one another.

    It is the only one that writes into its folder.
    """

    def __init__(self, folder: Path) -> None:
        self._archive = Archive(folder)
        self._disk = Disk()
        self._channels: dict[str, Channel] = {}

    async def start(self) -> None:
        """Close the files that an engine that was killed left open; then channels may come."""
        try:
            recovered = await self._disk.close(self._archive.recover)
        except OSError as error:
            # The new footage matters more than the old, and its errors show in the status.
            _LOGGER.warning("Files left open can't be closed: %s", error.strerror)
        else:
            _LOGGER.info("Closed %d files that were left open", len(recovered))

    async def stop(self) -> None:
        """Let go of all cameras and close all files."""
        async with asyncio.TaskGroup() as group:
            for channel in list(self._channels):
                group.create_task(self.release(channel))
        self._disk.shutdown()

    def record(self, channel: str, source: Source) -> None:
        """Record a source as this channel; does nothing if that is being done already."""
        if channel not in self._channels:
            self._channels[channel] = Channel(channel, self._archive, self._disk)
        self._channels[channel].record(source)

    async def release(self, channel: str) -> None:
        """Stop recording a channel and close its file; does nothing if it isn't recorded."""
        if channel in self._channels:
            await self._channels.pop(channel).stop()

    def status(self) -> Mapping[str, ChannelStatus]:
        """Return the state of every channel that is to be recorded."""
        return {name: channel.status for name, channel in self._channels.items()}

    @asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[Subscription]:
        """Follow the live frames of a channel, from the next key frame on.

        What comes out is an iterator over (Tracks, Frame) that ends when the channel is
        released. A subscriber that is too slow loses frames and goes on with a key frame.

        Raises:
            KeyError: The channel isn't recorded.
        """
        with self._channels[channel].broadcast.subscribe() as subscription:
            yield subscription
