"""What becomes of a channel's frames: kept in memory, or written, with no seam between.

A frame is written either straight away or through the ring. At a takeover the ring is written
while new frames still enter it; when it is found empty, the very next frame goes straight to the
file. Where the disk fails, frames enter the ring again until it is back.
"""

import asyncio
from collections.abc import Callable
import logging

from .model import Frame, Tracks
from .recording import Recording
from .ring import Gop, Ring

_LOGGER = logging.getLogger(__name__)
_PAUSE = 0.25
"""Seconds between looks whether a disk that failed may be tried again."""


class Keeper:
    """Keeps the frames of one channel, which arrive by one task at a time.

    Attributes:
        ring: What is kept in memory.
        recording: What has been written since `record` was last called.
        recorded: Whether frames are to be written.
    """

    def __init__(self, ring: Ring, begin: Callable[[], Recording]) -> None:
        """Keep frames in a ring, and have each recording begun by `begin`."""
        self.ring = ring
        self.recording = begin()
        self.recorded = False
        self._begin = begin
        self._straight = False
        self._left = 0
        """GOPs of the ring that are to be written although recording has ended."""
        self._writing = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None

    async def add(self, frames: list[tuple[Tracks, Frame]]) -> None:
        """Keep frames that have arrived."""
        if self._straight:
            async with self._writing:
                if self._straight:
                    await self._write(frames)
                    return
        for tracks, frame in frames:
            self.ring.add(tracks, frame)

    async def cut(self) -> None:
        """End what belongs together: the connection to the camera has ended."""
        self.ring.cut()
        async with self._writing:
            if self._straight:
                await self.recording.end_clip()

    def record(self) -> None:
        """Write the ring, then all that arrives."""
        if not self.recorded:
            self.recorded = True
            self._left = 0
            self.ring.expire()
            self.recording = self._begin()
            self._flush()

    async def release(self) -> None:
        """End the file and keep what arrives in memory again.

        What of a takeover is still in memory is written first, unless the disk fails. The file is
        closed without being waited for.
        """
        if not self._straight:
            self._left = len(self.ring)
        self.recorded = self._straight = False
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        async with self._writing:
            self.ring.clear()
            await self.recording.end_clip()

    async def close(self) -> None:
        """Write no more, and wait until the file is on the disk."""
        await self.release()
        await self.recording.close()

    async def _write(self, frames: list[tuple[Tracks, Frame]]) -> None:
        for tracks, frame in frames:
            await self.recording.add(tracks, frame)
        if not self.recording.ready:
            self._straight = False
            self.ring.clear()
            self._flush()

    def _flush(self) -> None:
        self._flushing = asyncio.create_task(self._empty())
        self._flushing.add_done_callback(self._flushed)

    def _flushed(self, task: asyncio.Task[None]) -> None:
        """Go on after an error that nobody foresaw: what caused it was taken out of the ring."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("A GOP was not written", exc_info=error)
            if self.recorded:
                self._flush()

    async def _empty(self) -> None:
        """Write what the ring holds until nothing is left."""
        while self.recorded or (self._left > 0 and self.recording.ready):
            if not self.recording.ready:
                await asyncio.sleep(_PAUSE)
            elif (gop := self.ring.pop()) is not None:
                self._left -= 1
                async with self._writing:
                    await self._write_gop(gop)
            else:
                self._straight = (
                    self.recorded
                )  # and nothing was awaited since the ring was found empty
                return

    async def _write_gop(self, gop: Gop) -> None:
        recording = self.recording
        if gop.connects:
            await recording.end_clip()
        before = recording.frames
        for tracks, frame in gop.frames:
            await recording.add(tracks, frame)
        if not recording.active and recording.frames == before and gop.frames[0][1].key:
            self.ring.restore(gop)  # the disk took nothing of it
