"""The server before clients that behave, that don't, and that nobody here wrote."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import re

import pytest

from custom_components.nvr_hotspare.recorder.auth import Authenticator, Guard
from custom_components.nvr_hotspare.recorder.errors import (
    SourceBusyError,
    SourceNotFoundError,
    SourceRejectedError,
)
from custom_components.nvr_hotspare.recorder.model import Frame, Source, Tracks, VideoFrame
from custom_components.nvr_hotspare.recorder.rtsp import server as server_module
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    InterleavedPacket,
    MessageParser,
    Request,
    Response,
)
from custom_components.nvr_hotspare.recorder.rtsp.server import Limits, RtspServer
from custom_components.nvr_hotspare.recorder.stream import open_stream
from tests.recorder.footage import frames, run, track
from tests.recorder.scripted_camera import NOW, eventually

HOST = "127.0.0.1"


class Loop:
    """A presentation that yields the same frames as fast as they are taken, or in real time."""

    def __init__(self, pause: float = 0.001, first: int = 0, count: int = 50) -> None:
        self.pause = pause
        self.frames = frames(count, first, NOW)
        self.watched = 0
        self.ends = False
        self.ready = True

    def tracks(self) -> Tracks | None:
        return Tracks(track()) if self.ready else None

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Frame]]:
        self.watched += 1
        try:
            yield self._play()
        finally:
            self.watched -= 1

    async def _play(self) -> AsyncIterator[Frame]:
        passed = 0
        while True:
            for frame in self.frames:
                yield VideoFrame(
                    nal_units=frame.nal_units,
                    time=frame.time + passed * 40_000_000,
                    ticks=frame.ticks + passed * 3600,
                    key=frame.key,
                )
                await asyncio.sleep(self.pause)
            passed += len(self.frames)
            if self.ends:
                return


@asynccontextmanager
async def serving(
    presentation: Loop, limits: Limits | None = None, guard: Guard | None = None
) -> AsyncIterator[tuple[RtspServer, str]]:
    server = RtspServer({"/yard": presentation}.get, guard=guard, limits=limits or Limits())
    port = await server.start(HOST, 0)
    try:
        yield server, f"rtsp://{HOST}:{port}/yard"
    finally:
        await server.close()


class Peer:
    """A client that sends what it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.packets: list[InterleavedPacket] = []
        self._parser = MessageParser()
        self._answers: list[Response] = []
        self._count = 0

    async def ask(self, method: str, uri: str, **headers: str) -> Response:
        self._count += 1
        fields = [("CSeq", str(self._count)), *headers.items()]
        self.writer.write(Request(method, uri, Headers(fields)).encode())
        return await self.answer()

    async def answer(self) -> Response:
        while not self._answers:
            await self.receive()
        return self._answers.pop(0)

    async def receive(self) -> None:
        data = await asyncio.wait_for(self.reader.read(65536), 10)
        if not data:
            raise EOFError
        for message in self._parser.feed(data):
            if isinstance(message, InterleavedPacket):
                self.packets.append(message)
            elif isinstance(message, Response):
                self._answers.append(message)

    async def receive_all(self) -> None:
        with suppress(EOFError):
            while True:
                await self.receive()

    async def set_up(self, uri: str) -> str:
        answer = await self.ask("SETUP", uri + "/track1", Transport="RTP/AVP/TCP;interleaved=0-1")
        assert answer.status == 200
        return (answer.headers.get("Session") or "").partition(";")[0]


@asynccontextmanager
async def peer(uri: str) -> AsyncIterator[Peer]:
    port = int(uri.split(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


async def test_ffmpeg_plays_what_is_served() -> None:
    guard = Guard("yard", {"viewer": "pass"})
    async with serving(Loop(0.02), guard=guard) as (_, uri):
        code, output, errors = await run(
            *("ffmpeg", "-v", "error", "-rtsp_transport", "tcp"),
            *("-i", uri.replace("//", "//viewer:pass@"), "-frames:v", "30", "-f", "framecrc", "-"),
        )
    assert (code, errors) == (0, "")
    assert sum(line.startswith("0,") for line in output.splitlines()) == 30


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("SHA-256", "MD5")])
async def test_the_engines_client_gets_the_frames_with_their_times(algorithms: list[str]) -> None:
    guard = Guard("yard", {"viewer": "pass"}, algorithms=algorithms)
    presentation = Loop()
    async with serving(presentation, guard=guard) as (_, uri):
        source = Source(uri=uri, username="viewer", password="pass")
        async with open_stream(source) as stream:
            received: list[Frame] = []
            while len(received) < 40:
                received += [frame for _, frame in await stream.read()]
        for got, frame in zip(received, presentation.frames, strict=False):
            assert isinstance(got, VideoFrame)
            assert got.nal_units == frame.nal_units
        passed = [frame.time - received[0].time for frame in received[:40]]
        assert passed == [number * 40_000_000 for number in range(40)]


async def test_a_client_that_comes_in_mid_gop_gets_the_frame_that_comes_next() -> None:
    async with serving(Loop(first=7)) as (_, uri), open_stream(Source(uri=uri)) as stream:
        batch = await stream.read()
        first = batch[0][1]
        assert isinstance(first, VideoFrame)
        assert first.nal_units == frames(1, 7)[0].nal_units


async def test_reports_come_first_and_then_every_five_seconds() -> None:
    async with serving(Loop(0)) as (_, uri), peer(uri) as client:
        session = await client.set_up(uri)
        await client.ask("PLAY", uri, Session=session)
        while sum(packet.channel for packet in client.packets) < 4:
            await client.receive()
        assert client.packets[0].channel == 1
        marked = [
            [packet.payload[1] >> 7 for packet in client.packets[:index] if packet.channel == 0]
            for index, packet in enumerate(client.packets)
            if packet.channel == 1
        ]
        assert [sum(frames_before) for frames_before in marked[:4]] == [0, 125, 250, 375]


async def test_a_wrong_password_is_refused_and_a_wrong_path_not_found() -> None:
    async with serving(Loop(), guard=Guard("yard", {"viewer": "pass"})) as (_, uri):
        with pytest.raises(SourceRejectedError):
            async with open_stream(Source(uri=uri, username="viewer", password="no")):
                pass
        with pytest.raises(SourceNotFoundError):
            async with open_stream(Source(uri=uri + "x", username="viewer", password="pass")):
                pass


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"])
async def test_nothing_but_options_is_for_strangers(method: str) -> None:
    guard = Guard("yard", {"viewer": "pass"})
    async with serving(Loop(), guard=guard) as (_, uri), peer(uri) as client:
        assert (await client.ask("OPTIONS", uri)).status == 200
        answer = await client.ask(method, uri)
        assert answer.status == 401
        assert len(answer.headers.get_all("WWW-Authenticate")) == 2
        authenticator = Authenticator("viewer", "pass")
        assert authenticator.accept(answer.headers.get_all("WWW-Authenticate"))
        authorization = authenticator.authorization(method, uri)
        answer = await client.ask(method, uri, Authorization=authorization or "")
        assert answer.status != 401


@pytest.mark.parametrize("status", [453, 503])
async def test_beyond_its_limit_of_sessions_a_stream_is_busy(status: int) -> None:
    limits = Limits(sessions=2, busy_status=status)
    async with serving(Loop(), limits) as (_, uri), open_stream(Source(uri=uri)):
        async with open_stream(Source(uri=uri)):
            with pytest.raises(SourceBusyError):
                async with open_stream(Source(uri=uri)):
                    pass
        async with open_stream(Source(uri=uri)):
            pass


async def test_the_place_of_a_dead_client_stays_taken_for_a_while() -> None:
    presentation = Loop()
    async with serving(presentation, Limits(sessions=1, linger=0.2)) as (server, uri):
        async with peer(uri) as client:
            session = await client.set_up(uri)
            await client.ask("PLAY", uri, Session=session)
        await eventually(lambda: not presentation.watched)
        assert server.taken["/yard"] == 1
        await eventually(lambda: server.taken["/yard"] == 0)


async def test_teardown_frees_the_place_at_once() -> None:
    limits = Limits(sessions=1, linger=60)
    async with serving(Loop(), limits) as (server, uri), peer(uri) as client:
        session = await client.set_up(uri)
        assert (await client.ask("TEARDOWN", uri, Session=session)).status == 200
        assert server.taken["/yard"] == 0
        await client.set_up(uri)


async def test_a_silent_client_is_cut_off() -> None:
    async with serving(Loop(), Limits(timeout=0.5)) as (server, uri), peer(uri) as client:
        await client.set_up(uri)
        with pytest.raises(EOFError):
            await client.receive()
        assert server.taken["/yard"] == 0


async def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "STALL", 0.1)
    presentation = Loop(0)
    async with serving(presentation) as (server, uri), peer(uri) as client:
        session = await client.set_up(uri)
        client.writer.write(
            Request("PLAY", uri, Headers([("CSeq", "9"), ("Session", session)])).encode()
        )
        await eventually(lambda: presentation.watched > 0)
        await eventually(lambda: not presentation.watched)
        await eventually(lambda: server.taken["/yard"] == 0)


async def test_a_stream_that_ends_takes_its_connections_along() -> None:
    presentation = Loop(0)
    presentation.ends = True
    async with serving(presentation) as (_, uri), peer(uri) as client:
        session = await client.set_up(uri)
        await client.ask("PLAY", uri, Session=session)
        await client.receive_all()
        marked = [p for p in client.packets if p.channel == 0 and p.payload[1] >> 7]
        assert len(marked) == 50


async def test_a_stream_not_yet_there_is_unavailable() -> None:
    presentation = Loop()
    presentation.ready = False
    async with serving(presentation) as (_, uri), peer(uri) as client:
        assert (await client.ask("DESCRIBE", uri)).status == 503


@pytest.mark.parametrize(
    ("transport", "status", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=4-5", 200, "4-5"),
        ("RTP/AVP/TCP;unicast", 200, "0-1"),
        ("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=2-3", 200, "2-3"),
        ("RTP/AVP/TCP;interleaved=6", 200, "6-7"),
        ("RTP/AVP;unicast;client_port=5000-5001", 461, None),
        ("RTP/AVP/TCP;interleaved=255", 461, None),
        ("", 461, None),
    ],
)
async def test_only_streams_over_tcp_are_set_up(
    transport: str, status: int, channels: str | None
) -> None:
    async with serving(Loop()) as (_, uri), peer(uri) as client:
        answer = await client.ask("SETUP", uri + "/track1", Transport=transport)
        found = re.search(r"interleaved=([\d-]+)", answer.headers.get("Transport") or "")
        assert (answer.status, found and found[1]) == (status, channels)


@pytest.mark.parametrize(
    ("method", "status"),
    [("PLAY", 454), ("GET_PARAMETER", 454), ("TEARDOWN", 454), ("RECORD", 501), ("PAUSE", 454)],
)
async def test_what_does_not_fit_is_answered_with_its_reason(method: str, status: int) -> None:
    async with serving(Loop()) as (_, uri), peer(uri) as client:
        await client.set_up(uri)
        assert (await client.ask(method, uri, Session="stolen")).status == status
        again = await client.ask("SETUP", uri, Transport="RTP/AVP/TCP")
        assert again.status == 455


@pytest.mark.parametrize(
    "data",
    [
        b"OPTIONS * RTSP/1.0\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nCSeq: 1\x01\r\n\r\n",
        b"DESCRIBE rtsp://\x7f RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        b"DESCRIBE rtsp://[ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00" + bytes(100),
        b"$" + b"\xff" * 70000,
    ],
)
async def test_nonsense_disturbs_nobody_else(data: bytes) -> None:
    async with serving(Loop()) as (_, uri), open_stream(Source(uri=uri)) as stream:
        async with peer(uri) as client:
            client.writer.write(data)
            client.writer.write_eof()
            received = await asyncio.wait_for(client.reader.read(), 5)
            assert received == b"" or received.startswith((b"RTSP/1.0 400", b"RTSP/1.0 404"))
        await stream.read()


async def test_connections_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 1)
    async with serving(Loop()) as (_, uri), open_stream(Source(uri=uri)) as stream:
        async with peer(uri) as client:
            assert await client.reader.read() == b""
        await stream.read()


async def test_a_server_that_was_closed_can_be_started_again() -> None:
    async with serving(Loop(), Limits(linger=60)) as (server, uri):
        port = int(uri.split(":")[2].partition("/")[0])
        async with peer(uri) as client:
            await client.set_up(uri)
            await server.close()
            assert await client.reader.read() == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)
        assert await server.start(HOST, port) == port
        assert server.taken["/yard"] == 0
        async with open_stream(Source(uri=uri)) as stream:
            await stream.read()
