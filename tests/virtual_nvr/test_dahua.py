"""The virtual recorder as a Dahua, seen by a client that is not the driver."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from custom_components.nvr_hotspare.recorder.errors import SourceUnsupportedError
from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.model import Source, VideoFrame
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.rtsp.client import open_session
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.virtual_nvr.dahua_peer import DahuaPeer
from tests.virtual_nvr.nvr_lab import (
    CAMERA_PASSWORD,
    StartNvr,
    channel_of,
    eventually,
    with_credentials,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.api import DahuaApi
from virtual_nvr.dahua.firmware import DahuaFirmware
from virtual_nvr.nvr.config import ConfigError, Limits, Lockout, parse
from virtual_nvr.nvr.unit import VirtualNvr

type Start = Callable[..., Awaitable[tuple[VirtualNvr, DahuaPeer]]]

_LOCAL = "%Y-%m-%d %H:%M:%S"
_SECOND = 1_000_000_000


@pytest.fixture
def start(start_nvr: StartNvr, http: aiohttp.ClientSession) -> Start:
    """Start recorders of four channels; settings that start with `fw_` are the firmware's."""

    async def make(**settings: Any) -> tuple[VirtualNvr, DahuaPeer]:
        firmware = {
            k.removeprefix("fw_"): settings.pop(k) for k in list(settings) if k[:3] == "fw_"
        }
        limits = Limits(recordings=4, jobs=4, receivers=4)
        unit, _ = await start_nvr(limits=limits, dahua=DahuaFirmware(**firmware), **settings)
        return unit, DahuaPeer(http, unit.config)

    return make


def api_of(unit: VirtualNvr) -> DahuaApi:
    api = unit._present().api
    assert isinstance(api, DahuaApi)
    return api


def camera_to_add(camera: VirtualCamera, channel: int, **settings: Any) -> dict[str, Any]:
    device = {
        "UserName": "viewer",
        "Password": CAMERA_PASSWORD,
        "ProtocolType": "General",
        "Address": "127.0.0.1",
        "VideoInputs": [{"MainStreamUrl": with_credentials(camera)}],
        **settings,
    }
    return {"group": [{"DeviceInfo": device, "cameras": [{"uniqueChannel": channel}]}]}


async def is_recording(peer: DahuaPeer, channel: int) -> bool:
    told = await peer.post("recordManager/getStateAll", {})
    return bool(told["state"][channel]["Main"]["State"])


async def test_it_says_who_it_is(start: Start) -> None:
    unit, peer = await start(model="NVR4216-4KS2", manufacturer="Dahua")
    told = await peer.table("magicBox.cgi?action=getSystemInfo")
    assert (told["serialNumber"], told["updateSerial"]) == (unit.config.serial, "NVR4216-4KS2")
    assert (await peer.table("magicBox.cgi?action=getDeviceType"))["type"] == "NVR4216-4KS2"
    assert (await peer.ask("magicBox.cgi?action=makeTea"))[0] == 400


async def test_who_has_no_account_is_challenged_as_dahua_does(
    start: Start, http: aiohttp.ClientSession
) -> None:
    unit, _ = await start()
    url = f"http://{unit.config.host}:{unit.config.http_port}/cgi-bin/global.cgi"
    async with http.get(url) as response:
        assert response.status == 401
        assert 'realm="Login to ' in response.headers["WWW-Authenticate"]


async def test_four_wrong_passwords_close_it_for_everyone(
    start: Start, http: aiohttp.ClientSession
) -> None:
    unit, peer = await start(lockout=Lockout(attempts=4, seconds=1800))
    stranger = DahuaPeer(http, unit.config, "wrong")
    for _ in range(3):
        assert (await stranger.ask("global.cgi?action=getCurrentTime"))[0] == 401
    assert (await peer.ask("global.cgi?action=getCurrentTime"))[0] == 200
    for _ in range(4):
        await stranger.ask("global.cgi?action=getCurrentTime")
    assert (await peer.ask("global.cgi?action=getCurrentTime"))[0] == 403


async def test_it_tells_its_own_cameras_and_hides_their_passwords(
    start: Start, camera: VirtualCamera
) -> None:
    _, peer = await start(channels=(channel_of(camera),))
    told = await peer.table("configManager.cgi?action=getConfig&name=RemoteDevice")
    first, second = (f"table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_{n}." for n in (0, 1))
    assert (told[f"{first}Enable"], told[f"{second}Enable"]) == ("true", "false")
    assert told[f"{second}Address"] == "192.168.0.0"
    assert told[f"{first}Password"] == "******"
    titles = await peer.table("configManager.cgi?action=getConfig&name=ChannelTitle")
    assert titles["table.ChannelTitle[0].Name"] == "Gate"


async def test_a_camera_that_is_added_is_recorded_until_it_is_told_to_stop(
    start: Start, camera: VirtualCamera
) -> None:
    _, peer = await start()
    told = await peer.post(
        "LogicDeviceManager/addCameraByGroup", camera_to_add(camera, 2, Name="mark")
    )
    assert told["group"][0]["cameras"] == [{"uniqueChannel": 2, "failedCode": 0}]
    await eventually(lambda: is_recording(peer, 2))
    states = await peer.table("LogicDeviceManager.cgi?action=getCameraState&uniqueChannels[0]=-1")
    assert states["states[2].connectionState"] == "Connected"
    assert (await peer.ask("configManager.cgi?action=setConfig&RecordMode[2].Mode=2"))[0] == 200
    assert not await is_recording(peer, 2)
    await peer.post("LogicDeviceManager/deleteCameraByGroup", {"group": [{"uniqueChannels": [2]}]})
    config = await peer.table("configManager.cgi?action=getConfig&name=RemoteDevice")
    uuid = "table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_2."
    assert (config[f"{uuid}Address"], config[f"{uuid}Name"]) == ("192.168.0.0", "")


async def test_a_camera_may_be_added_by_its_settings(start: Start, camera: VirtualCamera) -> None:
    _, peer = await start(fw_json_api=501)
    assert (await peer.ask("api/LogicDeviceManager/addCameraByGroup", {}))[0] == 501
    uuid = "RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_1."
    uri = camera.uri.replace(":", "%3A")
    pairs = [
        f"{uuid}Address=127.0.0.1",
        f"{uuid}ProtocolType=General",
        f"{uuid}UserName=viewer",
        f"{uuid}Password=p%40ss%3Aw%2Frd",
        f"{uuid}VideoInputs[0].MainStreamUrl={uri}",
        f"{uuid}Enable=true",
    ]
    answer = await peer.ask(f"configManager.cgi?action=setConfig&{'&'.join(pairs)}")
    assert answer == (200, "OK\r\n")

    async def is_connected() -> bool:
        told = await peer.table("LogicDeviceManager.cgi?action=getCameraState&uniqueChannels[0]=-1")
        return told["states[1].connectionState"] == "Connected"

    await eventually(is_connected)


async def test_what_is_wrong_changes_nothing(start: Start) -> None:
    _, peer = await start()
    wrong = "configManager.cgi?action=setConfig&RecordMode[0].Mode=1&RecordMode[9].Mode=1"
    assert await peer.ask(wrong) == (400, "Error\r\nBad Request!\r\n")
    modes = await peer.table("configManager.cgi?action=getConfig&name=RecordMode")
    assert modes["table.RecordMode[0].Mode"] == "0"


async def test_it_knows_its_channels_again_after_a_restart(
    start: Start, camera: VirtualCamera
) -> None:
    unit, peer = await start()
    await peer.post("LogicDeviceManager/addCameraByGroup", camera_to_add(camera, 3, Name="mark"))
    await peer.ask("magicBox.cgi?action=reboot")

    async def is_back() -> bool:
        try:
            return (await peer.ask("global.cgi?action=getCurrentTime"))[0] == 200
        except aiohttp.ClientError:
            return False

    await asyncio.sleep(0.5)
    await eventually(is_back)
    assert api_of(unit).slots.all[3].name == "mark"
    await eventually(lambda: is_recording(peer, 3))


async def test_logging_in_to_a_camera_takes_its_time(start: Start, camera: VirtualCamera) -> None:
    _, peer = await start(fw_login_seconds=2.0)
    await peer.post("LogicDeviceManager/addCameraByGroup", camera_to_add(camera, 0))
    assert not await is_recording(peer, 0)
    await eventually(lambda: is_recording(peer, 0))


async def test_files_are_found_by_local_time_and_counted_from_zero(
    start: Start, camera: VirtualCamera
) -> None:
    offset = 5 * 3600 + 1800
    unit, peer = await start(channels=(channel_of(camera),), fw_utc_offset=offset)
    now = datetime.now(UTC) + timedelta(seconds=offset)
    start_time, end_time = ((now + timedelta(hours=h)).strftime(_LOCAL) for h in (-1, 1))
    found: dict[str, str] = {}

    async def is_found() -> bool:
        found.update(await peer.find(1, start_time, end_time))
        return bool(found)

    await eventually(is_found)
    assert (found["items[0].Channel"], found["items[0].FileState"]) == ("0", "Temporary")
    begun = datetime.strptime(found["items[0].StartTime"], _LOCAL).replace(tzinfo=UTC)
    assert timedelta() <= now + timedelta(seconds=120) - begun < timedelta(seconds=240)
    assert not await peer.find(2, start_time, end_time)
    assert api_of(unit).finder.open == 0


async def test_a_plus_is_no_space(start: Start) -> None:
    _, peer = await start()
    created = await peer.table("mediaFileFind.cgi?action=factory.create")
    query = (
        f"&object={created['result']}&condition.Channel=1&condition.StartTime=2026-01-01+00:00:00"
    )
    status, _ = await peer.ask(
        f"mediaFileFind.cgi?action=findFile{query}&condition.EndTime=2026-01-02+00:00:00"
    )
    assert status == 400


async def test_searches_that_are_not_destroyed_run_out(start: Start) -> None:
    _, peer = await start(fw_finders=2)
    for _ in range(2):
        assert (await peer.ask("mediaFileFind.cgi?action=factory.create"))[0] == 200
    assert (await peer.ask("mediaFileFind.cgi?action=factory.create"))[0] == 500


async def test_who_listens_hears_heartbeats_and_events(
    start: Start, http: aiohttp.ClientSession
) -> None:
    unit, peer = await start()
    await peer.ask("global.cgi?action=getCurrentTime")
    path = "/cgi-bin/eventManager.cgi?action=attach&codes=[All]&heartbeat=1"
    url = URL(f"http://{unit.config.host}:{unit.config.http_port}{path}", encoded=True)
    proof = peer._account.authorization("GET", path)
    async with http.get(url, headers={"Authorization": proof or ""}) as response:
        assert response.status == 200
        heard = b""
        while b"Heartbeat" not in heard:
            heard += await response.content.readany()
        api_of(unit).events.tell("VideoLoss", "Start", 2)
        while b"Code=VideoLoss;action=Start;index=2" not in heard:
            heard += await response.content.readany()


async def recorded(start: Start, camera: VirtualCamera, **firmware: Any) -> tuple[VirtualNvr, str]:
    """Return a recorder with a few seconds of footage, and where it plays them."""
    unit, peer = await start(channels=(channel_of(camera),), **firmware)
    await eventually(lambda: is_recording(peer, 0))
    await asyncio.sleep(3)
    moment = datetime.now(UTC)
    begin, end = ((moment + timedelta(seconds=s)).strftime("%Y_%m_%d_%H_%M_%S") for s in (-60, 60))
    query = f"channel=1&subtype=0&starttime={begin}&endtime={end}"
    host, port = unit.config.host, unit.config.rtsp_port
    return unit, f"rtsp://{host}:{port}/cam/playback?{query}"


async def test_playback_tells_when_frames_were_captured_to_who_requires_it(
    start: Start, camera: VirtualCamera
) -> None:
    unit, uri = await recorded(start, camera)
    now = int(datetime.now(UTC).timestamp()) * _SECOND
    replay = Replay(uri=uri, username="admin", password=unit.config.password)
    span = Span(now - 10 * _SECOND, now - 1 * _SECOND)
    async with open_replay(replay, span) as stream:
        times = [frame.time async for _, frame in stream if isinstance(frame, VideoFrame)]
    assert len(times) > 10
    assert all(now - 60 * _SECOND < it < now + 60 * _SECOND for it in times)


async def test_playback_of_a_firmware_without_onvif_refuses_and_plays_in_real_time(
    start: Start, camera: VirtualCamera
) -> None:
    unit, uri = await recorded(start, camera, fw_onvif_replay=False)
    replay = Replay(uri=uri, username="admin", password=unit.config.password)
    with pytest.raises(SourceUnsupportedError):
        async with open_replay(replay, Span(0, _SECOND)):
            pass
    source = Source(uri=uri, username="admin", password=unit.config.password)
    async with open_session(source) as session:
        packets = await session.read()
    assert packets
    assert not any(packet.payload[0] & 0x10 for packet in packets)


async def test_live_pictures_are_where_dahua_has_them(start: Start, camera: VirtualCamera) -> None:
    unit, uri = await recorded(start, camera)
    live = f"{uri.partition('/cam')[0]}/cam/realmonitor?channel=1&subtype=0"
    source = Source(uri=live, username="admin", password=unit.config.password)
    async with open_session(source) as session:
        assert await session.read()


def test_firmware_switches_stand_in_the_file(tmp_path: Path) -> None:
    content = {
        "name": "Attic",
        "serial": "1",
        "host": "127.0.0.1",
        "username": "admin",
        "password": "x",
        "folder": str(tmp_path),
        "dahua": {"json_api": 404, "login_seconds": 2},
    }
    assert parse(content).dahua == DahuaFirmware(json_api=404, login_seconds=2)
    with pytest.raises(ConfigError, match="dahua has an unknown entry"):
        parse({**content, "dahua": {"colour": "red"}})
