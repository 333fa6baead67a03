"""An RTSP 1.0 server that sends live streams over the TCP connection of the request (RFC 2326).

It sends what a presentation yields, at the pace at which it yields it, beginning with whatever
frame comes next. Nothing is buffered for a client beyond what its connection holds: one that
takes no frame for 5 s is cut off.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
import re
import secrets
from typing import Protocol
from urllib.parse import urlsplit

from ..auth import Guard, Verdict
from ..model import AudioFrame, Frame, Tracks, VideoFrame
from ..rtp.packetize import RtpSender
from .describe import AUDIO, VIDEO, describe
from .message import Headers, MalformedMessageError, MessageParser, Request, Response

MAX_CONNECTIONS = 64
STALL = 5.0
"""Seconds that a client may take for one frame or answer."""
REPORT_INTERVAL = 5_000_000_000
"""Nanoseconds between sender reports (RFC 3550, section 6.2)."""

_CHUNK = 16 * 1024
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
    503: "Service Unavailable",
}
_URI = re.compile("[!-~]+", re.ASCII)
_COUNT = re.compile("[0-9]{1,9}", re.ASCII)
_OVER_TCP = re.compile(r"RTP/AVP/TCP(?P<parameters>(?:;[^,]*)?)", re.IGNORECASE)
_CHANNELS = re.compile(r";\s*interleaved\s*=\s*(\d{1,3})(?:-(\d{1,3}))?", re.ASCII | re.IGNORECASE)


class Presentation(Protocol):
    """What can be played under one path."""

    def tracks(self) -> Tracks | None:
        """Return what the stream is, None while there is none to be had."""

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Frame]]:
        """Play the stream for one client; where it ends, the client's connection does too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the server grants."""

    sessions: int = 8
    """Sessions of one presentation at a time."""
    linger: float = 0.0
    """Seconds that the place of a client who left without TEARDOWN stays taken."""
    timeout: float = 60.0
    """Seconds of silence after which a client is cut off (RFC 2326, section 12.37)."""
    busy_status: int = 453
    """What a client beyond the sessions is answered; cameras say 453 or 503."""


class RtspServer:
    """Serves presentations on one address."""

    def __init__(
        self,
        find: Callable[[str], Presentation | None],
        *,
        guard: Guard | None = None,
        limits: Limits = Limits(),
    ) -> None:
        """Serve what `find` returns for a path, such as "/stream", to whom the guard admits."""
        self.find = find
        self.guard = guard
        self.limits = limits
        self.taken = Counter[str]()
        """How many sessions each path has, those that linger included."""
        self._connections: set[asyncio.Task[None]] = set()
        self._lingering: set[asyncio.TimerHandle] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Begin to listen and return the port; OSError where that is not possible."""
        self._listener = await asyncio.start_server(self._serve, host, port, limit=_CHUNK)
        return int(self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Cut all connections and listen no more; `start` begins anew."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for handle in self._lingering:
            handle.cancel()
        self._lingering.clear()
        self.taken.clear()

    async def on_request(self) -> None:
        """Run before a request is answered; what waits here delays the answer."""

    def take_place(self, path: str) -> bool:
        """Take the place of a session; False if there is none left."""
        if self.taken[path] >= self.limits.sessions:
            return False
        self.taken[path] += 1
        return True

    def free_place(self, path: str, *, linger: bool) -> None:
        """Give a place back, later if it shall linger."""
        if not linger or not self.limits.linger:
            self.taken[path] -= 1
            return

        def free() -> None:
            self._lingering.discard(handle)
            self.taken[path] -= 1

        handle = asyncio.get_running_loop().call_later(self.limits.linger, free)
        self._lingering.add(handle)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (narrows the type)
        self._connections.add(task)
        try:
            if len(self._connections) <= MAX_CONNECTIONS:
                await _Connection(self, reader, writer).run()
        finally:
            self._connections.discard(task)
            writer.transport.abort()


@dataclass(slots=True)
class _Sender:
    """One media of a session."""

    rtp: RtpSender
    reported: int = 0
    """Capture time that the latest sender report was about."""


@dataclass(slots=True)
class _Session:
    """A client's claim on a stream, from SETUP to TEARDOWN."""

    id: str
    path: str
    presentation: Presentation
    senders: dict[type[Frame], _Sender] = field(default_factory=dict)
    """By the frames they send."""
    playing: asyncio.Task[None] | None = None


class _Connection:
    """One client; it has one session at most."""

    def __init__(
        self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._session: _Session | None = None

    async def run(self) -> None:
        """Answer requests until the client leaves, breaks the rules or falls silent."""
        parser = MessageParser()
        try:
            with suppress(MalformedMessageError, OSError):
                while data := await self._receive():
                    for message in parser.feed(data):
                        if isinstance(message, Request):
                            await self._server.on_request()
                            self._writer.write(self._answer(message).encode())
                            await self._drain()
        finally:
            self._end_session(linger=True)

    async def _receive(self) -> bytes:
        async with asyncio.timeout(self._server.limits.timeout):
            return await self._reader.read(_CHUNK)

    async def _drain(self) -> None:
        if self._writer.transport.get_write_buffer_size():
            async with asyncio.timeout(STALL):
                await self._writer.drain()

    def _answer(self, request: Request) -> Response:
        count = request.headers.get("CSeq") or ""
        if not _COUNT.fullmatch(count) or not _URI.fullmatch(request.uri):
            return _response(400)
        response = self._dispatch(request)
        response.headers.add("CSeq", count)
        return response

    def _dispatch(self, request: Request) -> Response:
        methods = {
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "GET_PARAMETER": self._get_parameter,
            "TEARDOWN": self._teardown,
        }
        if request.method == "OPTIONS":
            return _response(200, ("Public", ", ".join(("OPTIONS", *methods))))
        if request.method not in methods:
            return _response(501)
        if (guard := self._server.guard) is not None:
            authorization = request.headers.get("Authorization")
            verdict = guard.verify(authorization, request.method, request.uri)
            if verdict is not Verdict.ACCEPTED:
                challenges = guard.challenges(stale=verdict is Verdict.STALE)
                return _response(401, *(("WWW-Authenticate", text) for text in challenges))
        return methods[request.method](request)

    def _find(self, request: Request) -> tuple[str, Presentation | None]:
        """Return the path of the stream that a request is about, and the stream."""
        path = _path(request).removesuffix("/" + VIDEO).removesuffix("/" + AUDIO)
        return path, self._server.find(path)

    def _describe(self, request: Request) -> Response:
        _, presentation = self._find(request)
        if presentation is None:
            return _response(404)
        tracks = presentation.tracks()
        if tracks is None:
            return _response(503)
        response = _response(
            200, ("Content-Type", "application/sdp"), ("Content-Base", request.uri + "/")
        )
        response.body = describe(tracks)
        return response

    def _setup(self, request: Request) -> Response:
        path, presentation = self._find(request)
        channels = _channels(request.headers.get("Transport") or "")
        if presentation is None:
            return _response(404)
        if channels is None:
            return _response(461)
        kind: type[Frame] = AudioFrame if _path(request).endswith("/" + AUDIO) else VideoFrame
        tracks = presentation.tracks()
        track = tracks.audio if tracks and kind is AudioFrame else tracks and tracks.video
        if track is None:
            return _response(503)
        session = self._session
        if session is None:
            if not self._server.take_place(path):
                return _response(self._server.limits.busy_status)
            session = self._session = _Session(secrets.token_hex(8), path, presentation)
        elif session.path != path or session.playing is not None or kind in session.senders:
            return _response(455)
        sender = RtpSender(channels, track.codec)
        session.senders[kind] = _Sender(sender)
        transport = (
            f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]};ssrc={sender.source:08X}"
        )
        timeout = f"{session.id};timeout={round(self._server.limits.timeout)}"
        return _response(200, ("Transport", transport), ("Session", timeout))

    def _play(self, request: Request) -> Response:
        session = self._named(request)
        if session is None:
            return _response(454)
        if session.playing is None:
            session.playing = asyncio.create_task(self._send(session))
        base = request.uri.rstrip("/")
        information = ",".join(
            f"url={base}/{AUDIO if kind is AudioFrame else VIDEO};seq={sender.rtp.sequence}"
            for kind, sender in session.senders.items()
        )
        return _response(200, ("Session", session.id), ("RTP-Info", information))

    def _get_parameter(self, request: Request) -> Response:
        """Answer what clients send to keep their session alive."""
        session = self._named(request)
        if session is None:
            return _response(454)
        return _response(200, ("Session", session.id))

    def _teardown(self, request: Request) -> Response:
        if self._named(request) is None:
            return _response(454)
        self._end_session(linger=False)
        return _response(200)

    def _named(self, request: Request) -> _Session | None:
        """Return the session that a request names, None if it is not this client's."""
        named = (request.headers.get("Session") or "").partition(";")[0].strip()
        return self._session if self._session and self._session.id == named else None

    def _end_session(self, *, linger: bool) -> None:
        if self._session is not None:
            if self._session.playing is not None:
                self._session.playing.cancel()
            self._server.free_place(self._session.path, linger=linger)
            self._session = None

    async def _send(self, session: _Session) -> None:
        """Send frames until the stream ends or the client takes no more."""
        writer = self._writer
        try:
            async with session.presentation.subscribe() as frames:
                async for frame in frames:
                    sender = session.senders.get(type(frame))
                    if sender is None:
                        continue
                    # A clock may be set back.
                    if abs(frame.time - sender.reported) >= REPORT_INTERVAL:
                        writer.write(sender.rtp.report(frame))
                        sender.reported = frame.time
                    writer.write(sender.rtp.frame(frame))
                    await self._drain()
        except OSError:
            writer.transport.abort()
        else:
            writer.close()


def _path(request: Request) -> str:
    try:
        return urlsplit(request.uri).path.rstrip("/")
    except ValueError:
        return ""


def _response(status: int, *headers: tuple[str, str]) -> Response:
    return Response(status, _REASONS[status], Headers(headers))


def _channels(transport: str) -> tuple[int, int] | None:
    """Return the channels for RTP and RTCP that a Transport header asks for.

    The first offer that is TCP counts (section 12.39); None if there is none.
    """
    offer = _OVER_TCP.search(transport)
    if offer is None:
        return None
    asked = _CHANNELS.search(offer["parameters"])
    if asked is None:
        return 0, 1
    rtp = int(asked[1])
    rtcp = int(asked[2]) if asked[2] else rtp + 1
    return (rtp, rtcp) if max(rtp, rtcp) < 256 else None  # noqa: PLR2004 (one byte each)
