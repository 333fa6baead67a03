"""Whether channels are being recorded: by what the recorder says of them, else by their footage."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from ...failover.model import Recording
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..local_clock import LocalClock
from .client import IsapiClient
from .footage import HikvisionFootage
from .tracks import is_due, is_enabled, take_track
from .working import ChannelWork, take_channels

REFUSALS: Final = (UnitRequestError, UnitUnsupportedError, UnitProtocolError)
"""What is no more than something that is not told."""


class Witness:
    """Remembers what was seen of channels: seen once, they may just be connecting."""

    def __init__(self, client: IsapiClient, footage: HikvisionFootage, clock: LocalClock) -> None:
        self._client = client
        self._footage = footage
        self._clock = clock
        self._idle: set[int] = set()

    async def recordings(self, channels: Iterable[int]) -> Mapping[int, Recording]:
        """Tell for each of these channels whether it is being recorded.

        Raises:
            UnitError: As `IsapiClient.get`.
        """
        works = await self.works()
        return {channel: await self._judge(channel, works) for channel in channels}

    async def works(self) -> Mapping[int, ChannelWork]:
        """Ask what the channels do; empty where it is not told.

        Raises:
            UnitError: As `IsapiClient.look`.
        """
        try:
            return await take_channels(self._client)
        except REFUSALS:
            return {}

    async def is_recorded(self, channel: int, works: Mapping[int, ChannelWork]) -> bool | None:
        """Whether a channel is being recorded; None where nothing proves it either way.

        Raises:
            UnitError: As `IsapiClient.look`.
        """
        if channel in works:
            if works[channel].recorded:
                with suppress(*REFUSALS):
                    await self._footage.learn(channel)
            return works[channel].recorded
        try:
            return await self._footage.is_growing(channel) or None
        except REFUSALS:
            return None

    async def _judge(self, channel: int, works: Mapping[int, ChannelWork]) -> Recording:
        recorded = await self.is_recorded(channel, works)
        if recorded:
            self._idle.discard(channel)
            return Recording.YES
        if recorded is None:
            return Recording.UNKNOWN
        if not await self._is_due(channel):
            return Recording.NOT_SCHEDULED
        if channel not in self._idle:
            self._idle.add(channel)
            return Recording.UNKNOWN
        return Recording.NO

    async def _is_due(self, channel: int) -> bool:
        """Whether a channel should be recorded now, as far as that is told."""
        try:
            track = await take_track(self._client, channel)
            return is_enabled(track) and is_due(track, await self._clock.now())
        except REFUSALS:
            return False
