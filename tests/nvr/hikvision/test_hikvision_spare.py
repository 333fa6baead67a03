"""A Hikvision recorder as a spare: cameras put onto its channels, recorded, and taken away."""

from collections.abc import Sequence
from dataclasses import replace
import logging
import time
from typing import Any

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitFullError,
    UnitRequestError,
)
from custom_components.nvr_hotspare.recorder.model import CameraAddress, VideoFrame
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.hikvision.conftest import DriveHikvision
from tests.nvr.hikvision.hikvision_lab import (
    CAMERA_PASSWORD,
    SECOND,
    StartHikvision,
    api_of,
    eventually,
    inputs,
    own_channel,
    place_of,
    recorded,
    state,
)
from virtual_nvr.cameras import VirtualCamera

NOWHERE = "rtsp://127.9.9.9:9/stream"
WAYS: Sequence[dict[str, Any]] = (
    {},
    {"fw_namespace": "http://www.isapi.org/ver20/XMLSchema"},
    {"fw_namespace": "http://www.std-cgi.com/ver20/XMLSchema"},
    {"fw_working_status": "wrapped"},
    {"fw_working_status": "xml"},
    {"fw_working_status": "none"},
    {"fw_wrong_sizes": True},
    {"fw_assigns_ids": True},
    {"fw_local_times": True, "fw_utc_offset": 7200},
    {"fw_local_times": False, "fw_utc_offset": 7200},
    {"fw_local_times": True, "fw_utc_offset": -19_800},
    {"fw_misspells_position": False},
    {"fw_track_list": "trackIDList"},
    {"fw_file_seconds": 1, "fw_most_matches": 1},
    {"fw_records_new_cameras": True},
    {"fw_login_seconds": 1.0},
    {"fw_closes_connections": True},
    {"fw_onvif_replay": False},
)


def name_of(switches: dict[str, Any]) -> str:
    return " ".join(f"{key[3:]}={value!r}" for key, value in switches.items()) or "usual"


@pytest.mark.parametrize("switches", WAYS, ids=name_of)
async def test_a_camera_is_adopted_recorded_released_and_taken_away_with_every_firmware(
    start_hikvision: StartHikvision, camera: VirtualCamera, switches: dict[str, Any]
) -> None:
    unit, driver = await start_hikvision(**switches)
    place = place_of(camera)
    began = time.time_ns()
    await driver.provision([place])
    waiting = await state(driver, place.key)
    assert (waiting.commanded, waiting.provisioned) == (False, True)
    assert await driver.record([place]) == {}
    await recorded(driver, place.key)

    async def are_times_known() -> bool:
        await state(driver, place.key)  # it is asked again and again while it records
        told = await driver.footage(place.key, Span(began - 60 * SECOND, time.time_ns()))
        return bool(told.spans) and told.uncertainty < 60 * SECOND

    await eventually(are_times_known)
    await driver.release([place.key])
    released = await state(driver, place.key)
    assert (released.commanded, released.holds_footage) == (False, True)
    told = await driver.footage(place.key, Span(began - 60 * SECOND, began + 600 * SECOND))
    assert told.spans
    slack = told.uncertainty + 2 * SECOND
    assert began - slack < told.spans[0].start < time.time_ns()
    await driver.unprovision([place.key])
    assert not (await state(driver, place.key)).provisioned
    assert len(inputs(unit)) == 1, "its footage would have gone with it"
    await driver.unprovision([place.key], delete_footage=True)
    assert await driver.places() == {}
    assert not inputs(unit)


async def test_footage_is_played_with_the_times_of_its_frames(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    _, driver = await start_hikvision(fw_local_times=True, fw_utc_offset=7200)
    place = place_of(camera)
    began = time.time_ns()
    await driver.record([place])
    await recorded(driver, place.key)

    async def is_long() -> bool:
        told = await driver.footage(place.key, Span(began - 5 * SECOND, time.time_ns()))
        return bool(told.spans) and told.spans[-1].end - told.spans[0].start > 3 * SECOND

    await eventually(is_long)
    replay = await driver.replay(place.key)
    span = Span(began, began + 2 * SECOND)
    async with open_replay(replay, span) as stream:
        times = [frame.time async for _, frame in stream if isinstance(frame, VideoFrame)]
    assert times
    assert all(began - SECOND < it < began + 5 * SECOND for it in times)


async def test_who_logs_in_to_a_camera_by_its_own_protocol_needs_no_stream(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    port = int(camera.uri.rpartition(":")[2].partition("/")[0])
    unit, driver = await start_hikvision(fw_camera_rtsp_port=port)
    address = CameraAddress(host="127.0.0.1", protocol="onvif", port=8080, input=2)
    place = place_of(camera, address=replace(address, host=camera.address))
    assert await driver.record([place]) == {}
    await recorded(driver, place.key)
    (made,) = inputs(unit).values()
    assert (made.protocol, made.port, made.source) == ("ONVIF", 8080, 2)


async def test_a_camera_whose_protocol_has_an_account_of_its_own_is_added_by_its_stream(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    unit, driver = await start_hikvision(fw_rejected_protocol="ONVIF")
    address = CameraAddress(host=camera.address, protocol="onvif", port=8080)
    place = place_of(camera, address=address)
    await driver.provision([place])
    assert [it.protocol for it in inputs(unit).values()] == ["ONVIF"]
    assert not (await state(driver, place.key)).provisioned
    await driver.provision([place])
    assert [it.protocol for it in inputs(unit).values()] == ["CUSTOM1"]
    assert (await state(driver, place.key)).provisioned
    assert await driver.record([place]) == {}
    await recorded(driver, place.key)


async def test_cameras_of_one_make_share_a_custom_protocol(start_hikvision: StartHikvision) -> None:
    unit, driver = await start_hikvision(fw_custom_protocols=1)
    await driver.provision([place_of(NOWHERE, 1), place_of(NOWHERE.replace("9.9.9", "9.9.8"), 2)])
    assert {it.protocol for it in inputs(unit).values()} == {"CUSTOM1"}
    with pytest.raises(UnitFullError, match="custom protocols"):
        await driver.provision([place_of("rtsp://127.9.9.9:9/other", 3)])


async def test_a_custom_protocol_that_nobody_uses_any_more_is_used_for_another(
    start_hikvision: StartHikvision,
) -> None:
    unit, driver = await start_hikvision(fw_custom_protocols=1)
    await driver.provision([place_of(NOWHERE, 1)])
    await driver.unprovision([place_of(NOWHERE, 1).key], delete_footage=True)
    await driver.provision([place_of("rtsp://127.9.9.9:9/other?channel=1&sub=0", 2)])
    assert api_of(unit).inputs.customs[1].path == "/other?channel=1&sub=0"


async def test_a_recorder_without_custom_protocols_is_given_the_camera_by_onvif(
    start_hikvision: StartHikvision,
) -> None:
    unit, driver = await start_hikvision(fw_custom_protocols=0)
    await driver.provision([place_of(NOWHERE)])
    (made,) = inputs(unit).values()
    assert (made.protocol, made.port, made.address) == ("ONVIF", 80, "127.9.9.9")


async def test_a_refusal_within_an_answer_of_200_is_one(start_hikvision: StartHikvision) -> None:
    unit, driver = await start_hikvision(fw_adds_nothing="badParameters")
    place = place_of(NOWHERE)
    with pytest.raises(UnitRequestError, match="badParameters"):
        await driver.provision([place])
    assert "badParameters" in (await driver.record([place]))[place.key]
    assert not inputs(unit)


async def test_what_was_written_is_read_again(start_hikvision: StartHikvision) -> None:
    _, driver = await start_hikvision(fw_pretends=True)
    with pytest.raises(UnitRequestError, match="did not take"):
        await driver.provision([place_of(NOWHERE)])


@pytest.mark.parametrize("rejects", [False, True])
async def test_a_password_is_said_again_whenever_a_channel_is_changed(
    start_hikvision: StartHikvision, *, rejects: bool
) -> None:
    unit, driver = await start_hikvision(fw_rejects_names=rejects)
    await driver.provision([place_of(NOWHERE, password="old")])
    await driver.provision([place_of(NOWHERE, password="new")])
    (made,) = inputs(unit).values()
    assert made.password == "new"
    assert made.username == "viewer"
    assert list(await driver.places()) == [place_of(NOWHERE).key]


async def test_places_are_found_again_by_another_driver_that_is_told_their_keys(
    start_hikvision: StartHikvision, drive_hikvision: DriveHikvision
) -> None:
    unit, driver = await start_hikvision()
    places = [place_of(NOWHERE, number) for number in (1, 2)]
    await driver.provision(places)
    other = drive_hikvision(unit)
    assert all(key.startswith("~") for key in await other.places())
    other.know(places)
    assert set(await other.places()) == {place.key for place in places}
    await other.release([places[0].key])
    await other.unprovision([place.key for place in places], delete_footage=True)
    assert not inputs(unit)


async def test_a_spare_that_is_full_lets_those_that_wait_give_way(
    start_hikvision: StartHikvision,
) -> None:
    _, driver = await start_hikvision(slots=2)
    waiting = [place_of(NOWHERE, number) for number in (1, 2)]
    failing = [place_of(NOWHERE, number) for number in (3, 4, 5)]
    await driver.provision(waiting)
    with pytest.raises(UnitFullError):
        await driver.provision(failing)
    errors = await driver.record(failing)
    assert len(errors) == 1
    assert "free channel" in next(iter(errors.values()))


async def test_channels_of_the_owner_are_left_alone(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    unit, driver = await start_hikvision(slots=3, channels=(own_channel(camera),))
    probe = await driver.probe()
    assert probe.capacity == 2
    place = place_of(NOWHERE)
    await driver.record([place])
    assert set(inputs(unit)) == {1, 3}, "people fill channels from the first on"
    await driver.release([place.key, "another/1"])
    await driver.unprovision([place.key, "another/1"], delete_footage=True)
    assert set(inputs(unit)) == {1}
    assert [it.number for it in await driver.settings()] == [1]


async def test_why_a_camera_is_not_recorded_is_told(start_hikvision: StartHikvision) -> None:
    _, driver = await start_hikvision()
    place = place_of(NOWHERE)
    await driver.record([place])
    told = await state(driver, place.key)
    assert told.recording is Recording.NO
    assert "netUnreachable" in told.error


async def test_a_recorder_whose_space_is_full_of_footage_says_so_instead_of_deleting_it(
    start_hikvision: StartHikvision, camera: VirtualCamera
) -> None:
    unit, driver = await start_hikvision(slots=1)
    kept, other = place_of(camera, 1), place_of(NOWHERE, 2)
    await driver.record([kept])
    await recorded(driver, kept.key)
    await driver.release([kept.key])
    await driver.unprovision([kept.key])
    assert "free channel" in (await driver.record([other]))[other.key]
    assert list(inputs(unit)) == [1]


async def test_no_password_is_ever_logged(
    start_hikvision: StartHikvision, camera: VirtualCamera, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, driver = await start_hikvision()
    await driver.record([place_of(camera)])
    await recorded(driver, place_of(camera).key)
    assert CAMERA_PASSWORD not in caplog.text
    assert "cellar-door" not in caplog.text


async def test_a_password_that_is_wrong_is_offered_twice_in_half_an_hour_at_most(
    start_hikvision: StartHikvision, drive_hikvision: DriveHikvision
) -> None:
    unit, _ = await start_hikvision()
    stranger = drive_hikvision(unit, "wrong")
    for _ in range(5):
        with pytest.raises(UnitCredentialsError):
            await stranger.places()
        await stranger.heartbeat()
    assert api_of(unit).lock.wrong_ones == 2
