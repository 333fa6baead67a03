"""Replay over real connections: before a client that says what it wants, and before ffmpeg."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
from pathlib import Path
import time

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.holdings import Holdings
from custom_components.nvr_hotspare.recorder.model import AudioFrame, AudioTrack, Codec, Tracks
from custom_components.nvr_hotspare.recorder.recorded import RecordedFootage
from custom_components.nvr_hotspare.recorder.rtp.capture import CaptureStamp, Mark, find_stamp
from custom_components.nvr_hotspare.recorder.rtp.packet import parse_rtp, parse_sender_report
from custom_components.nvr_hotspare.recorder.rtsp import server as server_module
from custom_components.nvr_hotspare.recorder.rtsp.message import Headers, Request, Response
from custom_components.nvr_hotspare.recorder.rtsp.server import Limits, RtspServer
from tests.recorder.clips import put_clip
from tests.recorder.footage import INTERVAL, START, frames, run, track
from tests.recorder.scripted_camera import eventually
from tests.recorder.test_rtsp_server import HOST, Peer, peer

YARD = "yard"
REQUIRE = {"Require": "onvif-replay"}
FAST = REQUIRE | {"Rate-Control": "no"}
_GSTREAMER = Path(__file__).with_name("gstreamer_replay.py")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def clock(frame: int, end: int | None = None) -> str:
    """Return the header that asks for frames from one to before another."""
    return f"clock={utc(frame)}-{'' if end is None else utc(end)}"


def utc(frame: int) -> str:
    captured = START + frame * INTERVAL
    moment = _EPOCH + timedelta(seconds=captured // 1_000_000_000)
    return f"{moment:%Y%m%dT%H%M%S}.{captured % 1_000_000_000:09}Z"


@asynccontextmanager
async def serving(
    folder: Path, limits: Limits | None = None, guard: Guard | None = None
) -> AsyncIterator[tuple[RtspServer, str]]:
    footage = RecordedFootage(Holdings(Archive(folder)), YARD)
    server = RtspServer({"/replay/yard": footage}.get, guard=guard, limits=limits or Limits())
    port = await server.start(HOST, 0)
    try:
        yield server, f"rtsp://{HOST}:{port}/replay/yard"
    finally:
        await server.close()


class Viewer:
    """A client with a session of its own."""

    def __init__(self, client: Peer, uri: str) -> None:
        self.client, self.uri = client, uri
        self.session = ""
        self.stamps: list[CaptureStamp] = []
        """What the packets of video so far say."""
        self._seen = 0

    async def ask(self, method: str, **headers: str) -> Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.ask(method, self.uri, Session=self.session, **fields)

    async def play(self, **headers: str) -> Response:
        return await self.ask("PLAY", **FAST, **headers)

    @property
    def numbers(self) -> list[int]:
        """The frames of video so far."""
        self._look()
        return [round((stamp.time - START) / INTERVAL) for stamp in self.stamps]

    async def until(self, mark: Mark) -> None:
        """Receive until a frame has this mark, and to the end of that frame."""
        while not any(mark in stamp.marks for stamp in self._look()):
            await self.client.receive()
        while not self.client.packets[-1].payload[1] & 0x80:
            await self.client.receive()

    def forget(self) -> None:
        self.client.packets.clear()
        self.stamps, self._seen = [], 0

    def _look(self) -> list[CaptureStamp]:
        """Return what the latest packets of video say."""
        new = self.client.packets[self._seen :]
        self._seen += len(new)
        found = [stamp for each in new if (stamp := find_stamp(each.payload)) and not each.channel]
        self.stamps += found
        return found


@asynccontextmanager
async def viewer(uri: str) -> AsyncIterator[Viewer]:
    async with peer(uri) as client:
        found = Viewer(client, uri)
        found.session = await client.set_up(uri)
        yield found


async def test_frames_come_with_the_time_of_their_capture(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(60))
    put_clip(tmp_path / YARD, frames(50, 100))
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        assert (await client.play(Range=clock(30))).status == 200
        await client.until(Mark.TERMINAL)
        assert client.numbers == [*range(25, 60), *range(100, 150)]
        wanted = [frame.time for frame in [*frames(35, 25), *frames(50, 100)]]
        assert [stamp.time for stamp in client.stamps] == wanted
        marks = dict(zip(client.numbers, [stamp.marks for stamp in client.stamps], strict=True))
        assert {number for number, mark in marks.items() if Mark.CLEAN in mark} == {
            *(25, 50, 100, 125)
        }
        assert marks[25] == Mark.CLEAN | Mark.DISCONTINUITY
        assert marks[59] == Mark.END
        assert marks[100] == Mark.CLEAN | Mark.DISCONTINUITY
        assert marks[149] == Mark.END | Mark.TERMINAL


async def test_packets_are_timed_by_the_capture_and_reports_say_nothing(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(300))
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        await client.play(Range=clock(0))
        await client.until(Mark.TERMINAL)
        packets = [parse_rtp(it.payload) for it in client.client.packets if it.channel == 0]
        times = [packet.timestamp for packet in packets if packet and packet.marker]
        assert {(b - a) % 2**32 for a, b in pairwise(times)} == {3600}
        numbers = [packet.sequence for packet in packets if packet]
        assert {(b - a) % 2**16 for a, b in pairwise(numbers)} == {1}
        reports = [
            parse_sender_report(it.payload) for it in client.client.packets if it.channel == 1
        ]
        assert [(it.ntp, it.timestamp) for it in reports if it] == [(0, 0)] * 3


async def test_the_session_stays_when_the_footage_ends(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(25))
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        await client.play(Range=clock(0))
        await client.until(Mark.TERMINAL)
        assert (await client.ask("GET_PARAMETER")).status == 200
        client.forget()
        await client.play(Range=clock(0, 10))
        await client.until(Mark.TERMINAL)
        assert client.numbers == list(range(10))
        assert (await client.ask("TEARDOWN")).status == 200


async def test_a_new_order_is_carried_out_at_once_and_can_be_told_apart(tmp_path: Path) -> None:
    put_much(tmp_path)
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        await client.play(Range=clock(0))
        first = client.client._count & 0xFF
        await client.play(Range=clock(975), Immediate="yes")
        await client.until(Mark.TERMINAL)
        plays = [stamp.play for stamp in client.stamps]
        assert set(plays) <= {first, first + 1}
        begin = plays.index(first + 1)
        assert plays[begin:] == [first + 1] * 25
        assert client.numbers[begin:] == list(range(975, 1000))
        assert Mark.DISCONTINUITY in client.stamps[begin].marks


def put_much(folder: Path) -> None:
    """Put 1000 frames there that are more than a connection holds by itself."""
    many = frames(1000)
    for frame in many:
        frame.nal_units = [*frame.nal_units, b"\x0c" + bytes(20_000)]
    put_clip(folder / YARD, many)


async def test_a_pause_loses_nothing(tmp_path: Path) -> None:
    put_much(tmp_path)
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        await client.play(Range=clock(0))
        assert (await client.ask("PAUSE")).status == 200
        with suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                while True:
                    await client.client.receive()
        assert len(client.numbers) < 1000
        assert (await client.play()).status == 200
        await client.until(Mark.TERMINAL)
        assert client.numbers == list(range(1000))


async def test_a_client_may_take_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "STALL", 0.05)
    put_much(tmp_path)
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        await client.play(Range=clock(0))
        await asyncio.sleep(0.5)
        await client.until(Mark.TERMINAL)
        assert client.numbers == list(range(1000))


async def test_a_client_that_takes_nothing_at_all_is_cut_off(tmp_path: Path) -> None:
    put_much(tmp_path)
    async with serving(tmp_path, Limits(timeout=1.0)) as (server, uri), viewer(uri) as client:
        fields = Headers([("CSeq", "9"), ("Session", client.session), *FAST.items()])
        client.client.writer.write(Request("PLAY", uri, fields).encode())
        await eventually(lambda: server.taken["/replay/yard"] == 0)


@pytest.mark.parametrize("frames_header", ["intra", "intra/3000"])
async def test_key_frames_alone(tmp_path: Path, frames_header: str) -> None:
    put_clip(tmp_path / YARD, frames(300))
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        await client.play(Range=clock(0), Frames=frames_header)
        await client.until(Mark.TERMINAL)
        assert client.numbers == list(range(0, 300, 25 if frames_header == "intra" else 75))


async def test_in_real_time_gaps_are_left_out_and_reports_tell_the_time(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(10))
    put_clip(tmp_path / YARD, frames(10, 10_000))
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        begin = time.monotonic()
        await client.ask("PLAY", **REQUIRE, Range=clock(0))
        await client.until(Mark.TERMINAL)
        assert time.monotonic() - begin > 0.7  # 20 frames; in a hurry it would be nothing
        assert client.numbers == [*range(10), *range(10_000, 10_010)]
        packets = [parse_rtp(it.payload) for it in client.client.packets if it.channel == 0]
        times = [packet.timestamp for packet in packets if packet and packet.marker]
        assert {(b - a) % 2**32 for a, b in pairwise(times)} == {3600}
        (report,) = (
            parse_sender_report(it.payload) for it in client.client.packets if it.channel == 1
        )
        assert report is not None
        assert abs((report.ntp >> 32) - 2_208_988_800 - time.time()) < 30


async def test_the_description_names_the_tracks(tmp_path: Path) -> None:
    both = Tracks(track(), AudioTrack(codec=Codec.AAC, rate=16_000, channels=1, config=b"\x14\x08"))
    sounds = [
        AudioFrame(data=b"sound", time=START + n * 64_000_000, ticks=n * 1024, duration=1024)
        for n in range(31)
    ]
    put_clip(tmp_path / YARD, frames(50), sounds, both)
    async with serving(tmp_path) as (_, uri), peer(uri) as client:
        answer = await client.ask("DESCRIBE", uri, **REQUIRE)
        lines = answer.body.decode().splitlines()
        assert [line for line in lines if "onvif" in line or line.startswith("m=")] == [
            "m=video 0 RTP/AVP 96",
            "a=x-onvif-track:VIDEO001",
            "m=audio 0 RTP/AVP 97",
            "a=x-onvif-track:AUDIO001",
        ]
        session = await client.set_up(uri)
        transport = "RTP/AVP/TCP;interleaved=2-3"
        await client.ask("SETUP", uri + "/track2", Session=session, Transport=transport)
        await client.ask("PLAY", uri, Session=session, Range=clock(0), **FAST)

        def ended() -> set[int]:
            stamps = [(it.channel, find_stamp(it.payload)) for it in client.packets]
            return {channel for channel, it in stamps if it and Mark.TERMINAL in it.marks}

        while ended() != {0, 2}:
            await client.receive()
        heard = [find_stamp(it.payload) for it in client.packets if it.channel == 2]
        assert [it.time for it in heard if it] == [it.time for it in sounds]
        assert all(it and Mark.CLEAN in it.marks for it in heard)


async def test_parameter_sets_that_change_come_with_the_key_frames(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(25))
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        await client.play(Range=clock(0))
        await client.until(Mark.TERMINAL)
        firsts = [it.payload for it in client.client.packets if find_stamp(it.payload)]
        assert [it[28] & 0x1F for it in firsts[:1]] == [7]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PLAY", {"Require": "onvif-replay, teleport"}, 551),
        ("PLAY", {"Range": "clock=tomorrow-"}, 457),
        ("PLAY", {"Scale": "-1.0"}, 456),
        ("PAUSE", {}, 455),
    ],
)
async def test_what_can_not_be_done_is_refused(
    tmp_path: Path, method: str, headers: dict[str, str], status: int
) -> None:
    put_clip(tmp_path / YARD, frames(25))
    async with serving(tmp_path) as (_, uri), viewer(uri) as client:
        answer = await client.ask(method, **headers)
        assert answer.status == status
        if status == 551:
            assert answer.headers.get("Unsupported") == "teleport"
        assert (await client.play(Range=clock(0))).status == 200


async def test_without_footage_there_is_nothing_to_play(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, uri), peer(uri) as client:
        assert (await client.ask("DESCRIBE", uri)).status == 503
        assert (await client.ask("DESCRIBE", uri + "x", **REQUIRE)).status == 404


async def test_strangers_see_nothing(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(25))
    guard = Guard("yard", {"viewer": "pass"})
    async with serving(tmp_path, guard=guard) as (_, uri), peer(uri) as client:
        for method in ("DESCRIBE", "SETUP", "PLAY", "PAUSE"):
            assert (await client.ask(method, uri, **REQUIRE)).status == 401


async def test_connections_over_which_footage_is_played_can_be_cut(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(25))
    async with serving(tmp_path) as (server, uri), viewer(uri) as client, peer(uri) as other:
        await other.ask("OPTIONS", uri)
        server.cut("/replay")
        with pytest.raises((EOFError, ConnectionError)):
            await client.client.receive()
        assert (await other.ask("OPTIONS", uri)).status == 200


async def test_ffmpeg_plays_it_in_real_time(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(40))
    put_clip(tmp_path / YARD, frames(35, 40))
    guard = Guard("yard", {"viewer": "pass"})
    async with serving(tmp_path, guard=guard) as (_, uri):
        code, output, errors = await run(
            *("ffmpeg", "-v", "error", "-rtsp_transport", "tcp"),
            *("-i", uri.replace("//", "//viewer:pass@"), "-frames:v", "70", "-f", "framecrc", "-"),
        )
    assert (code, errors) == (0, "")
    lines = [line.split(",") for line in output.splitlines() if line.startswith("0,")]
    assert len(lines) == 70


async def test_gstreamer_understands_the_header_extension(tmp_path: Path) -> None:
    """It takes the terminal frame for the end of the stream."""
    put_clip(tmp_path / YARD, frames(60))
    put_clip(tmp_path / YARD, frames(50, 100))
    async with serving(tmp_path) as (_, uri):
        code, output, errors = await run("/usr/bin/python3", _GSTREAMER, uri)
    assert (code, errors) == (0, "")
    told = [json.loads(line) for line in output.splitlines()]
    since_1900 = 2_208_988_800_000_000_000
    wanted = [frame.time + since_1900 for frame in [*frames(60), *frames(50, 100)]]
    assert all(abs(it[0] - time) <= 1 for it, time in zip(told, wanted, strict=True))
    assert [index for index, it in enumerate(told) if it[1]] == [0, 25, 50, 60, 85]
    assert [index for index, it in enumerate(told) if it[2]] == [0, 60]
