"""The stream of a camera that PyAV plays in a process of its own, as frames."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote, urlsplit

from ..errors import (
    SourceError,
    SourceInvalidError,
    SourceNotFoundError,
    SourceProtocolError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from ..model import AudioFrame, AudioTrack, Codec, Frame, Source, Tracks
from ..rtp.clock import CaptureClock
from ..rtsp.client import OPEN_TIMEOUT, address
from ..stream import SILENCE
from .child import Child, start
from .messages import (
    AUDIO_CODECS,
    SENSELESS,
    Failure,
    Message,
    Opened,
    Order,
    Packet,
    Sound,
    Trouble,
)
from .timing import capture
from .video import VideoReceiver, video_receiver

_MAX_ACCOUNT = 127
"""Bytes of user name and password in a URI that libav reads."""
_MAX_RATE, _MAX_CHANNELS, _MAX_CONFIG = 192_000, 8, 64
_ERRORS: dict[Trouble, tuple[type[SourceError], str]] = {
    Trouble.REJECTED: (
        SourceRejectedError,
        "The camera does not accept the user name or password.",
    ),
    Trouble.NOT_FOUND: (SourceNotFoundError, "The camera has no stream of that path."),
    Trouble.UNREACHABLE: (SourceUnreachableError, "The camera does not answer, or not in time."),
    Trouble.REFUSED: (SourceProtocolError, "PyAV can't play what the camera offers either."),
    Trouble.UNSUPPORTED: (
        SourceUnsupportedError,
        "The camera offers no video that can be recorded",
    ),
    Trouble.ENDED: (SourceUnreachableError, "The camera ended the stream."),
    Trouble.BROKEN: (SourceProtocolError, "The reader of the camera failed"),
}


@asynccontextmanager
async def open_stream(source: Source, within: float = OPEN_TIMEOUT) -> AsyncIterator[LibavStream]:
    """Play a camera's stream; the process ends with the context.

    Raises:
        SourceError: A subclass says what is wrong. `SourceUnreachableError` also where the
            camera needs longer than `within` seconds, or the process crashes.
    """
    child = await start(Order(uri=_with_account(source), audio=source.audio, within=within))
    try:
        try:
            async with asyncio.timeout(within):
                opened, *rest = await child.read()
        except TimeoutError as error:
            raise SourceUnreachableError("The camera does not answer in time.") from error
        if isinstance(opened, Failure):
            raise _error(opened)
        if not isinstance(opened, Opened):
            raise SourceProtocolError(SENSELESS)
        yield LibavStream(child, opened, rest)
    finally:
        await child.close()


class LibavStream:
    """The frames of one connection. Made by `open_stream`.

    Attributes:
        pid: The process that reads the camera.
        left_out: The codec of audio that is not recorded, empty if there is none.
    """

    def __init__(self, child: Child, opened: Opened, rest: list[Message]) -> None:
        """Go on from what a child sent first; SourceProtocolError if that can't be."""
        self.pid = child.pid
        self.left_out = opened.left_out
        self._child = child
        self._messages = rest
        try:
            self._video = video_receiver(opened)
            self._audio = _AudioReceiver(opened.audio, self._video) if opened.audio else None
        except ValueError as error:
            raise SourceProtocolError(SENSELESS) from error
        self._tracks: Tracks | None = None
        self._silent_since = asyncio.get_running_loop().time()

    async def read(self) -> list[tuple[Tracks, Frame]]:
        """Wait for frames and return those that have arrived, each with the tracks.

        Nothing is returned of frames before the first parameter sets; nobody could decode them.

        Raises:
            SourceUnreachableError: The stream ended, or no video came for 5 s.
            SourceProtocolError: What came is no stream.
        """
        messages, self._messages = self._messages, []
        while not (frames := self._take(messages)):
            try:
                async with asyncio.timeout_at(self._silent_since + SILENCE):
                    messages = await self._child.read()
            except TimeoutError as error:
                raise SourceUnreachableError("The camera sends no frames.") from error
        return frames

    def read_rest(self) -> list[tuple[Tracks, Frame]]:
        """Return nothing: whatever arrives is read at once."""
        return []

    def _take(self, messages: list[Message]) -> list[tuple[Tracks, Frame]]:
        found = list[tuple[Tracks, Frame]]()
        for message in messages:
            if isinstance(message, Failure):
                if found:  # which come first
                    self._messages = [message]
                    break
                raise _error(message)
            if not isinstance(message, Packet):
                raise SourceProtocolError(SENSELESS)
            frame: Frame | None = None
            if message.video:
                self._silent_since = asyncio.get_running_loop().time()
                frame = self._video.push(message)
            elif self._audio is not None:
                frame = self._audio.push(message)
            if frame is not None and (tracks := self._current_tracks()) is not None:
                found.append((tracks, frame))
        return found

    def _current_tracks(self) -> Tracks | None:
        """Return the tracks as they are now; the same object as before where nothing changed."""
        video, tracks = self._video.track, self._tracks
        if video is not None and (tracks is None or tracks.video is not video):
            tracks = self._tracks = Tracks(video, self._audio.track if self._audio else None)
        return tracks


class _AudioReceiver:
    """Turns packets of audio into frames."""

    def __init__(self, sound: Sound, video: VideoReceiver) -> None:
        """Receive audio that is timed along with this video; ValueError if there is none such."""
        config = bytes.fromhex(sound.config)
        sane = 0 < sound.rate <= _MAX_RATE and 0 < sound.channels <= _MAX_CHANNELS
        if not sane or len(config) > _MAX_CONFIG or sound.codec not in AUDIO_CODECS.values():
            raise ValueError("No camera sends such audio.")
        self.track = AudioTrack(
            codec=sound.codec, rate=sound.rate, channels=sound.channels, config=config
        )
        self._clock = CaptureClock(sound.rate, video.clock)
        self._width = sound.channels * {Codec.PCMU: 1, Codec.PCMA: 1, Codec.L16: 2}.get(
            sound.codec, 0
        )

    def push(self, packet: Packet) -> AudioFrame | None:
        """Take in a packet and return its frame, None where nobody can tell how long it is."""
        data, duration = bytes(packet.data), packet.duration
        if self._width:
            duration = len(data) // self._width
            data = data[: duration * self._width]
        if not duration:
            return None
        # A packet is sent when its last sample is there, so the first one was captured earlier.
        arrival = packet.arrival - duration * 1_000_000_000 // self.track.rate
        ticks, time = capture(self._clock, packet, arrival)
        return AudioFrame(data=data, time=time, ticks=ticks, duration=duration)


def _error(failure: Failure) -> SourceError:
    kind, text = _ERRORS[failure.trouble]
    if failure.detail and failure.detail.isascii() and failure.detail.isprintable():
        text += f" ({failure.detail[:200]})"
    return kind(text if text.endswith(".") else text + ".")


def _with_account(source: Source) -> str:
    """Return the URI as libav wants it; SourceInvalidError if it can't be one."""
    address(source.uri)
    if not source.username:
        return source.uri
    account = f"{quote(source.username, safe='')}:{quote(source.password, safe='')}"
    if len(account) > _MAX_ACCOUNT:
        raise SourceInvalidError("User name and password are too long for PyAV.")
    parts = urlsplit(source.uri)
    return parts._replace(netloc=f"{account}@{parts.netloc}").geturl()
