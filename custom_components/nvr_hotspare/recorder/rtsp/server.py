"""An RTSP 1.0 server that sends over the TCP connection of the request, or UDP (RFC 2326).

It sends live streams as they come, beginning with whatever frame is next, and replays footage as
ONVIF has it (Streaming, "Playback"). Nothing is buffered for a client beyond what its connection
holds. One that takes nothing of a live stream for 5 s is cut off. Footage waits for its client, as
long as that says anything at all from time to time.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
import logging
import re
from urllib.parse import urlsplit

from ..auth import Guard, Verdict
from ..errors import FootageError
from ..model import AudioFrame, Frame, Tracks, VideoFrame
from .datagrams import Datagrams, Way
from .describe import AUDIO, VIDEO, describe
from .footage import Footage
from .message import Headers, MalformedMessageError, MessageParser, Request, Response
from .order import REPLAY, RefusedOrderError, parse_order
from .session import LiveSession, Presentation, ReplaySession

__all__ = ["Limits", "Presentation", "RtspServer"]

_LOGGER = logging.getLogger(__name__)

MAX_CONNECTIONS = 64
STALL = 5.0
"""Seconds that a client may take for one frame or answer."""

_CHUNK = 16 * 1024
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    456: "Header Field Not Valid for Resource",
    457: "Invalid Range",
    461: "Unsupported Transport",
    501: "Not Implemented",
    503: "Service Unavailable",
    551: "Option not supported",
}
_URI = re.compile("[!-~]+", re.ASCII)
_COUNT = re.compile("[0-9]{1,9}", re.ASCII)
_OVER_TCP = re.compile(r"RTP/AVP/TCP(?P<parameters>(?:;[^,]*)?)", re.IGNORECASE)
_CHANNELS = re.compile(r";\s*interleaved\s*=\s*(\d{1,3})(?:-(\d{1,3}))?", re.ASCII | re.IGNORECASE)


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
        find: Callable[[str], Presentation | Footage | None],
        *,
        guard: Guard | None = None,
        limits: Limits = Limits(),
        udp: bool = False,
        queries: bool = False,
    ) -> None:
        """Serve what `find` returns for a path, such as "/stream", to whom the guard admits.

        With `udp` it sends live streams over UDP alone, as some cameras do; with `queries` a path
        has the query that the client sent.
        """
        self.find = find
        self.guard = guard
        self.limits = limits
        self.udp = udp
        self.queries = queries
        self.taken = Counter[str]()
        """How many sessions each path has, those that linger included."""
        self._connections: dict[asyncio.Task[None], _Connection] = {}
        self._lingering: set[asyncio.TimerHandle] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Begin to listen and return the port; OSError where that is not possible."""
        self._listener = await asyncio.start_server(self.serve, host, port, limit=_CHUNK)
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

    def cut(self, path: str) -> None:
        """Cut the connections over which something below this path is played."""
        for connection in self._connections.values():
            if connection.path.startswith(path + "/"):
                connection.cut()

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

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client, however it has come, until it leaves."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (narrows the type)
        connection = self._connections[task] = _Connection(self, reader, writer)
        try:
            if len(self._connections) <= MAX_CONNECTIONS:
                await connection.run()
        finally:
            del self._connections[task]
            writer.transport.abort()


class _Connection:
    """One client; it has one session at most."""

    def __init__(
        self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._session: LiveSession | ReplaySession | None = None
        self._datagrams = Datagrams(writer)

    @property
    def path(self) -> str:
        """What it plays or is about to; empty before SETUP."""
        return self._session.path if self._session else ""

    def cut(self) -> None:
        """End it at once."""
        self._writer.transport.abort()

    async def run(self) -> None:
        """Answer requests until the client leaves, breaks the rules or falls silent."""
        parser = MessageParser()
        try:
            with suppress(MalformedMessageError, OSError):
                while data := await self._receive():
                    for message in parser.feed(data):
                        if isinstance(message, Request):
                            await self._server.on_request()
                            await self._send((await self._answer(message)).encode())
        finally:
            self._end_session(linger=True)
            self._datagrams.close()

    async def _receive(self) -> bytes:
        async with asyncio.timeout(self._server.limits.timeout):
            return await self._reader.read(_CHUNK)

    async def _send(self, data: bytes) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size():
            waits = isinstance(self._session, ReplaySession)
            async with asyncio.timeout(self._server.limits.timeout if waits else STALL):
                await self._writer.drain()

    async def _answer(self, request: Request) -> Response:
        count = request.headers.get("CSeq") or ""
        if not _COUNT.fullmatch(count) or not _URI.fullmatch(request.uri):
            return _response(400)
        response = await self._dispatch(request)
        response.headers.add("CSeq", count)
        return response

    async def _dispatch(self, request: Request) -> Response:
        methods = {
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "GET_PARAMETER": self._get_parameter,
            "TEARDOWN": self._teardown,
        }
        if request.method == "OPTIONS":
            return _response(200, ("Public", ", ".join(("OPTIONS", *methods))))
        if request.method not in methods:
            return _response(501)
        if (refusal := self._refuse(request)) is not None:
            return refusal
        try:
            return await methods[request.method](request)
        except RefusedOrderError as error:
            return _response(error.status)
        except OSError, FootageError:  # of the disk
            return _response(503)

    def _refuse(self, request: Request) -> Response | None:
        """Return why a request must not be answered, None if it may."""
        if (guard := self._server.guard) is not None:
            authorization = request.headers.get("Authorization")
            verdict = guard.verify(authorization, request.method, request.uri)
            if verdict is not Verdict.ACCEPTED:
                challenges = guard.challenges(stale=verdict is Verdict.STALE)
                return _response(401, *(("WWW-Authenticate", text) for text in challenges))
        _, found = self._find(request)
        replays = found is None or (isinstance(found, Footage) and found.onvif)
        known = {REPLAY} if replays else set[str]()
        if unknown := _required(request.headers) - known:
            return _response(551, ("Unsupported", ", ".join(sorted(unknown))))
        return None

    def _find(self, request: Request) -> tuple[str, Presentation | Footage | None]:
        """Return the path of the stream that a request is about, and the stream."""
        path = self._path(request).removesuffix("/" + VIDEO).removesuffix("/" + AUDIO)
        return path, self._server.find(path)

    def _path(self, request: Request) -> str:
        """Return what a request is about; clients put the name of a track behind the query."""
        try:
            parts = urlsplit(request.uri)
        except ValueError:
            return ""
        query = f"?{parts.query}" if parts.query and self._server.queries else ""
        return (parts.path + query).rstrip("/")

    async def _describe(self, request: Request) -> Response:
        _, found = self._find(request)
        if found is None:
            return _response(404)
        tracks = await _tracks(found)
        if tracks is None:
            return _response(503)
        response = _response(
            200, ("Content-Type", "application/sdp"), ("Content-Base", request.uri + "/")
        )
        response.body = describe(tracks, found.names() if isinstance(found, Footage) else {})
        return response

    async def _setup(self, request: Request) -> Response:
        path, found = self._find(request)
        if found is None:
            return _response(404)
        way = await self._way(request.headers.get("Transport") or "")
        if way is None:
            return _response(461)
        kind: type[Frame] = AudioFrame if self._path(request).endswith("/" + AUDIO) else VideoFrame
        tracks = await _tracks(found)
        if tracks is None or (kind is AudioFrame and tracks.audio is None):
            return _response(503)
        session = self._session
        if session is None:
            if not self._server.take_place(path):
                return _response(self._server.limits.busy_status)
            session = self._session = self._new_session(path, found)
        elif session.path != path or session.task is not None or kind in session.senders:
            return _response(455)
        source = session.set_up(kind, tracks, way.channels).rtp.source
        transport = f"{way.transport};ssrc={source:08X}"
        timeout = f"{session.id};timeout={round(self._server.limits.timeout)}"
        return _response(200, ("Transport", transport), ("Session", timeout))

    async def _way(self, wanted: str) -> Way | None:
        """Return how packets go to a client with this Transport header, None if they can't."""
        if self._server.udp:
            return await self._datagrams.open(wanted)
        if (channels := _channels(wanted)) is None:
            return None
        return Way(channels, f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}")

    def _new_session(self, path: str, found: Presentation | Footage) -> LiveSession | ReplaySession:
        if isinstance(found, Footage):
            return ReplaySession(path, self._send, self._ended, found)
        send = self._datagrams.send if self._server.udp else self._send
        return LiveSession(path, send, self._ended, found)

    async def _play(self, request: Request) -> Response:
        session = self._named(request)
        if session is None:
            return _response(454)
        told = list[tuple[str, str]]()
        if isinstance(session, ReplaySession):
            order, wanted = parse_order(request.headers), request.headers.get("Range")
            session.play(order if wanted else None, int(request.headers.get("CSeq") or 0))
            told = [("Range", wanted)] if wanted else []
        else:
            session.play()
        base = request.uri.rstrip("/")
        information = ",".join(
            f"url={base}/{AUDIO if kind is AudioFrame else VIDEO};seq={sender.rtp.sequence}"
            for kind, sender in session.senders.items()
        )
        return _response(200, ("Session", session.id), *told, ("RTP-Info", information))

    async def _pause(self, request: Request) -> Response:
        session = self._named(request)
        if session is None:
            return _response(454)
        if not isinstance(session, ReplaySession) or session.task is None:
            return _response(455)
        session.pause()
        return _response(200, ("Session", session.id))

    async def _get_parameter(self, request: Request) -> Response:
        """Answer what clients send to keep their session alive."""
        session = self._named(request)
        if session is None:
            return _response(454)
        return _response(200, ("Session", session.id))

    async def _teardown(self, request: Request) -> Response:
        if self._named(request) is None:
            return _response(454)
        self._end_session(linger=False)
        return _response(200)

    def _named(self, request: Request) -> LiveSession | ReplaySession | None:
        """Return the session that a request names, None if it is not this client's."""
        named = (request.headers.get("Session") or "").partition(";")[0].strip()
        return self._session if self._session and self._session.id == named else None

    def _end_session(self, *, linger: bool) -> None:
        if self._session is not None:
            self._session.end()
            self._server.free_place(self._session.path, linger=linger)
            self._session = None

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Close the connection, unless it is footage that has come to its end."""
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self.cut()
            if not isinstance(error, OSError | FootageError):
                _LOGGER.error("Sending failed", exc_info=error)
        elif isinstance(self._session, LiveSession):
            self._writer.close()


async def _tracks(found: Presentation | Footage) -> Tracks | None:
    return await found.tracks() if isinstance(found, Footage) else found.tracks()


def _required(headers: Headers) -> set[str]:
    """Return the features without which the client does not want to go on (section 12.32)."""
    texts = headers.get_all("Require")
    return {feature for text in texts for part in text.split(",") if (feature := part.strip())}


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
