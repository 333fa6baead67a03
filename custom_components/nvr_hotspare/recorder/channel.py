"""The loop of one camera: connect, keep what arrives, and try again for as long as it takes."""

import asyncio
from collections.abc import Iterator
import itertools
import logging
import random
import time

from .archive import Archive
from .broadcast import Broadcast
from .disk import Disk
from .errors import SourceError, SourceRejectedError
from .keeper import Keeper
from .model import ChannelState, ChannelStatus, Source
from .opener import Opener, Stream
from .recording import Recording
from .ring import Ring, RingLimits

_LOGGER = logging.getLogger(__name__)
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 10.0
_MEASURE = 4.0
"""Seconds over which the bit rate is measured, at least."""
_LOGINS = 2
"""How often rejected credentials are tried: cameras ban addresses that go on."""


class Channel:
    """Watches or records one camera until it is stopped, whatever the camera does."""

    def __init__(self, name: str, archive: Archive, disk: Disk, limits: RingLimits) -> None:
        self.broadcast = Broadcast()
        self._name = name
        self._keeper = Keeper(Ring(limits), lambda: Recording(archive, disk, name))
        self._received = 0
        self._rate = _Rate()
        self._opener: Opener | None = None
        self._state = ChannelState.CONNECTING
        self._error = ""
        self._task: asyncio.Task[None] | None = None
        self._stream: Stream | None = None
        """While it plays."""

    @property
    def status(self) -> ChannelStatus:
        """The state of the channel; its counts go on across connections and sources.

        What was written is counted from the last time when recording began.
        """
        recording, ring = self._keeper.recording, self._keeper.ring
        ring.expire()
        disk_error = recording.error if self._keeper.recorded else ""  # else of no concern any more
        return ChannelStatus(
            state=self._judge(),
            first_frame=recording.first_frame,
            last_frame=recording.last_frame,
            frames=recording.frames,
            size=recording.size,
            error=self._error or disk_error,
            disk_error=disk_error,
            bitrate=self._rate.of(self._received),
            ring=ring.size,
            ring_seconds=ring.seconds,
            longest_gop=ring.longest,
        )

    def limit(self, limits: RingLimits) -> None:
        """Change how much is kept in memory."""
        self._keeper.ring.limits = limits

    def watch(self, source: Source) -> None:
        """Keep the latest footage of this source in memory; what is written ends with the GOP."""
        self._play(source)
        if self._keeper.recorded:
            self._keeper.release()

    def record(self, source: Source) -> None:
        """Record this source, what is in memory first."""
        self._play(source)
        self._keeper.record()

    async def stop(self) -> None:
        """Let go of the camera and close the file, with all in it that the camera has sent."""
        if self._stream is not None:
            await self._keeper.add(self._stream.read_rest())
        await self._keeper.close()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self.broadcast.close()

    def _play(self, source: Source) -> None:
        """Play this source from now on, instead of any other before it."""
        if self._opener is None or source != self._opener.source:
            self._start(Opener(source, f"Channel {self._name}"), 0)

    def _judge(self) -> ChannelState:
        if self._state is not ChannelState.WATCHING or not self._keeper.recorded:
            return self._state
        recording = self._keeper.recording
        if recording.error:
            return ChannelState.RETRYING
        return ChannelState.RECORDING if recording.active else ChannelState.CONNECTING

    def _start(self, opener: Opener, delay: float) -> None:
        self._opener = opener
        previous = self._task
        if previous is not None:
            previous.cancel()
        self._task = asyncio.create_task(self._run(opener, previous, delay))
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Begin again after an error that nobody foresaw; silence would be worse."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _LOGGER.error("Recording of channel %s failed", self._name, exc_info=error)
            self._state, self._error = ChannelState.RETRYING, "The engine failed; its log has why."
            if task is self._task and self._opener is not None:
                self._start(self._opener, _LONGEST_DELAY)

    async def _run(self, opener: Opener, previous: asyncio.Task[None] | None, delay: float) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        await asyncio.sleep(delay)
        self._state, self._error = ChannelState.CONNECTING, ""
        delays, rejections = _delays(), 0
        while True:
            before, rejected = self._received, False
            try:
                await self._take(opener)
            except SourceError as error:
                self._error = str(error)
                rejected = isinstance(error, SourceRejectedError)
            if self._received > before:
                delays, rejections = _delays(), 0
            rejections += rejected
            if rejections == _LOGINS:
                self._state = ChannelState.REFUSED
                _LOGGER.warning("Channel %s: %s It is left alone now.", self._name, self._error)
                return
            self._state = ChannelState.RETRYING
            delay = next(delays)
            _LOGGER.debug("Channel %s: %s Next try in %.1f s.", self._name, self._error, delay)
            await asyncio.sleep(delay)

    async def _take(self, opener: Opener) -> None:
        """Keep the frames of one connection until it ends, which is always an error."""
        try:
            async with opener.open() as stream:
                self._stream = stream
                while True:
                    frames = await stream.read()
                    for tracks, frame in frames:
                        self._received += frame.size
                        self.broadcast.publish(tracks, frame)
                    await self._keeper.add(frames)
                    self._state, self._error = ChannelState.WATCHING, ""
        finally:
            self._stream = None
            await self._keeper.cut()


class _Rate:
    """Measures how quickly a total of bytes grows."""

    def __init__(self) -> None:
        self._bits = 0
        self._total, self._since = 0, time.monotonic()

    def of(self, total: int) -> int:
        """Return the bits per second of the last few seconds."""
        passed = time.monotonic() - self._since
        if passed >= _MEASURE:
            self._bits = round(8 * (total - self._total) / passed)
            self._total, self._since = total, time.monotonic()
        return self._bits


def _delays() -> Iterator[float]:
    """Yield the pauses between tries, with jitter so that cameras don't come back as one."""
    for exponent in itertools.count():
        longest = min(_FIRST_DELAY * 2.0 ** min(exponent, 10), _LONGEST_DELAY)
        yield longest * random.uniform(0.75, 1.0)  # noqa: S311 (no secret)
