"""An RTSP client that plays one stream over its TCP connection (RFC 2326).

Redirects are not followed: a camera has no business sending the engine elsewhere. What a server
sends is bounded by the parser, in time by `open_session`, and by `read` not being called: the
connection stops reading when 8 MiB of packets wait.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from ..auth import Authenticator
from ..errors import (
    SourceBusyError,
    SourceError,
    SourceInvalidError,
    SourceLostError,
    SourceNotFoundError,
    SourceProtocolError,
    SourceRedirectedError,
    SourceRejectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from ..model import Source
from .connection import Connection, connect
from .message import Headers, InterleavedPacket, InterleavedRun, Request, Response
from .sdp import Description, parse_sdp

OPEN_TIMEOUT = 10.0
"""Seconds from nothing to a playing stream."""
_ANSWER_TIMEOUT = 5.0
_TEARDOWN_TIMEOUT = 1.0
_DEFAULT_PORT = 554
_DEFAULT_SESSION_TIMEOUT = 60
_KEEPALIVE_INTERVALS = (1.0, 30.0)
_OK, _UNAUTHORIZED, _REDIRECTIONS = 200, 401, range(300, 400)
_AGENT = "NVR-Hot-Spare"
_ERRORS: dict[int, tuple[type[SourceError], str]] = {
    401: (SourceRejectedError, "The camera does not accept the user name or password."),
    403: (SourceRejectedError, "The camera forbids this account its stream."),
    404: (SourceNotFoundError, "The camera has no stream of that path."),
    453: (SourceBusyError, "The camera has no bandwidth left for another viewer."),
    454: (SourceLostError, "The camera has ended the session."),
    457: (SourceNotFoundError, "The camera has no footage of that time."),
    461: (SourceUnsupportedError, "The camera does not send its stream over TCP."),
    503: (SourceBusyError, "The camera is too busy for another viewer."),
    551: (SourceUnsupportedError, "The camera does not replay footage."),
}
_SESSION = re.compile(
    r"(?P<id>[^\s;]{1,512})(?:.*;\s*timeout\s*=\s*(?P<timeout>\d{1,6}))?", re.IGNORECASE
)
_CHANNELS = re.compile(
    r"interleaved\s*=\s*(?P<rtp>\d{1,3})(?:\s*-\s*(?P<rtcp>\d{1,3}))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a stream is to be played: headers of SETUP and PLAY beside the usual ones."""

    setup: tuple[tuple[str, str], ...] = ()
    play: tuple[tuple[str, str], ...] = ()
    fingerprint: str = ""
    """Of the server's certificate, where it is an rtsps:// URI."""


_LIVE = Manner(play=(("Range", "npt=0.000-"),))


@asynccontextmanager
async def open_session(
    source: Source, within: float = OPEN_TIMEOUT, manner: Manner = _LIVE
) -> AsyncIterator[Session]:
    """Connect to a camera and play its stream; tear it down in the end.

    Raises:
        SourceError: A subclass says what is wrong. `SourceUnreachableError` also where the
            camera needs longer than `within` seconds.
    """
    host, port = address(source.uri, "rtsps" if manner.fingerprint else "rtsp")
    session: Session | None = None
    try:
        async with _deadline(within, "The camera does not answer in time."):
            connection = await connect(host, port, manner.fingerprint)
            session = Session(connection, source, manner)
            await session.start()
        yield session
    finally:
        if session is not None:
            await session.close()


class Channels(NamedTuple):
    """Where within the connection the packets of a media are, and those about them."""

    rtp: int
    rtcp: int


class Session:
    """A stream that plays. Made by `open_session`.

    Attributes:
        description: What the camera says about the stream.
        video: The channels of its video.
        audio: The channels of its audio, None if none is played.
        lost: Whether the camera said that there is no such session any more.
    """

    description: Description
    video: Channels
    audio: Channels | None

    def __init__(self, connection: Connection, source: Source, manner: Manner) -> None:
        self.lost = False
        self._connection = connection
        self._source = source
        self._manner = manner
        self._authenticator = Authenticator(source.username, source.password)
        self._lock = asyncio.Lock()
        self._count = 0
        self._id: str | None = None
        self._timeout = _DEFAULT_SESSION_TIMEOUT
        self._keepalive: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """DESCRIBE, SETUP and PLAY."""
        uri = self._source.uri
        answer = await self._request("DESCRIBE", uri, ("Accept", "application/sdp"))
        base = answer.headers.get("Content-Base") or answer.headers.get("Content-Location")
        self.description = parse_sdp(answer.body, base or uri)
        self.video = await self._set_up(self.description.video.control, Channels(0, 1))
        self.audio = await self._set_up_audio()
        await self._request("PLAY", self.description.aggregate, *self._manner.play)
        self._keepalive = asyncio.create_task(self._keep_alive())

    async def read(self) -> list[InterleavedPacket]:
        """Wait for packets and return all that have arrived.

        Raises:
            SourceUnreachableError: The camera closed the connection, or it broke.
            SourceProtocolError: The camera sent what is no RTSP.
        """
        runs = await self._connection.read()
        return [InterleavedPacket(run.channel, each) for run in runs for each in run.payloads()]

    async def read_runs(self) -> list[InterleavedRun]:
        """Do the same with the packets in runs, which costs far less."""
        return await self._connection.read()

    def read_rest(self) -> list[InterleavedRun]:
        """Return the packets that have arrived, in runs, without waiting for any."""
        return self._connection.read_rest()

    def collect(self, delay: float) -> None:
        """Take packets 0.8 s at a time, which costs far less, after a delay."""
        self._connection.collect(delay)

    async def close(self) -> None:
        """End the session politely if the connection still stands, at once if not."""
        if self._keepalive is not None:
            self._keepalive.cancel()
        try:
            if self._id is not None and self._connection.error is None:
                with suppress(SourceError, TimeoutError):
                    async with asyncio.timeout(_TEARDOWN_TIMEOUT):
                        await self._tear_down()
        finally:
            self._connection.close()

    async def _tear_down(self) -> None:
        skipping = asyncio.create_task(self._skip())
        try:
            await self._request("TEARDOWN", self.description.aggregate)
        finally:
            skipping.cancel()

    async def _skip(self) -> None:
        """Read past the packets that stand before an answer, however many there are."""
        with suppress(SourceError):
            while True:
                await self.read()

    async def _request(self, method: str, uri: str, *headers: tuple[str, str]) -> Response:
        """Send a request, answer a challenge once, and return the answer if it is 200."""
        answer = await self._exchange(method, uri, headers)
        if answer.status == _UNAUTHORIZED and self._take_challenge(answer):
            answer = await self._exchange(method, uri, headers)
            again = answer.status == _UNAUTHORIZED and self._take_challenge(answer)
            if again and self._authenticator.stale:
                answer = await self._exchange(method, uri, headers)
        if answer.status == _OK:
            return answer
        if answer.status in _REDIRECTIONS:
            raise SourceRedirectedError("The camera says that its stream is elsewhere.")
        kind, text = _ERRORS.get(
            answer.status,
            (SourceProtocolError, f"The camera answers {method} with status {answer.status}."),
        )
        raise kind(text)

    def _take_challenge(self, answer: Response) -> bool:
        return bool(self._source.username) and self._authenticator.accept(
            answer.headers.get_all("WWW-Authenticate")
        )

    async def _exchange(
        self, method: str, uri: str, headers: tuple[tuple[str, str], ...]
    ) -> Response:
        async with self._lock:
            self._count += 1
            fields = [("CSeq", str(self._count)), ("User-Agent", _AGENT), *headers]
            if self._id is not None:
                fields.append(("Session", self._id))
            if authorization := self._authenticator.authorization(method, uri):
                fields.append(("Authorization", authorization))
            try:
                data = Request(method, uri, Headers(fields)).encode()
            except ValueError as error:  # a URI from the description, or a session's name
                raise SourceProtocolError("The camera names a stream in no valid way.") from error
            async with _deadline(_ANSWER_TIMEOUT, f"The camera does not answer {method}."):
                return await self._connection.exchange(data, self._count)

    async def _set_up(self, control: str, channels: Channels) -> Channels:
        """Ask for a media on these channels and return those that the camera chose."""
        transport = f"RTP/AVP/TCP;unicast;interleaved={channels.rtp}-{channels.rtcp}"
        answer = await self._request(
            "SETUP", control, ("Transport", transport), *self._manner.setup
        )
        self._take_session(answer)
        if chosen := _CHANNELS.search(answer.headers.get("Transport") or ""):
            rtp = int(chosen["rtp"])
            return Channels(rtp, int(chosen["rtcp"] or rtp + 1))
        return channels

    async def _set_up_audio(self) -> Channels | None:
        """Ask for the audio; a camera that doesn't give it is recorded without."""
        media = self.description.audio
        if media is None or not self._source.audio:
            return None
        try:
            channels = await self._set_up(media.control, Channels(2, 3))
        except SourceUnreachableError:
            raise
        except SourceError:
            return None
        return None if set(channels) & set(self.video) else channels

    def _take_session(self, answer: Response) -> None:
        match = _SESSION.match(answer.headers.get("Session") or "")
        if match is None:
            raise SourceProtocolError("The camera opens a session without a name.")
        self._id = match["id"]
        self._timeout = int(match["timeout"] or 0) or _DEFAULT_SESSION_TIMEOUT

    async def _keep_alive(self) -> None:
        """Tell the camera twice in each session timeout that somebody watches.

        Cameras that don't know GET_PARAMETER know OPTIONS. One that answers neither while it
        plays keeps the session by its own rules, and a lost session shows as silence.
        """
        shortest, longest = _KEEPALIVE_INTERVALS
        interval = min(max(self._timeout / 2, shortest), longest)
        method = "GET_PARAMETER"
        while self._connection.error is None:
            await asyncio.sleep(interval)
            try:
                await self._request(method, self.description.aggregate)
            except SourceUnreachableError:
                continue
            except SourceError as error:
                self.lost |= isinstance(error, SourceLostError)
                method = "OPTIONS"


@asynccontextmanager
async def _deadline(seconds: float, text: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise SourceUnreachableError(text) from error


def address(uri: str, scheme: str = "rtsp") -> tuple[str, int]:
    """Return host and port of an RTSP URI.

    Raises:
        SourceInvalidError: It is not one, or holds credentials, which would show in logs.
    """
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        host, port, parts = None, 0, urlsplit("")
    if not host or parts.scheme != scheme or re.search(r"[^!-~]", uri):
        raise SourceInvalidError(f"The source is no {scheme}:// URI.")
    if "@" in parts.netloc:
        raise SourceInvalidError("The source holds a user name; it belongs beside the URI.")
    return host, port
