"""A Dahua recorder as a working device: its channels, whether it records them, its footage."""

import asyncio
from dataclasses import replace
import time

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitProtocolError,
    UnitRefusedError,
    UnitRequestError,
    UnitUnreachableError,
)
from custom_components.nvr_hotspare.nvr.model import Capability, Endpoint
from custom_components.nvr_hotspare.recorder.model import CameraAddress
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.dahua.conftest import DriveDahua
from tests.nvr.dahua.dahua_lab import (
    SECOND,
    StartDahua,
    api_of,
    eventually,
    own_channel,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.slots import RecordMode, Slot
from virtual_nvr.nvr.config import Lockout
from virtual_nvr.nvr.device import hardware_address


async def test_it_says_who_it_is(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    identity = await driver.identify()
    assert (identity.manufacturer, identity.model) == ("Dahua", "NVR4216-4KS2")
    assert (identity.firmware, identity.serial) == ("4.001", unit.config.serial)
    assert identity.mac == hardware_address(unit.config.serial)


async def test_a_heartbeat_needs_no_account(
    start_dahua: StartDahua, drive_dahua: DriveDahua
) -> None:
    unit, _ = await start_dahua(lockout=Lockout(attempts=1, seconds=1800))
    driver = drive_dahua(unit, "wrong")
    for fresh in (False, True):
        assert (await driver.heartbeat(fresh=fresh)).round_trip > 0
    assert await drive_dahua(unit).identify()


async def test_a_recorder_that_has_locked_an_account_lives(
    start_dahua: StartDahua, drive_dahua: DriveDahua
) -> None:
    unit, driver = await start_dahua(lockout=Lockout(attempts=1, seconds=1800))
    with pytest.raises(UnitCredentialsError):
        await drive_dahua(unit, "wrong").identify()
    with pytest.raises(UnitCredentialsError):
        await driver.identify()
    assert await driver.heartbeat()


async def test_trap_lockout_wrong_passwords_never_lock_the_account(
    start_dahua: StartDahua, drive_dahua: DriveDahua
) -> None:
    unit, good = await start_dahua(lockout=Lockout(attempts=4, seconds=1800))
    wrong = drive_dahua(unit, "wrong")
    calls = [wrong.identify, wrong.probe, wrong.settings, wrong.recordings, wrong.subscribe]
    for call in calls * 3:
        with pytest.raises(UnitCredentialsError):
            await call()
    assert await good.identify()


async def test_what_is_no_recorder_is_no_life(drive_dahua: DriveDahua) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n<html>A printer")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UnitProtocolError):
            await drive_dahua(Endpoint(host="127.0.0.1", port=port)).heartbeat()
    with pytest.raises(UnitRefusedError):
        await drive_dahua(Endpoint(host="127.0.0.1", port=port)).heartbeat(fresh=True)


async def test_it_tells_its_channels_and_where_their_cameras_are(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(channels=(own_channel(camera), own_channel(camera, "Yard")))
    first, second = await driver.settings()
    assert (first.number, first.token, first.name) == (1, "0", "Gate")
    assert (second.number, second.name) == (2, "Yard")
    assert first.source is not None
    assert (first.source.uri, first.source.password) == (camera.uri, "")
    api_of(unit).slots.change(
        3, Slot(enable=True, address="10.0.0.9", protocol="Private", rtsp_port=555, title="Barn")
    )
    api_of(unit).slots.change(
        2, Slot(enable=True, address="10.0.0.8", protocol="Onvif", http_port=8080)
    )
    *_, third, fourth = await driver.settings()
    assert third.source is not None
    assert third.source.uri == ""  # where on that camera is known to the recorder alone
    assert third.source.address == CameraAddress(host="10.0.0.8", protocol="onvif", port=8080)
    assert fourth.source is not None
    assert fourth.source.uri == "rtsp://10.0.0.9:555/cam/realmonitor?channel=1&subtype=0"
    assert fourth.source.address == CameraAddress(host="10.0.0.9", protocol="dahua", port=37777)
    assert first.source.address is None, "it is reached by its stream"


async def test_it_tells_the_sub_streams_that_it_knows_and_which_cameras_hang_on_it(
    start_dahua: StartDahua,
) -> None:
    unit, driver = await start_dahua()
    main, sub = "rtsp://10.0.0.9/one", "rtsp://10.0.0.9/two"
    both = Slot(enable=True, address="10.0.0.9", protocol="General", main_url=main, extra_url=sub)
    own = Slot(enable=True, address=unit.config.host, protocol="Private")
    api_of(unit).slots.change(0, both)
    api_of(unit).slots.change(1, own)
    first, second = await driver.settings()
    assert (first.sub_uri, first.behind) == (sub, False)
    assert (second.sub_uri, second.behind, second.source) == ("", True, None)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\n\n"])
async def test_trap_line_ends_and_values_with_equals_signs(
    start_dahua: StartDahua, end: str
) -> None:
    unit, driver = await start_dahua(fw_line_end=end)
    uri = "rtsp://10.0.0.9/live?channel=1&stream=main"
    slot = Slot(enable=True, address="10.0.0.9", protocol="General", main_url=uri, title="a=b=c")
    api_of(unit).slots.change(0, slot)
    (channel,) = await driver.settings()
    assert channel.name == "a=b=c"
    assert channel.source is not None
    assert channel.source.uri == uri


async def test_passwords_that_older_firmwares_show_are_not_taken(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    _, driver = await start_dahua(channels=(own_channel(camera),), fw_masks_passwords=False)
    (channel,) = await driver.settings()
    assert "p@ss" not in repr(channel)
    assert channel.source is not None
    assert not channel.source.password


async def test_it_tells_whether_channels_are_recorded(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(channels=(own_channel(camera), own_channel(camera, "Yard")))

    async def told(*wanted: Recording) -> bool:
        return list((await driver.recordings()).values()) == list(wanted)

    await eventually(lambda: told(Recording.YES, Recording.YES))
    await unit.hold(2)
    assert await told(Recording.YES, Recording.UNKNOWN)  # it may just be connecting
    assert await told(Recording.YES, Recording.NO)
    await unit.let_go(2)
    await eventually(lambda: told(Recording.YES, Recording.YES))


async def test_what_its_owner_does_not_want_recorded_is_not_scheduled(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(channels=(own_channel(camera), own_channel(camera)))
    await unit.hold(1)
    await unit.hold(2)
    slots = api_of(unit).slots
    slots.change(0, replace(slots.all[0], mode=RecordMode.STOP))
    slots.change(1, replace(slots.all[1], schedule="2 00:00:00-24:00:00"))
    await driver.recordings()
    told = await driver.recordings()
    assert list(told.values()) == [Recording.NOT_SCHEDULED, Recording.NOT_SCHEDULED]


@pytest.mark.parametrize("switch", [{"fw_json_api": 501}, {"fw_tells_recording": False}])
async def test_a_firmware_that_does_not_tell_proves_nothing(
    start_dahua: StartDahua, camera: VirtualCamera, switch: dict[str, object]
) -> None:
    _, driver = await start_dahua(channels=(own_channel(camera),), **switch)
    assert await driver.recordings() == {1: Recording.UNKNOWN}


async def test_its_capabilities_are_asked_for(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(channels=(own_channel(camera),))
    await eventually(lambda: _records(driver.recordings))
    probe = await driver.probe()
    assert probe.capabilities == frozenset(Capability) - {Capability.OWN_SPARE}
    assert (probe.capacity, probe.own_recordings) == (3, 1)
    assert api_of(unit).finder.open == 0


async def _records(recordings: object) -> bool:
    assert callable(recordings)
    return bool((await recordings())[1] is Recording.YES)


async def test_trap_local_times_footage_is_told_by_our_clock(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    begun = time.time_ns()
    unit, driver = await start_dahua(channels=(own_channel(camera),), fw_utc_offset=-5 * 3600)
    now = time.time_ns()

    async def told() -> bool:
        footage = await driver.footage(1, Span(now - 3600 * SECOND, now + 3600 * SECOND))
        if not footage.spans:
            return False
        (span,) = footage.spans
        doubt = footage.uncertainty
        assert begun - 120 * SECOND < span.start < span.end + doubt
        assert begun - doubt - SECOND < span.end < time.time_ns() + doubt
        assert footage.exact
        return True

    await eventually(told)
    assert api_of(unit).finder.open == 0


async def test_trap_one_based_channels_the_second_channel_is_not_the_first(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(
        channels=(own_channel(camera), own_channel(camera)), fw_answers_from_one=True
    )
    await unit.hold(2)
    now = time.time_ns()
    within = Span(now - 60 * SECOND, now + 60 * SECOND)

    async def first() -> bool:
        return bool((await driver.footage(1, within)).spans)

    await eventually(first)
    assert not (await driver.footage(2, within)).spans
    with pytest.raises(UnitRequestError):
        await driver.footage(3, within)


@pytest.mark.parametrize("nothing_is_error", [True, False])
async def test_trap_nothing_found_is_no_failure(
    start_dahua: StartDahua, camera: VirtualCamera, *, nothing_is_error: bool
) -> None:
    unit, driver = await start_dahua(
        channels=(own_channel(camera),), fw_nothing_is_error=nothing_is_error
    )
    told = await driver.footage(1, Span(0, 3600 * SECOND))
    assert (told.spans, told.exact) == ((), True)
    assert api_of(unit).finder.open == 0


async def test_trap_searches_are_always_destroyed(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(channels=(own_channel(camera),), fw_finders=1)
    now = time.time_ns()
    within = Span(now - 60 * SECOND, now + 60 * SECOND)
    asking = [asyncio.create_task(driver.footage(1, within)) for _ in range(4)]
    while not api_of(unit).finder.open:  # noqa: ASYNC110 - what is waited for happens elsewhere
        await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    assert all(task.exception() is None for task in asking[1:])
    assert api_of(unit).finder.open == 0


async def test_more_files_than_fit_an_answer_are_all_found(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(channels=(own_channel(camera),), fw_file_seconds=1)
    files = api_of(unit).finder
    held = files._held

    async def long(channel: int, start: int, end: int) -> object:
        real = await held(channel, start, end)
        return real._replace(spans=[Span(end - 350 * SECOND, end)])

    files._held = long  # type: ignore[assignment]
    now = time.time_ns()
    told = await driver.footage(1, Span(now - 400 * SECOND, now))
    (span,) = told.spans
    assert abs(span.length - 350 * SECOND) <= 2 * SECOND


async def test_it_can_be_restarted(start_dahua: StartDahua) -> None:
    _, driver = await start_dahua()
    await driver.restart()

    async def is_gone() -> bool:
        try:
            await driver.heartbeat(fresh=True)
        except UnitUnreachableError:
            return True
        return False

    await eventually(is_gone)


async def test_it_shows_its_channels_live(start_dahua: StartDahua, camera: VirtualCamera) -> None:
    unit, driver = await start_dahua(channels=(own_channel(camera),))
    shown = await driver.live()
    host, port = unit.config.host, unit.config.rtsp_port
    assert shown[1].uri == f"rtsp://{host}:{port}/cam/realmonitor?channel=1&subtype=1"
    assert shown[1].password == unit.config.password
