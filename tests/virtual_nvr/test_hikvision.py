"""The virtual recorder as a Hikvision, seen by a client that is not the driver."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import aiohttp
from lxml import etree
import pytest

from custom_components.nvr_hotspare.recorder.giving.model import Replay
from custom_components.nvr_hotspare.recorder.model import VideoFrame
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.virtual_nvr.hikvision_peer import HikvisionPeer, channel_xml, search_xml
from tests.virtual_nvr.nvr_lab import CAMERA_PASSWORD, StartNvr, channel_of, eventually
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.hikvision.api import HikvisionApi
from virtual_nvr.hikvision.firmware import HikvisionFirmware
from virtual_nvr.nvr.config import Limits, Lockout, parse
from virtual_nvr.nvr.unit import VirtualNvr

type Start = Callable[..., Awaitable[tuple[VirtualNvr, HikvisionPeer]]]

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SECOND = 1_000_000_000


@pytest.fixture
def start(start_nvr: StartNvr, http: aiohttp.ClientSession) -> Start:
    """Start recorders of four channels; settings that start with `fw_` are the firmware's."""

    async def make(**settings: Any) -> tuple[VirtualNvr, HikvisionPeer]:
        firmware = {
            k.removeprefix("fw_"): settings.pop(k) for k in list(settings) if k[:3] == "fw_"
        }
        limits = Limits(recordings=4, jobs=4, receivers=4)
        firmware.setdefault("camera_rtsp_port", 8554)
        made = HikvisionFirmware(**firmware)
        unit, _ = await start_nvr(limits=limits, hikvision=made, **settings)
        return unit, HikvisionPeer(http, unit.config)

    return make


def api_of(unit: VirtualNvr) -> HikvisionApi:
    api = unit._present().api
    assert isinstance(api, HikvisionApi)
    return api


def host_of(camera: VirtualCamera) -> str:
    return camera.uri.split("/")[2].split(":")[0]


async def add(peer: HikvisionPeer, camera: VirtualCamera, channel: int, **parts: Any) -> str:
    """Put a camera onto a channel; returns the subStatusCode."""
    fields = {"ipAddress": host_of(camera), "password": CAMERA_PASSWORD, **parts}
    told = await peer.xml(
        "POST", "ContentMgmt/InputProxy/channels", channel_xml(id=channel, **fields)
    )
    return told.findtext("{*}subStatusCode") or ""


async def schedule(peer: HikvisionPeer, channel: int, *, enable: bool) -> str:
    path = f"ContentMgmt/record/tracks/{channel}01"
    track = await peer.xml("GET", path)
    found = track.find("{*}Enable")
    assert found is not None
    found.text = str(enable).lower()
    told = await peer.xml("PUT", path, etree.tostring(track, encoding="unicode"))
    return told.findtext("{*}subStatusCode") or ""


async def working(peer: HikvisionPeer, channel: int) -> dict[str, Any]:
    _, body = await peer.ask("GET", "System/workingstatus/chanStatus?format=json")
    found: dict[str, Any] = json.loads(body)["ChanStatus"][channel - 1]
    return found


async def recorded(peer: HikvisionPeer, channel: int) -> None:
    async def is_so() -> bool:
        return bool((await working(peer, channel))["record"])

    await eventually(is_so)


async def files(peer: HikvisionPeer, channel: int, **parts: int) -> list[dict[str, str]]:
    now = datetime.now(UTC)
    begin, end = (f"{now + timedelta(hours=it):{_TIME}}" for it in (-30, 30))
    found = await peer.xml(
        "POST", "ContentMgmt/search", search_xml(channel * 100 + 1, begin, end, **parts)
    )
    return [
        {etree.QName(it).localname: it.text or "" for it in match.iter()}
        for match in found.iterfind("{*}matchList/{*}searchMatchItem")
    ]


async def test_it_says_who_it_is(start: Start) -> None:
    unit, peer = await start(model="DS-7608NI-K2", manufacturer="hikvision")
    told = await peer.told("System/deviceInfo")
    assert (told["serialNumber"], told["model"]) == (unit.config.serial, "DS-7608NI-K2")
    assert told["deviceType"] == "NVR"


async def test_its_names_are_in_the_namespace_of_its_firmware(start: Start) -> None:
    _, peer = await start(fw_namespace="http://www.isapi.org/ver20/XMLSchema")
    told = await peer.xml("GET", "System/deviceInfo")
    assert told.tag == "{http://www.isapi.org/ver20/XMLSchema}DeviceInfo"


async def test_nothing_is_told_without_the_password(start: Start) -> None:
    unit, peer = await start(lockout=Lockout(attempts=2, seconds=60))
    async with aiohttp.ClientSession() as http:
        stranger = HikvisionPeer(http, unit.config, "wrong")
        assert (await stranger.ask("GET", "System/deviceInfo"))[0] == 401
        _, body = await stranger.ask("GET", "System/deviceInfo")
    assert b">lock</" in body
    assert (await peer.ask("GET", "System/deviceInfo"))[0] == 401


async def test_its_own_cameras_are_told_without_their_passwords(
    start: Start, camera: VirtualCamera
) -> None:
    _, peer = await start(channels=(channel_of(camera),))
    _, body = await peer.ask("GET", "ContentMgmt/InputProxy/channels")
    assert host_of(camera).encode() in body
    assert CAMERA_PASSWORD.encode() not in body
    await recorded(peer, 1)


async def test_a_camera_that_is_added_is_recorded_once_its_schedule_says_so(
    start: Start, camera: VirtualCamera
) -> None:
    _, peer = await start()
    assert await add(peer, camera, 3) == "ok"
    assert not (await working(peer, 3))["record"]
    assert await schedule(peer, 3, enable=True) == "ok"
    await recorded(peer, 3)
    told = await peer.told("ContentMgmt/InputProxy/channels/3/status")
    assert (told["online"], told["chanDetectResult"]) == ("true", "connect")
    assert await schedule(peer, 3, enable=False) == "ok"

    async def is_over() -> bool:
        return not (await working(peer, 3))["record"]

    await eventually(is_over)
    assert await files(peer, 3)


async def test_who_takes_a_camera_off_its_channel_loses_its_footage(
    start: Start, camera: VirtualCamera
) -> None:
    _, peer = await start(channels=(channel_of(camera),))

    async def is_found() -> bool:
        return bool(await files(peer, 1))

    await eventually(is_found)
    assert (await peer.ask("DELETE", "ContentMgmt/InputProxy/channels/1"))[0] == 200
    assert await files(peer, 1) == []


async def test_a_change_without_the_password_loses_it(start: Start, camera: VirtualCamera) -> None:
    _, peer = await start()
    await add(peer, camera, 1)
    path = "ContentMgmt/InputProxy/channels/1"
    as_told = etree.tostring(await peer.xml("GET", path), encoding="unicode")
    assert (await peer.ask("PUT", path, as_told))[0] == 200
    told = await peer.told(f"{path}/status")
    assert told["chanDetectResult"] == "errorUserNameOrPasswd"


async def test_a_custom_protocol_is_the_address_of_a_stream(
    start: Start, camera: VirtualCamera
) -> None:
    _, peer = await start(fw_camera_rtsp_port=1)
    path = "ContentMgmt/InputProxy/customProtocols/2"
    custom = await peer.xml("GET", path)
    for name, value in (("portNo", "8554"), ("resourcePath", "/stream")):
        found = custom.find(f"{{*}}MainStream/{{*}}{name}")
        assert found is not None
        found.text = value
    assert (await peer.ask("PUT", path, etree.tostring(custom, encoding="unicode")))[0] == 200
    await add(peer, camera, 2, proxyProtocol="CUSTOM2")
    await schedule(peer, 2, enable=True)
    await recorded(peer, 2)


@pytest.mark.parametrize(
    ("firmware", "sub"),
    [({"fw_adds_nothing": "badParameters"}, "badParameters"), ({"fw_pretends": True}, "ok")],
)
async def test_some_add_nothing(
    start: Start, camera: VirtualCamera, firmware: dict[str, Any], sub: str
) -> None:
    _, peer = await start(**firmware)
    assert await add(peer, camera, 1) == sub
    assert "ipAddress" not in await peer.told("ContentMgmt/InputProxy/channels")


async def test_some_choose_the_channel_themselves(start: Start, camera: VirtualCamera) -> None:
    _, peer = await start(fw_assigns_ids=True)
    await add(peer, camera, 4)
    told = await peer.told("ContentMgmt/InputProxy/channels")
    assert told["id"] == "1"


async def test_a_search_is_told_a_page_at_a_time(start: Start, camera: VirtualCamera) -> None:
    _, peer = await start(
        channels=(channel_of(camera),), fw_file_seconds=1, fw_misspells_position=True
    )

    async def are_many() -> bool:
        return len(await files(peer, 1)) > 3

    await eventually(are_many)
    assert len(await files(peer, 1, most=2)) == 2
    first, second = await files(peer, 1, most=2)
    assert (await files(peer, 1, first=1, most=1))[0]["startTime"] == second["startTime"]
    assert first["endTime"] == second["startTime"]


async def test_some_tell_local_times_as_if_they_were_not(
    start: Start, camera: VirtualCamera
) -> None:
    _, peer = await start(
        channels=(channel_of(camera),), fw_local_times=True, fw_utc_offset=2 * 3600
    )

    async def is_found() -> bool:
        return bool(await files(peer, 1))

    await eventually(is_found)
    told = datetime.strptime((await files(peer, 1))[-1]["endTime"], _TIME).replace(tzinfo=UTC)
    assert abs(told - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)
    assert (await peer.told("System/time"))["localTime"].endswith("+02:00")


async def test_it_plays_what_it_recorded_with_the_times_of_the_frames(
    start: Start, camera: VirtualCamera
) -> None:
    unit, peer = await start(channels=(channel_of(camera),))

    async def is_long() -> bool:
        found = await files(peer, 1)
        return bool(found) and found[0]["startTime"] != found[0]["endTime"]

    await eventually(is_long)
    begin = datetime.strptime((await files(peer, 1))[0]["startTime"], _TIME).replace(tzinfo=UTC)
    start_time = round(begin.timestamp()) * _SECOND
    uri = f"rtsp://{unit.config.host}:{unit.config.rtsp_port}/Streaming/tracks/101/"
    replay = Replay(uri=uri, username=unit.config.username, password=unit.config.password)
    span = Span(start_time, start_time + 2 * _SECOND)
    async with open_replay(replay, span) as stream:
        times = [frame.time async for _, frame in stream if isinstance(frame, VideoFrame)]
    assert times
    assert abs(times[0] - start_time) < 2 * _SECOND


async def test_it_says_again_and_again_that_nothing_happens(start: Start) -> None:
    unit, peer = await start(fw_keep_alive="heartBeat", fw_keep_alive_seconds=0.1)
    uri = f"{peer.address}/ISAPI/Event/notification/alertStream"
    async with aiohttp.ClientSession() as http:
        middleware = aiohttp.DigestAuthMiddleware(unit.config.username, unit.config.password)
        async with http.get(uri, middlewares=(middleware,)) as response:
            seen = b""
            while seen.count(b"heartBeat</") < 3:
                seen += await response.content.readany()
            api_of(unit).alerts.tell("diskerror")
            while b"diskerror" not in seen:
                seen += await response.content.readany()
    while api_of(unit).alerts.listeners:  # noqa: ASYNC110 - it notices when it writes
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("kind", ["wrapped", "xml", "none"])
async def test_how_channels_are_is_told_in_several_ways(start: Start, kind: str) -> None:
    _, peer = await start(fw_working_status=kind)
    status, body = await peer.ask("GET", "System/workingstatus?format=json")
    told = {"wrapped": b"ChanStatusList", "xml": b"<chanNo>1</chanNo>", "none": b"notSupport"}
    assert told[kind] in body
    assert (status == 200) == (kind != "none")


def test_a_configuration_can_have_a_firmware() -> None:
    unit = {"name": "A", "serial": "B", "host": "127.0.0.1", "folder": "/x", "username": "u"}
    made = parse({**unit, "password": "p", "hikvision": {"spare": True}})
    assert made.hikvision == HikvisionFirmware(spare=True)
