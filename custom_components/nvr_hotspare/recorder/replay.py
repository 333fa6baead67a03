"""Footage of another recorder as frames: a replay session, original times, and how it ends.

ONVIF Streaming, "Playback" (RTSP with `Require: onvif-replay`). Footage comes over TCP as fast as
it is taken and no faster; what a recorder may send is bounded by what it was asked for.

The addresses of some vendors say from when to when to play. They are asked for the same, and those
that know it tell when each frame was captured. Of all others the first frame is taken for one of
the second that was asked for: it may be as much older as a group of pictures is long.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
import dataclasses
from datetime import UTC, datetime, timedelta
import time

from .errors import (
    SourceError,
    SourceLostError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from .giving.model import Replay
from .media import AudioReceiver, VideoReceiver
from .model import AudioFrame, Frame, Source, Tracks
from .replay_extent import AFTER, BEFORE, BESIDE, Extent
from .rtp.capture import EXTENDED, Mark
from .rtp.replay_clock import ReplayClock
from .rtsp.client import OPEN_TIMEOUT, Manner, Session, open_session
from .rtsp.message import InterleavedPacket
from .spans import Span

SILENCE = 10.0
"""Seconds without video after which a recorder is believed to have no more: at the end of its
footage it "sends nothing", nor does it while it wakes its disks."""
AFTER_TERMINAL = 2.0
"""The same after a frame of which it said that it was the last."""
PATIENCE = 60.0
_SLOWEST = 10
"""Seconds that all of a replay may be waited for: so many, and so many for each of footage."""
_MOST_UNTIMED = 4 * 1024 * 1024
"""Bytes of packets that wait for the first one that tells its time."""
_OVERHEAD = 64
"""What a packet or frame costs in memory beyond its bytes, so that a flood of empty ones is
bounded."""
_MOST_AHEAD = 16 * 1024 * 1024
"""Bytes of audio that wait for the video beside them; what comes beyond them is left out."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
_REQUIRE = ("Require", "onvif-replay")
_ALL = ("Range", "npt=0.000-")
"""All of what the address says."""


@asynccontextmanager
async def open_replay(
    replay: Replay, span: Span, within: float = OPEN_TIMEOUT
) -> AsyncIterator[ReplayStream]:
    """Have a recorder play its footage of a span, which begins with the key frame before it.

    Raises:
        SourceUnreachableError: Nothing answers, or not within so many seconds.
        SourceRejectedError: The recorder does not accept the credentials.
        SourceNotFoundError: It has no such recording, or no footage of that time.
        SourceUnsupportedError: It does not replay, or not over TCP, or in no known codec.
        SourceError: As `open_session`.
    """
    wanted = Span(span.start + replay.ahead, span.end + replay.ahead + AFTER)
    source = Source(uri=replay.uri, username=replay.username, password=replay.password)
    if replay.times:
        source = dataclasses.replace(source, uri=_uri(replay, wanted))
    with _told_of_a_recorder():
        async with AsyncExitStack() as stack:

            async def play(manner: Manner) -> Session:
                return await stack.enter_async_context(open_session(source, within, manner))

            try:
                session = await play(_manner(wanted, replay))
            except SourceUnsupportedError:
                if not replay.times:
                    raise
                session = await play(Manner(play=(_ALL,), fingerprint=replay.fingerprint))
            begin = wanted.start // _SECOND * _SECOND - replay.ahead if replay.times else None
            yield ReplayStream(session, span, replay.ahead, begin)


class ReplayStream:
    """The frames of one replay. Made by `open_replay`, and read once.

    Attributes:
        proven: Whether it ended because all had come: later footage followed, or the recorder
            said that none does. One that merely falls silent proves nothing.
    """

    def __init__(self, session: Session, span: Span, ahead: int, begin: int | None = None) -> None:
        """Read what a session sends.

        Args:
            session: It plays.
            span: What is wanted, by our clock.
            ahead: How far the recorder's clock is ahead of it.
            begin: When, by our clock, the first frame was captured if the recorder does not tell;
                None if it has to.
        """
        description = session.description
        self.proven = False
        self._session = session
        self._extent = Extent(span, has_audio=session.audio is not None)
        window = None if begin is None else Span(begin - BEFORE, span.end + AFTER + BEFORE)
        clock = ReplayClock(ahead=ahead, window=window)
        self._video = _Medium(VideoReceiver(description.video, clock), begin)
        self._audio: _Medium[AudioReceiver[ReplayClock]] | None = None
        self._audio_channel = session.audio.rtp if session.audio else None
        if description.audio is not None and session.audio is not None:
            clock = ReplayClock(description.audio.track.rate, ahead, window)
            self._audio = _Medium(AudioReceiver(description.audio, clock), begin)
        self._ahead = deque[AudioFrame]()
        """Audio that came before the video beside it: some recorders send one after the other."""
        self._ahead_size = 0
        self._tracks: Tracks | None = None
        self._waited = 0.0
        """Seconds spent waiting since there was video."""
        self._idle = 0.0
        """The same since the beginning."""

    async def __aiter__(self) -> AsyncIterator[tuple[Tracks, Frame]]:
        """Return frame after frame in the order of decoding, each with the tracks.

        It ends before the first key frame at or after the end of the span.

        Raises:
            SourceLostError: The recorder ended the connection, or the session, too early.
            SourceProtocolError: It sends what is no RTSP, or footage that was not asked for.
            SourceUnsupportedError: It does not tell when the frames were captured, or what a
                decoder must know.
        """
        with _told_of_a_recorder():
            while not self._extent.is_over:
                packets = await self._packets()
                frames = self._flush() if packets is None else self._take(packets)
                for frame in frames:
                    yield self._current_tracks(), frame
                if packets is None:
                    break
        self.proven = self._has_ended

    @property
    def _has_ended(self) -> bool:
        """Whether nothing more need come."""
        return self._extent.is_past or bool(self._video.marks & (Mark.END | Mark.TERMINAL))

    async def _packets(self) -> Sequence[InterleavedPacket] | None:
        """Wait for packets; None when no more will come."""
        if self._idle > PATIENCE + _SLOWEST * self._extent.seconds:
            raise SourceLostError("The recorder sends its footage too slowly.")
        begin = time.monotonic()
        limit = AFTER_TERMINAL if Mark.TERMINAL in self._video.marks else SILENCE
        try:
            async with asyncio.timeout(limit - self._waited):
                return await self._session.read()
        except TimeoutError:
            if self._session.lost:
                raise SourceLostError("The recorder ended the session too early.") from None
        except SourceUnreachableError:
            if not self._has_ended:
                raise SourceLostError("The recorder ended the connection too early.") from None
        finally:
            passed = time.monotonic() - begin
            self._waited += passed
            self._idle += passed
        return None

    def _take(self, packets: Sequence[InterleavedPacket]) -> Iterator[Frame]:
        """Take in packets and return the frames they complete, those that are wanted."""
        for channel, payload in packets:
            if channel == self._session.video.rtp:
                yield from self._wanted(self._video.push(payload))
            elif self._audio and channel == self._audio_channel:
                yield from self._wanted(self._audio.push(payload))
        if self._video.untimed > _MOST_UNTIMED:
            raise SourceUnsupportedError("The recorder does not tell when frames were captured.")

    def _flush(self) -> Iterator[Frame]:
        """Return the frames that are left when no more will come."""
        if self._video.untimed:
            raise SourceUnsupportedError("The recorder does not tell when frames were captured.")
        yield from self._wanted(self._video.receiver.flush())
        if self._extent.reached is not None:
            yield from self._beside(self._extent.reached + BESIDE)

    def _wanted(self, frames: Sequence[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if isinstance(frame, AudioFrame):
                if self._ahead_size <= _MOST_AHEAD:
                    self._ahead.append(frame)
                    self._ahead_size += _OVERHEAD + frame.size
            else:
                self._waited = 0.0
                if self._extent.takes(frame):
                    yield frame
            if self._extent.reached is not None:
                yield from self._beside(self._extent.reached)

    def _beside(self, until: int) -> Iterator[Frame]:
        """Return the audio that waits, up to a time."""
        while self._ahead and self._ahead[0].time <= until:
            frame = self._ahead.popleft()
            self._ahead_size -= _OVERHEAD + frame.size
            if self._extent.takes(frame):
                yield frame

    def _current_tracks(self) -> Tracks:
        """Return the tracks as they are now; the same object as before where nothing changed."""
        video, tracks = self._video.receiver.track, self._tracks
        if video is None:
            raise SourceUnsupportedError("The recorder does not say how its footage is coded.")
        if tracks is None or tracks.video is not video:
            audio = self._audio.receiver.track if self._audio else None
            tracks = self._tracks = Tracks(video, audio)
        return tracks


class _Medium[R: VideoReceiver[ReplayClock] | AudioReceiver[ReplayClock]]:
    """One media. Packets wait until the first stamp, because no frame can be timed before.

    Attributes:
        untimed: The bytes of those that wait.
    """

    def __init__(self, receiver: R, begin: int | None) -> None:
        self.receiver = receiver
        self.untimed = 0
        self._begin = begin
        self._waiting: list[bytes] = []

    @property
    def marks(self) -> Mark:
        """What the recorder said of the latest frame."""
        return self.receiver.clock.marks

    def push(self, packet: bytes) -> Sequence[Frame]:
        """Take in a packet and return the frames it completes."""
        clock = self.receiver.clock
        if packet[:1] and packet[0] & EXTENDED:
            clock.note(packet)
        if self._begin is not None and not clock.is_set:
            clock.begin(packet, self._begin)
        if clock.is_set and not self._waiting:
            return self.receiver.push(packet, 0)
        if clock.is_set:
            packets = [*self._waiting, packet]
            self._waiting, self.untimed = [], 0
            return [frame for each in packets for frame in self.receiver.push(each, 0)]
        if self.untimed <= _MOST_UNTIMED:
            self._waiting.append(packet)
            self.untimed += _OVERHEAD + len(packet)
        return ()


def _manner(wanted: Span, replay: Replay) -> Manner:
    """Ask for all frames, which is what a recorder does that is not told which."""
    clock = "Range", f"clock={_clock(wanted.start)}-{_clock(wanted.end)}"
    headers = _REQUIRE, _ALL if replay.times else clock, ("Rate-Control", "no")
    return Manner(setup=(_REQUIRE,), play=headers, fingerprint=replay.fingerprint)


def _uri(replay: Replay, wanted: Span) -> str:
    """Return the address that says what is wanted, in whole seconds that hold all of it."""
    start = (wanted.start + replay.zone) // _SECOND
    end = -(-(wanted.end + replay.zone) // _SECOND)
    for name, seconds in (("{start}", start), ("{end}", end)):
        moment = _EPOCH + timedelta(seconds=seconds)
        replay = dataclasses.replace(
            replay, uri=replay.uri.replace(name, moment.strftime(replay.times))
        )
    return replay.uri


def _clock(time: int) -> str:
    """Return a time as RTSP has it (RFC 2326, section 3.7), in the milliseconds of the examples."""
    text = (_EPOCH + timedelta(milliseconds=time // 1_000_000)).strftime("%Y%m%dT%H%M%S.%f")
    return text[:-3] + "Z"


@contextmanager
def _told_of_a_recorder() -> Iterator[None]:
    """Have the errors of a stream tell of a recorder, which are the same as those of a camera."""
    try:
        yield
    except SourceError as error:
        text = str(error).replace("The camera", "The recorder")
        raise type(error)(text) from error
