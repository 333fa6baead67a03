"""A Dahua recorder as a spare: cameras put onto its channels, recorded, and taken away again."""

import asyncio
from collections.abc import Sequence
import logging
import time
from typing import Any

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.dahua import DahuaUnit
from custom_components.nvr_hotspare.nvr.errors import UnitFullError, UnitRequestError
from custom_components.nvr_hotspare.nvr.model import PlaceState
from custom_components.nvr_hotspare.recorder.model import CameraAddress
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.dahua.conftest import DriveDahua
from tests.nvr.dahua.dahua_lab import (
    CAMERA_PASSWORD,
    SECOND,
    StartDahua,
    api_of,
    eventually,
    own_channel,
    place_of,
    slot_of,
    used,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.slots import RecordMode

NOWHERE = "rtsp://127.9.9.9:9"
WAYS: Sequence[dict[str, Any]] = (
    {},
    {"fw_json_api": 400},
    {"fw_json_api": 404},
    {"fw_json_api": 501},
    {"fw_tells_recording": False},
    {"fw_protocols": "Private Onvif"},
    {"fw_forgets_names": True},
    {"fw_keeps_deleted": True},
    {"fw_masks_passwords": False},
    {"fw_line_end": "\n"},
    {"fw_utc_offset": 19_800},
    {"fw_tells_utc_offset": True, "fw_utc_offset": -3600},
    {"fw_closes_connections": True},
    {"fw_login_seconds": 1.0},
    {"fw_finders": 1},
    {"fw_nothing_is_error": False},
)


def name_of(switches: dict[str, Any]) -> str:
    return " ".join(f"{key[3:]}={value!r}" for key, value in switches.items()) or "usual"


async def state(driver: DahuaUnit, key: str) -> PlaceState:
    return (await driver.places())[key]


async def recorded(driver: DahuaUnit, key: str) -> None:
    async def is_recorded() -> bool:
        return (await state(driver, key)).recording is Recording.YES

    await eventually(is_recorded)


@pytest.mark.parametrize("switches", WAYS, ids=name_of)
async def test_a_camera_is_adopted_recorded_released_and_taken_away_with_every_firmware(
    start_dahua: StartDahua, camera: VirtualCamera, switches: dict[str, Any]
) -> None:
    unit, driver = await start_dahua(**switches)
    place = place_of(camera)
    await driver.provision([place])
    idle = await state(driver, place.key)
    assert (idle.commanded, idle.provisioned, idle.holds_footage) == (False, True, False)
    assert idle.recording is not Recording.YES
    assert await driver.record([place]) == {}
    await recorded(driver, place.key)
    running = await state(driver, place.key)
    assert (running.commanded, running.holds_footage, running.error) == (True, True, "")
    await driver.release([place.key])
    released = await state(driver, place.key)
    assert (released.commanded, released.holds_footage) == (False, True)
    assert slot_of(unit, 3).mode is RecordMode.STOP
    await driver.unprovision([place.key])
    left = await state(driver, place.key)
    assert (left.provisioned, left.holds_footage) == (False, True)
    assert not slot_of(unit, 3).enable
    await driver.unprovision([place.key], delete_footage=True)
    assert await driver.places() == {}
    assert used(unit) == []
    assert slot_of(unit, 3).mode is RecordMode.AUTO
    assert not slot_of(unit, 3).password
    assert api_of(unit).finder.open == 0


@pytest.mark.parametrize("json_api", [0, 404])
@pytest.mark.parametrize(
    ("protocol", "made"),
    [
        ("dahua", ("Private", 37778, 80)),
        ("onvif", ("Onvif", 37778, 37778)),
        ("hikvision", ("General", 80, 80)),
    ],
)
async def test_a_camera_is_added_by_its_own_protocol_where_the_recorder_knows_it(
    start_dahua: StartDahua,
    camera: VirtualCamera,
    *,
    protocol: str,
    made: tuple[str, int, int],
    json_api: int,
) -> None:
    unit, driver = await start_dahua(fw_json_api=json_api)
    address = CameraAddress(host=camera.address, protocol=protocol, port=37778)
    place = place_of(camera, address=address)
    await driver.provision([place])
    slot = slot_of(unit, 3)
    assert (slot.protocol, slot.port, slot.http_port) == made
    assert await driver.record([place]) == {}
    await recorded(driver, place.key)
    assert slot_of(unit, 3).protocol == made[0]


async def test_a_recorder_that_knows_no_protocol_but_onvif_is_given_the_camera_by_that(
    start_dahua: StartDahua,
) -> None:
    unit, driver = await start_dahua(fw_protocols="Onvif")
    address = CameraAddress(host="127.9.9.9", protocol="dahua", port=37777)
    await driver.provision([place_of(f"{NOWHERE}/1", address=address)])
    slot = slot_of(unit, 3)
    assert (slot.protocol, slot.address, slot.http_port) == ("Onvif", "127.9.9.9", 80)


async def test_a_place_that_never_recorded_leaves_nothing(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    place = place_of(f"{NOWHERE}/1")
    await driver.provision([place])
    assert used(unit) == [3]
    await driver.unprovision([place.key])
    assert used(unit) == []


async def test_a_takeover_is_one_request_for_all_cameras(
    start_dahua: StartDahua, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, driver = await start_dahua()
    places = [place_of(f"{NOWHERE}/{number}", number) for number in (1, 2, 3)]
    await driver.provision(places)
    orders: list[dict[str, str]] = []
    configure = driver._client.configure

    async def noted(pairs: dict[str, str]) -> None:
        orders.append(pairs)
        await configure(pairs)

    monkeypatch.setattr(driver._client, "configure", noted)
    assert await driver.record(places) == {}
    assert orders == [{f"RecordMode[{n}].Mode": "1" for n in (3, 2, 1)}]


async def test_trap_a_password_never_stands_in_an_address_where_there_is_json(
    start_dahua: StartDahua, camera: VirtualCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, driver = await start_dahua()
    asked: list[str] = []
    send = driver._client.account._http.send

    async def noted(request: Any, **settings: Any) -> Any:
        asked.append(str(request.url))
        return await send(request, **settings)

    monkeypatch.setattr(driver._client.account._http, "send", noted)
    place = place_of(camera)
    assert await driver.record([place]) == {}
    await driver.release([place.key])
    await driver.unprovision([place.key], delete_footage=True)
    assert asked
    assert not [url for url in asked if "p%40ss" in url or CAMERA_PASSWORD in url]


async def test_trap_without_json_the_address_with_the_password_is_in_no_log(
    start_dahua: StartDahua, camera: VirtualCamera, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    unit, driver = await start_dahua(fw_json_api=404, fw_protocols="Private")
    asyncio.get_running_loop().set_debug(enabled=True)
    errors = await driver.record([place_of(camera)])
    assert errors
    assert slot_of(unit, 3).address == "192.168.0.0"
    shown = caplog.text + str(errors)
    assert "p@ss" not in shown
    assert "p%40ss" not in shown
    assert "w%2Frd" not in shown


async def test_trap_failed_code_within_200_is_a_refusal(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua(fw_failed_code=1)
    place = place_of(f"{NOWHERE}/1")
    assert "code 1" in (await driver.record([place]))[place.key]
    with pytest.raises(UnitRequestError, match="code 1"):
        await driver.provision([place])
    assert used(unit) == []


async def test_trap_error_within_200_is_a_refusal(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    _, driver = await start_dahua(fw_error_in_ok=True, fw_protocols="Private", fw_json_api=501)
    assert await driver.record([place_of(camera)]) == {
        "VN0001/1": "The recorder did not take the settings"
    }


async def test_its_own_cameras_are_never_touched(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(slots=2, channels=(own_channel(camera),))
    own = slot_of(unit, 0)
    places = [place_of(f"{NOWHERE}/{number}", number) for number in (1, 2)]
    with pytest.raises(UnitFullError):
        await driver.provision(places)
    errors = await driver.record(places)
    assert len(errors) == 1
    await driver.release([it.key for it in places])
    await driver.unprovision([*(it.key for it in places), "own-1"], delete_footage=True)
    assert used(unit) == [0]
    assert slot_of(unit, 0) == own


async def test_a_camera_that_its_owner_disabled_keeps_its_channel(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(slots=1, channels=(own_channel(camera),))
    api = api_of(unit)
    slot = api.slots.all[0]
    api.slots.change(0, type(slot)(address=slot.address, enable=False, name=slot.name))
    assert (await driver.probe()).capacity == 0
    with pytest.raises(UnitFullError):
        await driver.provision([place_of(f"{NOWHERE}/1")])


async def test_those_that_wait_give_way_to_those_that_fail(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua(slots=1)
    waiting, failing = (place_of(f"{NOWHERE}/{number}", number) for number in (1, 2))
    await driver.provision([waiting])
    with pytest.raises(UnitFullError):
        await driver.provision([failing])
    assert await driver.record([failing]) == {}
    assert list(await driver.places()) == [failing.key]
    assert used(unit) == [0]


async def test_footage_never_gives_way(start_dahua: StartDahua, camera: VirtualCamera) -> None:
    _, driver = await start_dahua(slots=1)
    first, second = place_of(camera), place_of(f"{NOWHERE}/2", 2)
    await driver.record([first])
    await recorded(driver, first.key)
    await driver.release([first.key])
    errors = await driver.record([second])
    assert errors == {second.key: "The recorder has no free channel"}
    assert (await state(driver, first.key)).holds_footage


async def test_footage_of_the_camera_before_is_not_taken_for_its_own(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    _, driver = await start_dahua(slots=1)
    first, second = place_of(camera), place_of(camera, 2)
    await driver.record([first])
    await recorded(driver, first.key)
    await driver.release([first.key])
    await driver.unprovision([first.key], delete_footage=True)
    await asyncio.sleep(2)
    await driver.provision([second])
    assert not (await state(driver, second.key)).holds_footage
    now = time.time_ns()
    told = await driver.footage(second.key, Span(now - 600 * SECOND, now + 60 * SECOND))
    assert told.spans == ()


async def test_all_is_found_again_by_another_driver(
    start_dahua: StartDahua, drive_dahua: DriveDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua()
    place = place_of(camera)
    await driver.record([place])
    await recorded(driver, place.key)
    other = drive_dahua(unit)
    assert (await state(other, place.key)).commanded
    await other.provision([place])  # a password may have changed: it is written again
    assert (await state(other, place.key)).commanded
    assert used(unit) == [3]
    await other.release([place.key])
    assert not (await state(other, place.key)).commanded


async def test_trap_names_that_the_recorder_changes_are_found_again_by_the_title(
    start_dahua: StartDahua, drive_dahua: DriveDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua(fw_forgets_names=True)
    place = place_of(camera)
    await driver.provision([place])
    await driver.places()
    assert slot_of(unit, 3).name == "7H07AB1RAZ64978"
    assert slot_of(unit, 3).title.startswith("Camera 1 ")
    other = drive_dahua(unit)
    assert list(await other.places()) == [place.key]
    await other.unprovision([place.key])
    assert used(unit) == []


async def test_a_camera_with_another_password_is_written_again(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua()
    await driver.record([place_of(camera, password="wrong")])
    assert slot_of(unit, 3).password == "wrong"
    place = place_of(camera)
    assert await driver.record([place]) == {}
    assert slot_of(unit, 3).password == CAMERA_PASSWORD
    await recorded(driver, place.key)


async def test_a_camera_that_is_not_there_is_said_so(start_dahua: StartDahua) -> None:
    _, driver = await start_dahua()
    place = place_of(f"{NOWHERE}/1")
    await driver.record([place])
    told = await state(driver, place.key)
    assert (told.commanded, told.recording) == (True, Recording.NO)
    assert told.error == "The recorder has no connection to the camera"


async def test_a_name_that_the_recorder_would_cut_is_refused(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    place = place_of(f"{NOWHERE}/1")
    long = type(place)(key="x" * 200, name="Long", source=place.source)
    assert "too long" in (await driver.record([long]))[long.key]
    assert used(unit) == []


async def test_calls_may_be_repeated_without_harm(
    start_dahua: StartDahua, camera: VirtualCamera
) -> None:
    unit, driver = await start_dahua()
    place = place_of(camera)
    for _ in range(2):
        await driver.provision([place])
    for _ in range(2):
        assert await driver.record([place]) == {}
    for _ in range(2):
        await driver.release([place.key])
    for _ in range(2):
        await driver.unprovision([place.key], delete_footage=True)
    assert used(unit) == []
