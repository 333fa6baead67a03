"""A camera for tests that does what its script says, also what no camera should do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
import struct
import time

from custom_components.nvr_hotspare.recorder.auth import Guard, Verdict
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.ntp import to_ntp
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    InterleavedPacket,
    MessageParser,
    Request,
    Response,
)

SPS = bytes.fromhex("6764001facd9405005bb011000000300100000030320f183196001")
"""1280 x 720, made by x264."""
PPS = bytes.fromhex("68ebe3cb22c0")
SDP = (
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
    b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    b"a=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
)
_HOUR = 3_600_000_000_000
NOW = time.time_ns() // _HOUR * _HOUR
"""When cameras capture their first frame: a clock that is a day off would not be believed."""
FRAME = 3600
"""Ticks from frame to frame at 25 frames per second."""

type Answer = Callable[[Request], Response | bytes | None]


def rtp(sequence: int, timestamp: int, payload: bytes, *, marker: bool = True) -> bytes:
    second = 96 | (0x80 if marker else 0)
    head = struct.pack(">BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, 1)
    return InterleavedPacket(0, head + payload).encode()


def sender_report(time: int, timestamp: int) -> bytes:
    body = struct.pack(">BBHIQIII", 0x80, 200, 6, 1, to_ntp(time), timestamp & 0xFFFF_FFFF, 0, 0)
    return InterleavedPacket(1, body).encode()


def frame(number: int, *, gop: int = 5, size: int = 500) -> list[bytes]:
    """NAL units of a frame that say its number; parameter sets before a key frame."""
    body = number.to_bytes(4) + b"\xab" * size
    return [SPS, PPS, b"\x65" + body] if number % gop == 0 else [b"\x41" + body]


def gops(numbers: Iterable[int], *, gop: int = 5) -> bytes:
    """The packets of these frames, a packet for each NAL unit."""
    data, sequence = b"", 3 * min(numbers, default=0)
    for number in numbers:
        units = frame(number, gop=gop)
        for unit in units:
            data += rtp(sequence, number * FRAME, unit, marker=unit is units[-1])
            sequence += 1
    return data


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, for longer than even a starved machine may take."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens elsewhere
            await asyncio.sleep(0.01)


class ScriptedCamera:
    """Answers as an honest camera does, except where `answers` has another idea.

    Attributes:
        answers: What to answer to a method: a response, raw bytes, or None for nothing at all.
        requests: What was asked, in order.
        media: Bytes sent after each PLAY.
        hang_up: Whether to close the connection after the media.
        connections: How many there were.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[Request] = []
        self.media = b""
        self.hang_up = False
        self.connections = 0
        self.guard: Guard | None = None
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def uri(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/main"

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def source(self, username: str = "", password: str = "") -> Source:
        return Source(uri=self.uri, username=username, password=password)

    def send(self, data: bytes) -> None:
        """Send to everyone who is connected."""
        for writer in self._writers:
            writer.write(data)

    def disconnect(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        parser = MessageParser()
        try:
            while data := await reader.read(65536):
                for message in parser.feed(data):
                    if isinstance(message, Request):
                        await self._answer(message, writer)
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        answer = self.answers.get(request.method, self.honest)(request)
        if isinstance(answer, Response):
            answer.headers.add("CSeq", request.headers.get("CSeq") or "")
            answer = answer.encode()
        writer.write(answer or b"")
        if request.method == "PLAY":
            writer.write(self.media)
            await writer.drain()
            if self.hang_up:
                writer.close()

    def honest(self, request: Request) -> Response:
        if self.guard is not None:
            authorization = request.headers.get("Authorization")
            verdict = self.guard.verify(authorization, request.method, request.uri)
            if verdict is not Verdict.ACCEPTED:
                challenges = self.guard.challenges(stale=verdict is Verdict.STALE)
                fields = [("WWW-Authenticate", value) for value in challenges]
                return Response(401, "Unauthorized", Headers(fields))
        match request.method:
            case "DESCRIBE":
                return Response(200, "OK", Headers([("Content-Base", self.uri + "/")]), SDP)
            case "SETUP":
                transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
                fields = [("Session", "42;timeout=60"), ("Transport", transport)]
                return Response(200, "OK", Headers(fields))
            case _:
                return Response(200, "OK")


@asynccontextmanager
async def scripted_camera() -> AsyncIterator[ScriptedCamera]:
    camera = ScriptedCamera()
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0)
    camera.port = server.sockets[0].getsockname()[1]
    async with server:
        yield camera
        camera.disconnect()
