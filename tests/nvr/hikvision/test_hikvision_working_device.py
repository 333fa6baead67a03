"""A Hikvision recorder as a working device: what it tells, and that it lives."""

import asyncio
from datetime import timedelta
import time

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.base import Subscription
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitProtocolError,
    UnitRefusedError,
    UnitUnreachableError,
)
from custom_components.nvr_hotspare.nvr.hikvision import HikvisionUnit, listening
from custom_components.nvr_hotspare.nvr.model import Capability, Endpoint, StorageState
from custom_components.nvr_hotspare.nvr.ration import AccountLockedError
from custom_components.nvr_hotspare.recorder.model import CameraAddress
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.conftest import endpoint_of
from tests.nvr.hikvision.conftest import DriveHikvision
from tests.nvr.hikvision.hikvision_lab import (
    SECOND,
    StartHikvision,
    api_of,
    eventually,
    inputs,
    own_channel,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.hikvision.inputs import Input, Track
from virtual_nvr.nvr.config import Lockout

NOWHERE = "127.9.9.9"


async def is_recording(driver: HikvisionUnit, number: int, wanted: Recording) -> None:
    async def check() -> bool:
        return (await driver.recordings())[number] is wanted

    await eventually(check)


async def _pull_on(subscription: Subscription) -> None:
    while True:
        await subscription.pull()


async def test_it_says_who_it_is_and_what_it_can_do(start_hikvision: StartHikvision) -> None:
    unit, driver = await start_hikvision(slots=8)
    probe = await driver.probe()
    assert probe.identity.serial == unit.config.serial
    assert (probe.identity.manufacturer, probe.identity.model) == ("Hikvision", "DS-7608NI-K2")
    assert probe.capacity == 8
    assert Capability.OWN_SPARE not in probe.capabilities
    assert {Capability.SPARE, Capability.FOOTAGE, Capability.EVENTS} <= probe.capabilities


async def test_that_it_has_a_hot_spare_function_of_its_own_is_told(
    start_hikvision: StartHikvision,
) -> None:
    _, driver = await start_hikvision(fw_spare=True)
    assert Capability.OWN_SPARE in (await driver.probe()).capabilities


async def test_a_heartbeat_needs_no_password_and_costs_no_attempt(
    start_hikvision: StartHikvision, drive_hikvision: DriveHikvision
) -> None:
    unit, _ = await start_hikvision(lockout=Lockout(attempts=1, seconds=60))
    stranger = drive_hikvision(unit, "wrong")
    for fresh in (True, False, True):
        assert (await stranger.heartbeat(fresh=fresh)).round_trip > 0
    assert not api_of(unit).lock.wrong_ones


async def test_nobody_else_is_taken_for_it(
    start_hikvision: StartHikvision, drive_hikvision: DriveHikvision
) -> None:
    unit, _ = await start_hikvision()
    host = unit.config.host
    with pytest.raises(UnitRefusedError):
        await drive_hikvision(Endpoint(host=host, port=9)).heartbeat()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, host, 8999):
        with pytest.raises(UnitProtocolError, match="no such recorder"):
            await drive_hikvision(Endpoint(host=host, port=8999)).heartbeat()


async def test_cameras_on_custom_protocols_are_told_with_their_streams(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    _, driver = await start_hikvision(channels=(own_channel(camera),), fw_wrong_sizes=True)
    (channel,) = await driver.settings()
    assert (channel.number, channel.name) == (1, "Gate")
    assert channel.source is not None
    assert channel.source.uri == camera.uri
    assert (channel.source.username, channel.source.password) == ("viewer", "")


async def test_cameras_of_other_protocols_are_told_with_their_addresses(
    start_hikvision: StartHikvision,
) -> None:
    unit, driver = await start_hikvision()
    held = inputs(unit)
    held[1] = Input(name="Hall", protocol="HIKVISION", address=NOWHERE, port=8000, source=3)
    held[2] = Input(name="Shed", protocol="ONVIF", address=NOWHERE, port=8080)
    held[3] = Input(name="Own", protocol="ONVIF", address=unit.config.host, port=8080)
    hall, shed, own = await driver.settings()
    assert hall.source is not None
    assert hall.source.uri == f"rtsp://{NOWHERE}:554/Streaming/Channels/301"
    assert hall.source.address == CameraAddress(
        host=NOWHERE, protocol="hikvision", port=8000, input=3
    )
    assert shed.source is not None
    assert shed.source.uri == ""
    assert shed.source.address == CameraAddress(host=NOWHERE, protocol="onvif", port=8080)
    assert own.source is None
    assert [it.behind for it in (hall, shed, own)] == [False, False, True]


@pytest.mark.parametrize("kind", ["list", "wrapped", "xml"])
async def test_what_it_records_is_told_by_every_kind_of_working_status(
    start_hikvision: StartHikvision, camera: VirtualCamera, kind: str
) -> None:
    unit, driver = await start_hikvision(channels=(own_channel(camera),), fw_working_status=kind)
    await is_recording(driver, 1, Recording.YES)
    await unit.hold(1)
    await is_recording(driver, 1, Recording.NO)
    api_of(unit).inputs.tracks[1] = Track(enable=False)
    await is_recording(driver, 1, Recording.NOT_SCHEDULED)


async def test_without_working_status_growing_footage_proves_that_it_records(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    _, driver = await start_hikvision(channels=(own_channel(camera),), fw_working_status="none")
    await is_recording(driver, 1, Recording.YES)


@pytest.mark.parametrize("offset", [-7200, 0, 19_800])
@pytest.mark.parametrize("local", [False, True])
async def test_times_that_end_in_z_are_corrected_where_they_are_local(
    start_hikvision: StartHikvision, camera: VirtualCamera, *, offset: int, local: bool
) -> None:
    unit, driver = await start_hikvision(
        channels=(own_channel(camera),), fw_local_times=local, fw_utc_offset=offset
    )
    unit.clock_offset = timedelta(seconds=5)
    began = time.time_ns()
    await is_recording(driver, 1, Recording.YES)

    async def is_told() -> bool:
        told = await driver.footage(1, Span(began - 3600 * SECOND, time.time_ns()))
        if not told.spans:
            return False
        assert abs(told.spans[0].start - began) < 30 * SECOND
        return True

    await eventually(is_told)


async def test_a_search_asks_for_page_after_page(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    _, driver = await start_hikvision(
        channels=(own_channel(camera),), fw_file_seconds=1, fw_most_matches=1
    )
    began = time.time_ns()

    async def is_long() -> bool:
        told = await driver.footage(1, Span(began - 60 * SECOND, time.time_ns()))
        return len(told.spans) == 1 and told.spans[0].end - told.spans[0].start > 3 * SECOND

    await eventually(is_long)


async def test_an_account_that_is_locked_is_left_alone_as_long_as_the_recorder_says(
    start_hikvision: StartHikvision, drive_hikvision: DriveHikvision
) -> None:
    unit, driver = await start_hikvision(lockout=Lockout(attempts=1, seconds=600))
    with pytest.raises(UnitCredentialsError):
        await drive_hikvision(unit, "wrong").identify()
    with pytest.raises(AccountLockedError, match="locked"):
        await driver.identify()
    with pytest.raises(AccountLockedError, match="not offered"):
        await driver.identify()


@pytest.mark.parametrize("kind", ["videoloss", "heartBeat"])
async def test_the_event_stream_is_a_heartbeat_and_its_silence_is_noticed(
    start_hikvision: StartHikvision, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(listening, "SILENCE", 0.5)
    unit, driver = await start_hikvision(fw_keep_alive=kind, fw_keep_alive_seconds=0.1)
    subscription = await driver.subscribe()
    assert await subscription.pull() == [StorageState(storage="disk 1", failed=False)]
    for _ in range(3):
        assert await subscription.pull() == []
    api_of(unit).alerts.tell("diskerror")
    while not (told := await subscription.pull()):
        pass
    assert told == [StorageState(storage="disk", failed=True)]
    api_of(unit).alerts.silent = True
    with pytest.raises(UnitUnreachableError):
        await _pull_on(subscription)
    await subscription.close()


async def test_a_disk_that_failed_is_told(start_hikvision: StartHikvision) -> None:
    unit, driver = await start_hikvision()
    await unit.fail_storage()
    subscription = await driver.subscribe()
    assert await subscription.pull() == [StorageState(storage="disk 1", failed=True)]
    await subscription.close()


async def test_it_restarts(start_hikvision: StartHikvision) -> None:
    _, driver = await start_hikvision()
    await driver.restart()

    async def is_away() -> bool:
        try:
            await driver.heartbeat(fresh=True)
        except UnitUnreachableError:
            return True
        return False

    await eventually(is_away)


async def test_channels_are_shown_live(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    unit, driver = await start_hikvision(channels=(own_channel(camera),))
    shown = await driver.live()
    assert shown[1].uri.endswith(f"{unit.config.host}:8554/Streaming/Channels/102")


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<html><body>Welcome",
    "entities": b'<!DOCTYPE a [<!ENTITY b "bb">]><DeviceInfo><serialNumber>&b;</serialNumber>'
    b"</DeviceInfo>",
    "cut off": b"<DeviceInfo><serialNumber>1</serial",
    "no serial": b"<DeviceInfo><model>1</model></DeviceInfo>",
    "a flood": b"<DeviceInfo>" + b"<a/>" * 1_000_000 + b"</DeviceInfo>",
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_and_truncated_answers_are_errors(
    start_hikvision: StartHikvision, drive_hikvision: DriveHikvision, kind: str
) -> None:
    unit, _ = await start_hikvision()
    body = HOSTILE[kind]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    host = endpoint_of(unit).host
    async with await asyncio.start_server(answer, host, 8999):
        with pytest.raises(UnitProtocolError):
            await drive_hikvision(Endpoint(host=host, port=8999)).identify()
