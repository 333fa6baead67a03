"""The files of one channel: frames in, clips of a minute out."""

import asyncio
from contextlib import suppress
import time

from .archive import Archive, OpenClip
from .disk import Disk
from .errors import ArchiveError
from .model import CLOCK_RATE, AudioFrame, Frame, Tracks, VideoFrame
from .mp4.writer import FragmentWriter

CLIP = 60 * CLOCK_RATE
"""Ticks after which the next key frame begins a new file."""
_LONGEST_FRAGMENT = CLOCK_RATE
_LARGEST_FRAGMENT = 32 << 20
"""Bytes of frames; half of what the reader takes."""
_TOLERANCE = 10_000_000
"""Nanoseconds that a frame's time within a fragment may be off what its ticks say."""
_CORRECTION = 1_000_000_000
"""A change of the camera's clock, in nanoseconds, that calls for a new file name."""
_PAUSE = 2.0
"""Seconds before the disk is tried again."""


class Recording:
    """Writes the frames of one channel; counts what it has written.

    A file begins with a key frame, which is on the disk by itself as soon as it has arrived. The
    fragments after it grow, each as long as all before it together, up to a GOP or one second.
    So a process that is killed loses a second at most of what it has read, and very little of a
    file just begun.

    Attributes:
        first_frame: Capture time of the first frame written, None before.
        last_frame: Capture time of the latest frame written.
        frames: Frames written.
        size: Bytes written.
        error: Why nothing can be written at the moment, empty if it can.
    """

    def __init__(self, archive: Archive, disk: Disk, channel: str) -> None:
        self.first_frame: int | None = None
        self.last_frame: int | None = None
        self.frames = 0
        self.size = 0
        self.error = ""
        self._archive = archive
        self._disk = disk
        self._channel = channel
        self._clip: OpenClip | None = None
        self._writer: FragmentWriter
        self._tracks: Tracks | None = None
        self._start: VideoFrame
        self._pending: list[VideoFrame] = []
        self._audio: list[AudioFrame] = []
        self._waiting = 0
        """Bytes of both."""
        self._newest = 0
        """The last moment at which one of the frames so far is shown, in ticks."""
        self._closing: set[asyncio.Task[None]] = set()
        self._retry_at = 0.0

    async def add(self, tracks: Tracks, frame: Frame) -> None:
        """Record a frame; without an open file, from the next key frame on."""
        if isinstance(frame, AudioFrame):
            if self._clip is not None and self._waiting < _LARGEST_FRAGMENT:
                self._audio.append(frame)
                self._waiting += frame.size
            return
        if self._ends_fragment(frame):
            await self._write(frame.ticks)
        if frame.key and self._begins_clip(tracks, frame):
            await self._write(None)
            await self._begin(tracks, frame)
        elif self._clip is not None:
            self._pending.append(frame)
            self._waiting += frame.size
            self._newest = max(self._newest, frame.ticks)

    @property
    def ready(self) -> bool:
        """Whether the disk may be written to: it did not fail a moment ago."""
        return time.monotonic() >= self._retry_at

    @property
    def active(self) -> bool:
        """Whether a file is open, so that frames are being recorded."""
        return self._clip is not None

    async def end_clip(self) -> None:
        """Write what is left and let the file be closed; the next key frame begins another."""
        await self._write(None)
        self._let_go()

    async def close(self) -> None:
        """End the clip and wait until all files are on the disk under their final names."""
        await self.end_clip()
        if self._closing:
            await asyncio.wait(self._closing)

    def _ends_fragment(self, frame: VideoFrame) -> bool:
        """Whether it does not belong with the pending ones; a B-frame always does."""
        if not self._pending:
            return False
        if self._waiting >= _LARGEST_FRAGMENT:
            return True
        first = self._pending[0]
        if frame.ticks <= self._newest:
            return False
        length = frame.ticks - first.ticks
        return (
            (frame.key and not self._pending[-1].key)  # where all are, they would all stand alone
            or length >= min(_LONGEST_FRAGMENT, first.ticks - self._start.ticks)
            or abs(_drift(first, frame)) > _TOLERANCE
        )

    def _begins_clip(self, tracks: Tracks, frame: VideoFrame) -> bool:
        if self._clip is None:
            return self.ready
        return (
            tracks != self._tracks
            or frame.ticks - self._start.ticks >= CLIP
            or abs(_drift(self._start, frame)) > _CORRECTION
        )

    async def _begin(self, tracks: Tracks, frame: VideoFrame) -> None:
        self._let_go()
        writer = FragmentWriter(tracks)
        pieces = [writer.header(), *writer.pieces([frame], None)]
        self._writer, self._tracks, self._start = writer, tracks, frame
        self._newest = frame.ticks
        try:
            await self._disk.write(lambda: self._create(frame.time, pieces))
        except (OSError, ArchiveError) as error:
            self._fail(error)
            return
        self._count([frame], pieces)

    def _create(self, start: int, pieces: list[bytes]) -> None:
        clip = self._archive.open(self._channel, start)
        try:
            clip.write(*pieces)
        except OSError:
            with suppress(OSError):
                clip.close()
            raise
        self._clip = clip  # here, so that it is known even if who waits for it is cancelled

    async def _write(self, next_ticks: int | None) -> None:
        """Write the pending frames as a fragment."""
        clip, frames = self._clip, self._pending
        if clip is None or not frames:
            return
        pieces = self._writer.pieces(frames, next_ticks, self._audio)
        self._clear()
        try:
            await self._disk.write(lambda: clip.write(*pieces))
        except OSError as error:
            self._fail(error)
            return
        self._count(frames, pieces)

    def _count(self, frames: list[VideoFrame], pieces: list[bytes]) -> None:
        if self.first_frame is None:
            self.first_frame = frames[0].time
        self.last_frame = frames[-1].time
        self.frames += len(frames)
        self.size += sum(map(len, pieces))
        self.error = ""

    def _fail(self, error: Exception) -> None:
        text = error.strerror if isinstance(error, OSError) else str(error)
        self.error = f"The recording can't be written: {text or 'the disk fails'}."
        self._retry_at = time.monotonic() + _PAUSE
        self._let_go()

    def _let_go(self) -> None:
        """Have the open file closed, without waiting for the disk."""
        if self._clip is not None:
            task = asyncio.create_task(self._close(self._clip))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._clip = None
        self._clear()

    def _clear(self) -> None:
        self._pending, self._audio, self._waiting = [], [], 0

    async def _close(self, clip: OpenClip) -> None:
        try:
            await self._disk.close(clip.close)
        except OSError as error:  # its fragments stay, under the name of an open file
            self._archive.leave_open(clip.path, error)


def _drift(first: VideoFrame, frame: VideoFrame) -> int:
    """By how much the camera's clock and its ticks disagree on the time between two frames."""
    passed = (frame.ticks - first.ticks) * 1_000_000_000 // CLOCK_RATE
    return frame.time - first.time - passed
