"""An archive's footage as the RTSP server replays it; all disks are read in threads."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import override

from .holdings import EVER, Holdings
from .model import NAL_CODECS, AudioFrame, Codec, Frame, Tracks, VideoFrame
from .player import Player
from .rtsp.footage import Footage, Shot
from .rtsp.order import Order

VIDEO, AUDIO = "VIDEO001", "AUDIO001"
"""What the tracks of a recording are called."""
_AUDIBLE = {Codec.AAC, Codec.PCMU, Codec.PCMA, Codec.L16}
_PAUSE = 0.5
"""Seconds until it is looked again whether more was recorded."""


class RecordedFootage(Footage):
    """The footage of one channel, while it is recorded and afterwards."""

    def __init__(self, holdings: Holdings, channel: str) -> None:
        self._holdings = holdings
        self._channel = channel

    @override
    async def tracks(self) -> Tracks | None:
        return await asyncio.to_thread(self._tracks)

    @override
    def names(self) -> Mapping[type[Frame], str]:
        return {VideoFrame: VIDEO, AudioFrame: AUDIO}

    @override
    async def play(self, order: Order) -> AsyncIterator[Sequence[Shot]]:
        tracks = await self.tracks()
        if tracks is None:
            return
        playing = Player(self._holdings, self._channel, tracks, order).play()
        while (shots := await asyncio.to_thread(next, playing, None)) is not None:
            if shots:
                yield shots
            else:
                await asyncio.sleep(_PAUSE)

    def _tracks(self) -> Tracks | None:
        """Return what the first clip is whose video can be sent."""
        for holding in self._holdings.within(self._channel, -EVER, EVER):
            video, audio = holding.tracks
            if video.codec in NAL_CODECS:
                return Tracks(video, audio if audio and audio.codec in _AUDIBLE else None)
        return None
