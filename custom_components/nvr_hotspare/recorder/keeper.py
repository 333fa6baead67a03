"""What becomes of a channel's frames: kept in memory, or written, with no seam between.

A frame is written either straight away or through the ring. At a takeover the ring is written
while new frames still enter it; when it is found empty, the very next frame goes straight to the
file. When recording ends, the file goes on up to the next key frame, and the ring begins with it:
so every frame is in one of them, whenever the next takeover comes. Where the disk fails, frames
enter the ring again until it is back.
"""

import asyncio
from collections.abc import Callable
import logging
import time

from .model import Frame, Tracks
from .recording import Recording
from .ring import Gop, Ring

_LOGGER = logging.getLogger(__name__)
_PAUSE = 0.25
"""Seconds between looks whether a disk that failed may be tried again."""
_LONGEST_END = 30.0
"""Seconds for which a file goes on after recording has ended, should no key frame come."""


class Keeper:
    """Keeps the frames of one channel, which arrive by one task at a time.

    Attributes:
        ring: What is kept in memory.
        recording: What has been written since `record` was last called, or before if what was
            then being written went on.
        recorded: Whether frames are to be written.
    """

    def __init__(self, ring: Ring, begin: Callable[[], Recording]) -> None:
        """Keep frames in a ring, and have each recording begun by `begin`."""
        self.ring = ring
        self.recording = begin()
        self.recorded = False
        self._begin = begin
        self._straight = False
        self._ending = False
        """Whether recording has ended, and what is being written goes on to the next key frame."""
        self._end_by = 0.0
        """When it ends in any case."""
        self._left = 0
        """GOPs of the ring that are to be written although recording has ended."""
        self._writing = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        """Of recordings before this one."""

    async def add(self, frames: list[tuple[Tracks, Frame]]) -> None:
        """Keep frames that have arrived."""
        if self._straight:
            async with self._writing:
                if self._straight:
                    await self._write(frames)
                    return
        self._remember(frames)

    async def cut(self) -> None:
        """End what belongs together: the connection to the camera has ended."""
        self.ring.cut()
        async with self._writing:
            if self._straight:
                if self._ending:
                    self._stop()
                await self.recording.end_clip()

    def record(self) -> None:
        """Write the ring, then all that arrives."""
        if self.recorded:
            return
        self.recorded = True
        if self._ending:
            self._ending = False
            return
        self.ring.expire()
        self._replace_recording()
        self._flush()

    def release(self) -> None:
        """End the file with the next key frame, and keep what arrives from it on in memory.

        What of a takeover is still in memory is written first, unless the disk fails. Nothing of
        this is waited for.
        """
        if self.recorded:
            self.recorded = False
            self._end_soon(_LONGEST_END)

    async def close(self) -> None:
        """Write what has arrived and no more, and wait until all files are on the disk."""
        self.recorded = False
        if not self._straight:
            self._end_soon(0.0)
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        async with self._writing:  # when what has arrived is written
            self._stop()
            await self.recording.close()
        if self._closing:
            await asyncio.wait(self._closing)

    def _end_soon(self, within: float) -> None:
        if self._straight and not (self.recording.active or self._writing.locked()):
            self._stop()  # there is nothing that could go on
        else:
            self._ending = True
            self._end_by = time.monotonic() + within
            self._left = len(self.ring)

    def _stop(self) -> None:
        self._straight = self._ending = False

    def _remember(self, frames: list[tuple[Tracks, Frame]]) -> None:
        for tracks, frame in frames:
            self.ring.add(tracks, frame)

    def _replace_recording(self) -> None:
        task = asyncio.create_task(self._close(self.recording))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        self.recording = self._begin()

    async def _close(self, recording: Recording) -> None:
        async with self._writing:
            await recording.end_clip()
        await recording.close()

    async def _write(self, frames: list[tuple[Tracks, Frame]]) -> None:
        for number, (tracks, frame) in enumerate(frames):
            if self._ending and (frame.key or time.monotonic() >= self._end_by):
                self.ring.clear()
                self._remember(frames[number:])  # while nobody else can look into the ring
                self._stop()
                await self.recording.end_clip()
                return
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
            if task is self._flushing:
                self._flush()

    async def _empty(self) -> None:
        """Write what the ring holds until nothing is left."""
        while self.recorded or self._ending:
            if not self.recording.ready:
                if self._ending:
                    self.ring.clear()
                    break
                await asyncio.sleep(_PAUSE)
            elif (gop := self.ring.pop()) is None:
                self._straight = True  # and nothing was awaited since the ring was found empty
                return
            elif self._ending and self._left <= 0 and self._ends_before(gop):
                self.ring.restore(gop)
                break
            else:
                self._left -= 1
                async with self._writing:
                    await self._write_gop(gop)
        recording = self.recording  # another one may begin from here on
        self._stop()
        async with self._writing:
            await recording.end_clip()

    def _ends_before(self, gop: Gop) -> bool:
        return gop.frames[0][1].key or time.monotonic() >= self._end_by

    async def _write_gop(self, gop: Gop) -> None:
        recording = self.recording
        if gop.connects:
            await recording.end_clip()
        before = recording.frames
        for tracks, frame in gop.frames:
            await recording.add(tracks, frame)
        if not recording.active and recording.frames == before and gop.frames[0][1].key:
            self.ring.restore(gop)  # the disk took nothing of it
