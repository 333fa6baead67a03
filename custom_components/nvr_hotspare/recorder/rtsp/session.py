"""What a client of the server plays, from SETUP to TEARDOWN: a live stream, or footage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
import secrets
import time
from typing import Protocol

from ..model import CLOCK_RATE, AudioFrame, Frame, Tracks
from ..rtp.capture import CaptureStamp, Mark
from ..rtp.packetize import RtpSender
from .footage import Footage, Shot
from .order import Order

REPORT_INTERVAL = 5_000_000_000
"""Nanoseconds between sender reports (RFC 3550, section 6.2)."""
_SECOND = 1_000_000_000
_STEP = _SECOND // 25
"""How long a gap lasts that is played in real time."""
_CHUNK = 64 * 1024
"""Bytes that are sent at once where nothing has to be in time."""

type Send = Callable[[bytes], Awaitable[None]]
"""Sends packets and waits until the client takes more; OSError where it takes none."""
type Ended = Callable[[asyncio.Task[None]], None]
"""Is told when sending has ended, for whatever reason."""


class Presentation(Protocol):
    """A live stream under one path."""

    def tracks(self) -> Tracks | None:
        """Return what the stream is, None while there is none to be had."""

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Frame]]:
        """Play the stream for one client; where it ends, the client's connection does too."""


@dataclass(slots=True)
class Sender:
    """One media of a session."""

    rtp: RtpSender
    rate: int
    """Ticks per second."""
    reported: int = 0
    """Capture time that the latest sender report was about."""

    def report_is_due(self, moment: int) -> bool:
        """Whether a report goes with a frame of this time."""
        # A clock may be set back.
        if abs(moment - self.reported) < REPORT_INTERVAL:
            return False
        self.reported = moment
        return True


class Session:
    """A client's claim on what is under a path.

    Attributes:
        id: Its name.
        path: Where it is.
        senders: The media that were set up, by their frames.
        task: Sends them; None before anything is played.
    """

    def __init__(self, path: str, send: Send, ended: Ended) -> None:
        self.id = secrets.token_hex(8)
        self.path = path
        self.senders: dict[type[Frame], Sender] = {}
        self.task: asyncio.Task[None] | None = None
        self._send = send
        self._ended = ended

    def set_up(self, kind: type[Frame], tracks: Tracks, channels: tuple[int, int]) -> Sender:
        """Add the media of one kind of frame, on these channels."""
        if kind is AudioFrame and tracks.audio is not None:
            sender = Sender(RtpSender(channels, tracks.audio.codec), tracks.audio.rate)
        else:
            sender = Sender(RtpSender(channels, tracks.video.codec), CLOCK_RATE)
        self.senders[kind] = sender
        return sender

    def end(self) -> None:
        """Send no more."""
        if self.task is not None:
            self.task.cancel()

    def _begin(self, sending: Coroutine[None, None, None]) -> None:
        self.task = asyncio.create_task(sending)
        self.task.add_done_callback(self._ended)


class LiveSession(Session):
    """Plays a live stream from whatever frame comes next."""

    def __init__(self, path: str, send: Send, ended: Ended, presentation: Presentation) -> None:
        super().__init__(path, send, ended)
        self._presentation = presentation

    def play(self) -> None:
        """Begin, unless that was done."""
        if self.task is None:
            self._begin(self._play())

    async def _play(self) -> None:
        async with self._presentation.subscribe() as frames:
            async for frame in frames:
                sender = self.senders.get(type(frame))
                if sender is None:
                    continue
                report = sender.rtp.report(frame) if sender.report_is_due(frame.time) else b""
                await self._send(report + sender.rtp.frame(frame))


class ReplaySession(Session):
    """Plays footage, with the time of its capture in the packets (ONVIF Streaming, "Playback")."""

    def __init__(self, path: str, send: Send, ended: Ended, footage: Footage) -> None:
        super().__init__(path, send, ended)
        self._footage = footage
        self._going = asyncio.Event()
        self._number = 0
        """The low byte of the CSeq of the latest PLAY."""

    def play(self, order: Order | None, count: int) -> None:
        """Begin with an order, at once and instead of any other; without one, go on.

        Args:
            order: None if the client says nothing about what to play.
            count: The CSeq of the request.
        """
        self._number = count & 0xFF
        self._going.set()
        if order is not None or self.task is None:
            self.end()
            self._begin(self._play(order or Order()))

    def pause(self) -> None:
        """Send no more until `play`."""
        self._going.clear()

    async def _play(self, order: Order) -> None:
        clock = _Clock(paced=order.paced)
        fresh = set(self.senders)
        async for shots in self._footage.play(order):
            waiting, size = list[bytes](), 0
            for shot in shots:
                kind = type(shot.frame)
                if (sender := self.senders.get(kind)) is None:
                    continue
                if not self._going.is_set():
                    await clock.stop(self._going)
                await clock.wait(shot)
                marks = shot.marks | Mark.DISCONTINUITY if kind in fresh else shot.marks
                fresh.discard(kind)
                waiting.append(self._packets(sender, shot.frame, marks, clock))
                size += len(waiting[-1])
                if order.paced or size >= _CHUNK:
                    await self._send(b"".join(waiting))
                    waiting, size = [], 0
            if waiting:
                await self._send(b"".join(waiting))

    def _packets(self, sender: Sender, frame: Frame, marks: Mark, clock: _Clock) -> bytes:
        moment = clock.moment(frame.time)
        # In the order of their capture, or of playing them in real time ("RTP timestamps").
        frame.ticks = (moment * sender.rate + _SECOND // 2) // _SECOND
        if frame.key or isinstance(frame, AudioFrame):
            marks |= Mark.CLEAN
        report = b""
        if sender.report_is_due(moment):
            now = time.time_ns()
            report = sender.rtp.report(frame, now) if clock.paced else sender.rtp.blank_report()
        if not self._footage.onvif:
            return report + sender.rtp.frame(frame)
        stamp = CaptureStamp(frame.time, marks, self._number)
        return report + sender.rtp.frame(frame, stamp.encode())


class _Clock:
    """When frames are due, if they are: in real time, the gaps between them left out."""

    def __init__(self, *, paced: bool) -> None:
        self.paced = paced
        self._left_out = 0
        self._latest: int | None = None
        self._begin = 0.0
        """When, in monotonic time, the moment 0 would have been."""

    def moment(self, captured: int) -> int:
        """Return when a frame is played, on a timeline without gaps if it is paced."""
        return captured - self._left_out

    async def wait(self, shot: Shot) -> None:
        """Wait until a frame is due."""
        if not self.paced:
            return
        captured = shot.frame.time
        if self._latest is None:
            self._begin = _now() - captured / _SECOND
        elif Mark.DISCONTINUITY in shot.marks and captured > self._latest + _STEP:
            self._left_out += captured - self._latest - _STEP
        self._latest = captured
        due = self._begin + self.moment(captured) / _SECOND
        await asyncio.sleep(due - _now())

    async def stop(self, going: asyncio.Event) -> None:
        """Stand still until it goes on."""
        since = _now()
        await going.wait()
        self._begin += _now() - since


def _now() -> float:
    return asyncio.get_running_loop().time()
