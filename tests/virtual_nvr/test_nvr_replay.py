"""The Replay service, and what can be had where it points."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
import time

import pytest

from custom_components.nvr_hotspare.recorder.auth import Authenticator
from custom_components.nvr_hotspare.recorder.model import Codec
from custom_components.nvr_hotspare.recorder.rtp.capture import CaptureStamp, Mark, find_stamp
from custom_components.nvr_hotspare.recorder.rtsp.message import Response
from tests.recorder.clips import put_clip
from tests.recorder.footage import frames, run
from tests.recorder.test_rtsp_server import Peer
from tests.virtual_nvr.nvr_lab import (
    CAMERA_PASSWORD,
    StartNvr,
    channel_of,
    eventually,
    loopback_address,
)
from tests.virtual_nvr.soap_peer import SoapFaultError
from virtual_nvr.cameras import CamerasConfig, VirtualCamera, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.nvr.command import obey
from virtual_nvr.nvr.config import ChannelConfig, NvrConfig
from virtual_nvr.private import Credentials

OWN = "recording-channel-1"
NOWHERE = ChannelConfig(name="Gate", uri="rtsp://127.0.0.1:9/")
TCP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
FAST = {"Require": "onvif-replay", "Rate-Control": "no"}
SECOND = 1_000_000_000
SOME_TIME = timedelta(seconds=3)


class Viewer:
    """A client that has logged in and set a replay up."""

    def __init__(self, client: Peer, config: NvrConfig) -> None:
        self.client = client
        self.uri = f"rtsp://{config.host}:{config.rtsp_port}/replay/{OWN}"
        self.session = ""
        self._authenticator = Authenticator(config.username, config.password)

    async def ask(self, method: str, uri: str = "", **headers: str) -> Response:
        uri = uri or self.uri
        if not self._authenticator.authorization(method, uri):
            answer = await self.client.ask(method, uri)
            assert answer.status == 401
            assert self._authenticator.accept(answer.headers.get_all("WWW-Authenticate"))
        authorization = self._authenticator.authorization(method, uri) or ""
        return await self.client.ask(
            method, uri, Session=self.session, Authorization=authorization, **headers
        )

    @property
    def stamps(self) -> list[CaptureStamp]:
        return [stamp for each in self.client.packets if (stamp := find_stamp(each.payload))]

    async def until(self, mark: Mark) -> None:
        while not any(mark in stamp.marks for stamp in self.stamps):
            await self.client.receive()


@asynccontextmanager
async def viewer(config: NvrConfig) -> AsyncIterator[Viewer]:
    reader, writer = await asyncio.open_connection(config.host, config.rtsp_port)
    try:
        found = Viewer(Peer(reader, writer), config)
        answer = await found.ask(
            "SETUP", found.uri + "/track1", Transport="RTP/AVP/TCP;interleaved=0-1"
        )
        assert answer.status == 200
        found.session = (answer.headers.get("Session") or "").partition(";")[0]
        yield found
    finally:
        writer.transport.abort()


async def test_it_says_where_a_recording_is_played(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr(channels=(NOWHERE,))
    uri = await peer.call("replay", "GetReplayUri", StreamSetup=TCP, RecordingToken=OWN)
    assert uri == f"rtsp://{unit.config.host}:8554/replay/{OWN}"
    told = await peer.call("replay", "GetServiceCapabilities")
    assert (told.ReversePlayback, told.RTP_RTSP_TCP) == (False, True)
    assert [float(each) for each in told.SessionTimeoutRange] == [60.0, 60.0]


@pytest.mark.parametrize(
    ("setup", "token", "detail"),
    [
        (TCP, "recording-x", "NoRecording"),
        (TCP | {"Stream": "RTP-Multicast"}, OWN, "InvalidStreamSetup"),
    ],
)
async def test_what_it_does_not_play_is_refused(
    start_nvr: StartNvr, setup: dict[str, object], token: str, detail: str
) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    with pytest.raises(SoapFaultError) as caught:
        await peer.call("replay", "GetReplayUri", StreamSetup=setup, RecordingToken=token)
    assert caught.value.subcodes == ["InvalidArgVal", detail]


async def test_its_configuration_stays_as_it_is(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    minute = {"SessionTimeout": timedelta(seconds=60)}
    told = await peer.call("replay", "GetReplayConfiguration")
    assert told.SessionTimeout == minute["SessionTimeout"]
    hour = {"SessionTimeout": timedelta(hours=1)}
    with pytest.raises(SoapFaultError) as caught:
        await peer.call("replay", "SetReplayConfiguration", Configuration=hour)
    assert caught.value.subcodes == ["InvalidArgVal", "ConfigModify"]


async def test_what_a_camera_showed_is_played_while_it_is_recorded(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    unit, peer = await start_nvr(channels=(channel_of(camera),))

    async def has_footage() -> bool:
        told = await peer.call("search", "GetRecordingInformation", RecordingToken=OWN)
        return bool(told.Track)

    await eventually(has_footage)
    async with viewer(unit.config) as client:
        await client.ask("PLAY", Range="clock=20200101T000000Z-", **FAST)
        while len(client.stamps) < 50:
            await client.client.receive()
        times = [stamp.time for stamp in client.stamps]
        assert {b - a for a, b in pairwise(times)} == {SECOND // 25}
        assert not any(Mark.END in stamp.marks for stamp in client.stamps)
        assert abs(times[-1] - time.time_ns()) < 5 * SECOND


async def test_footage_put_into_its_folder_is_played(start_nvr: StartNvr, tmp_path: Path) -> None:
    unit, _ = await start_nvr(channels=(NOWHERE,))
    folder = tmp_path / "nvr" / "recordings" / OWN
    put_clip(folder, frames(50))
    put_clip(folder, frames(50, 100))
    put_clip(folder, frames(75, 25))
    async with viewer(unit.config) as client:
        await client.ask("PLAY", Range="clock=20200101T000000Z-", **FAST)
        await client.until(Mark.TERMINAL)
        assert [stamp.time for stamp in client.stamps] == [frame.time for frame in frames(150)]


async def test_times_are_those_of_the_units_clock(start_nvr: StartNvr, tmp_path: Path) -> None:
    unit, _ = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    unit.clock_offset = timedelta(hours=1)
    begin = frames(1, 25)[0].time + 3600 * SECOND
    wanted = time.strftime("%Y%m%dT%H%M%S", time.gmtime(begin // SECOND))
    async with viewer(unit.config) as client:
        await client.ask("PLAY", Range=f"clock={wanted}.{begin % SECOND:09}Z-", **FAST)
        await client.until(Mark.TERMINAL)
        assert [stamp.time for stamp in client.stamps] == [
            frame.time + 3600 * SECOND for frame in frames(25, 25)
        ]


async def test_replay_can_be_stalled_and_cut(start_nvr: StartNvr, tmp_path: Path) -> None:
    unit, _ = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    await obey(unit, ["stall_replay"])
    async with viewer(unit.config) as client:
        await client.ask("PLAY", Range="clock=20200101T000000Z-", **FAST)
        assert (await client.ask("GET_PARAMETER")).status == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.until(Mark.TERMINAL), 0.2)
        assert client.stamps == []
    await obey(unit, ["resume_replay"])
    async with viewer(unit.config) as client:
        await client.ask("PLAY", Range="clock=20200101T000000Z-", **FAST)
        await client.until(Mark.TERMINAL)
        await obey(unit, ["drop_replay"])
        with pytest.raises((EOFError, ConnectionError)):
            await client.client.receive()


async def test_ffmpeg_plays_where_it_points(start_nvr: StartNvr, tmp_path: Path) -> None:
    unit, peer = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    uri = await peer.call("replay", "GetReplayUri", StreamSetup=TCP, RecordingToken=OWN)
    account = f"//{unit.config.username}:{unit.config.password}@"
    code, output, errors = await run(
        *("ffprobe", "-v", "error", "-rtsp_transport", "tcp"),
        *("-show_entries", "stream=codec_name,width", "-of", "csv=p=0"),
        uri.replace("//", account),
    )
    assert (code, output.strip(), errors) == (0, "h264,320", "")


async def test_ffmpeg_decodes_h265_and_aac(
    start_nvr: StartNvr, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = CamerasConfig(
        count=1,
        first_address=loopback_address(),
        format=ClipFormat(
            width=320, height=192, bit_rate=200_000, gop=5, codec=Codec.H265, audio=True
        ),
        cache=tmp_path_factory.getbasetemp(),
    )
    async with VirtualCameras(config, Credentials("viewer", CAMERA_PASSWORD)) as cameras:
        unit, peer = await start_nvr(channels=(channel_of(cameras.cameras[1]),))

        async def has_footage() -> bool:
            told = await peer.call("search", "GetRecordingInformation", RecordingToken=OWN)
            return bool(told.Track) and told.Track[0].DataTo - told.Track[0].DataFrom > SOME_TIME

        await eventually(has_footage)
        await unit.hold(1)
    uri = await peer.call("replay", "GetReplayUri", StreamSetup=TCP, RecordingToken=OWN)
    account = f"//{unit.config.username}:{unit.config.password}@"
    code, output, errors = await run(
        *("ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", uri.replace("//", account)),
        *("-map", "0:v", "-map", "0:a", "-frames:v", "40", "-frames:a", "20"),
        *("-f", "framecrc", "-"),
    )
    assert (code, errors) == (0, "")
    streams = [line[0] for line in output.splitlines() if line[0] in "01"]
    assert (streams.count("0"), streams.count("1")) == (40, 20)
