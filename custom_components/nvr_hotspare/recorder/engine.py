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
from .ring import RingLimits

_BUFFER = RingLimits(seconds=10.0, size=16 << 20)
"""What is kept of each channel if nothing else is said: for a disk that fails for a moment."""
_LOGGER = logging.getLogger(__name__)


class Engine:
    """Records channels, each a camera under a name, independently of one another.

    It is the only one that writes into its folder.

    Attributes:
        archive: The footage.
        disk: Through which all of it goes.
    """

    def __init__(self, folder: Path, *, marked: bool = False) -> None:
        """Make an engine that records into a folder, which may have to be marked for it."""
        self.archive = Archive(folder, marked=marked)
        self.disk = Disk()
        self._limits = _BUFFER
        self._channels: dict[str, Channel] = {}

    async def start(self) -> None:
        """Close the files that an engine that was killed left open; then channels may come."""
        try:
            recovered = await self.disk.close(self.archive.recover)
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
        self.disk.shutdown()

    def limit(self, limits: RingLimits) -> None:
        """Change how much of each channel is kept in memory."""
        self._limits = limits
        for channel in self._channels.values():
            channel.limit(limits)

    def watch(self, channel: str, source: Source) -> None:
        """Keep the latest footage of a source in memory, ready to be recorded as this channel.

        A channel that is recorded is no longer: its file ends with the GOP, where memory begins.
        """
        self._channel(channel).watch(source)

    def record(self, channel: str, source: Source) -> None:
        """Record a source as this channel; does nothing if that is being done already.

        Of a channel that was watched, what is in memory is written first.
        """
        self._channel(channel).record(source)

    async def release(self, channel: str) -> None:
        """Let go of a channel's camera and close its file; does nothing if it has none."""
        if channel in self._channels:
            await self._channels.pop(channel).stop()

    def status(self) -> Mapping[str, ChannelStatus]:
        """Return the state of every channel that is watched or recorded."""
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

    def _channel(self, name: str) -> Channel:
        if name not in self._channels:
            self._channels[name] = Channel(name, self.archive, self.disk, self._limits)
        return self._channels[name]
