"""Drills: what is kept of them, when they run by themselves, and what they prove."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare import manager
from custom_components.nvr_hotspare.const import DOMAIN, WorkMode
from custom_components.nvr_hotspare.drills.book import DrillBook, Proof
from custom_components.nvr_hotspare.drills.report import drill_report
from custom_components.nvr_hotspare.drills.times import DrillTimes, last_time, remove_times
from custom_components.nvr_hotspare.failover.model import Priority
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, Identity, Limits
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.settings.unit import ChannelConfig, NetworkConfig, UnitConfig
from tests.integration.fix import Fix
from tests.integration.lab import (
    Lab,
    add_builtin_group,
    add_device,
    entity_id,
    eventually,
    issues,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


async def drill(entry: ConfigEntry, nvr: VirtualNvr) -> dict[str, Any]:
    return dict(await entry.runtime_data.drills.drill(nvr.config.serial))


def attributes(hass: HomeAssistant, nvr: VirtualNvr, key: str) -> Any:
    found = hass.states.get(entity_id(hass, "sensor", nvr, key))
    assert found
    return found.attributes


def set_options(hass: HomeAssistant, entry: ConfigEntry, **options: int) -> None:
    hass.config_entries.async_update_entry(entry, options=options)


async def test_the_last_drill_is_shown_and_outlives_a_restart(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    assert state(hass, "sensor", nvr, "last_drill") == "unknown"
    assert state(hass, "sensor", nvr, "protection_proof") == "unproven"
    report = await drill(entry, nvr)
    assert await hass.config_entries.async_reload(entry.entry_id)
    shown = dt_util.parse_datetime(state(hass, "sensor", nvr, "last_drill"))
    assert shown
    assert shown.timestamp() == pytest.approx(
        dt_util.parse_datetime(report["drilled"], raise_on_error=True).timestamp(), abs=1
    )
    told = attributes(hass, nvr, "last_drill")
    assert told["good"] is True
    assert told["first_frame_after"].keys() == {"Camera 1", "Camera 2"}
    assert told["not_recorded"] == {}
    assert state(hass, "sensor", nvr, "protection_proof") == "drilled"


def camera(number: int, **settings: Any) -> ChannelConfig:
    """Return a camera of a recorder."""
    values: dict[str, Any] = {
        "name": f"Camera {number}",
        "source": Source(uri=f"rtsp://192.0.2.{number}/"),
    }
    return ChannelConfig(number=number, **values | settings)


def recorder(*channels: ChannelConfig) -> UnitConfig:
    """Return a working device."""
    return UnitConfig(
        subentry_id="",
        title="NVR-1",
        mode=WorkMode.NORMAL,
        way=NetworkConfig(
            endpoint=Endpoint(host="192.0.2.10"), credentials=Credentials(username="", password="")
        ),
        identity=Identity(manufacturer="", model="", firmware="", serial="NVR-1", mac=""),
        limits=Limits(),
        protected=True,
        channels=channels,
    )


def measured(device: UnitConfig, confirmed: list[int], **missed: str | None) -> dict[str, Any]:
    """Return the report of a drill in which these channels were recorded, and others not."""
    said = {
        "since": 1000.0,
        "spares": ["Spare"],
        "first_confirmed_after": {str(number): 1.5 for number in confirmed},
        "not_backed_up": {key.removeprefix("c"): why for key, why in missed.items()},
    }
    return drill_report(device, said, commanded=1000.25, first_frames={"1": -14.0})


def test_a_drill_is_good_if_all_cameras_were_recorded_that_can_be() -> None:
    device = recorder(camera(1), camera(2, single_stream=True), camera(3, priority=Priority.NEVER))
    report = measured(device, [1], c2="camera_refuses", c3=None)
    assert report["good"] is True
    assert report["not_recorded"] == {"2": "single_stream"}
    assert report["commanded_after"] == 0.25
    assert report["first_frame_after"] == {"1": -14.0}


@pytest.mark.parametrize(
    ("second", "said", "why"),
    [
        (camera(2), "camera_refuses", "camera_refuses"),
        (camera(2), None, "spare_fails"),
        (camera(2, source=None), None, "no_source"),
    ],
)
def test_a_drill_is_not_good_if_a_camera_was_not_recorded(
    second: ChannelConfig, said: str | None, why: str
) -> None:
    report = measured(recorder(camera(1), second), [1], c2=said)
    assert report["good"] is False
    assert report["not_recorded"] == {"2": why}


def test_a_drill_in_which_nothing_could_be_tried_is_not_good() -> None:
    device = recorder(camera(1, single_stream=True))
    assert measured(device, [], c1="camera_refuses")["good"] is False


def test_a_device_is_proven_by_all_of_its_cameras(hass: HomeAssistant) -> None:
    book = DrillBook(hass, "group")
    one, two = recorder(camera(1)), recorder(camera(1), camera(2))
    book.take_outage(two, [1])
    assert book.proof(one) is Proof.PROVEN
    assert book.proof(two) is Proof.UNPROVEN
    assert book.good("NVR-1") is None
    book.take_drill("NVR-1", measured(two, [1, 2]))
    assert book.proof(two) is Proof.DRILLED
    assert book.good("NVR-1") is not None
    book.take_outage(two, [2])
    assert book.proof(two) is Proof.PROVEN


def test_a_camera_that_fails_in_a_drill_is_proven_no_more(hass: HomeAssistant) -> None:
    book, device = DrillBook(hass, "group"), recorder(camera(1), camera(2))
    book.take_outage(device, [1, 2])
    book.take_drill("NVR-1", measured(device, [1], c2="camera_refuses"))
    assert book.proof(device) is Proof.UNPROVEN


async def test_the_footage_of_a_warm_spare_begins_before_the_drill(
    hass: HomeAssistant, builtin_home: Path, nvr: VirtualNvr, cameras: list[VirtualCamera]
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    await asyncio.sleep(2)  # in which the spare holds some footage in memory
    frames = (await drill(entry, nvr))["first_frame_after"]
    assert frames.keys() == {"1", "2"}
    assert all(seconds < 0 for seconds in frames.values())


@pytest.mark.usefixtures("entry")
async def test_an_outage_that_went_well_proves_the_protection(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", spare, "channels_in_use") == "2")
    assert state(hass, "sensor", nvr, "protection_proof") == "unproven"
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "protection_proof") == "proven")
    assert state(hass, "sensor", nvr, "last_drill") == "unknown"


async def test_devices_are_drilled_by_themselves_when_it_is_time(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "TIMING", replace(manager.TIMING, boot_grace=0.0))
    at = dt_util.now().replace(hour=3, minute=30, second=0, microsecond=0) + timedelta(days=1)
    async_fire_time_changed(hass, at)
    await hass.async_block_till_done()
    assert state(hass, "sensor", nvr, "working_status") == "recording"

    set_options(hass, entry, drill_every=7)
    await hass.async_block_till_done()
    async_fire_time_changed(hass, at + timedelta(days=1))
    await eventually(lambda: state(hass, "sensor", nvr, "last_drill") != "unknown")
    first = state(hass, "sensor", nvr, "last_drill")
    assert attributes(hass, nvr, "last_drill")["good"] is True

    book, before = entry.runtime_data.drills.book, []
    stop = book.listen(lambda: before.append(1))
    async_fire_time_changed(hass, at + timedelta(days=5))
    await hass.async_block_till_done()
    assert state(hass, "sensor", nvr, "working_status") == "recording"
    async_fire_time_changed(hass, at + timedelta(days=8))
    await eventually(lambda: state(hass, "sensor", nvr, "last_drill") != first)
    stop()
    assert len(before) == 1


async def test_a_drill_missed_is_made_up_for_when_units_had_time_to_be_heard(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    at = (dt_util.now() - timedelta(hours=2)).strftime("%H:%M:%S")
    hass.config_entries.async_update_entry(entry, options={"drill_every": 7, "drill_at": at})
    DrillTimes(hass, entry.entry_id).plan(at, dt_util.utcnow() - timedelta(days=2))
    await hass.async_block_till_done()

    monkeypatch.setattr(manager, "TIMING", replace(manager.TIMING, boot_grace=3.0))
    started = dt_util.utcnow()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: state(hass, "sensor", nvr, "last_drill") != "unknown")
    drilled = dt_util.parse_datetime(state(hass, "sensor", nvr, "last_drill"), raise_on_error=True)
    assert drilled - started >= timedelta(seconds=2)  # states have no fractions of seconds
    assert attributes(hass, nvr, "last_drill")["good"] is True


async def test_a_device_that_is_not_well_at_the_time_of_a_drill_is_drilled_when_it_is(
    hass: HomeAssistant, entry: ConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "TIMING", replace(manager.TIMING, boot_grace=0.0))
    set_options(hass, entry, drill_every=7)
    await hass.async_block_till_done()
    drilled: list[str] = []

    async def drill(unit: str) -> None:
        drilled.append(unit)
        if len(drilled) == 1:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_spare")
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="drill_unfinished")

    monkeypatch.setattr(entry.runtime_data.drills, "drill", drill)
    at = last_time(time(3, 30), dt_util.now()) + timedelta(days=1)
    monkeypatch.setattr(dt_util, "utcnow", lambda: at.astimezone(UTC))
    for _ in range(4):
        async_fire_time_changed(hass, at)
        await hass.async_block_till_done()
        at += timedelta(minutes=1)
    # One that was drilled, though in vain, is not drilled again before the next day.
    assert drilled == ["NVR-1", "NVR-1"]


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
async def times(hass: HomeAssistant) -> DrillTimes:
    """Drill times that were decided at noon, the next one at 3:30 in the morning."""
    await hass.config.async_set_time_zone("UTC")
    times = DrillTimes(hass, "group")
    times.plan("03:30:00", NOON)
    await hass.async_block_till_done()
    return times


def came(times: DrillTimes, hours: float) -> float | None:
    """Return which time has come these hours after noon, in hours after noon."""
    found = times.came("NVR-1", NOON + timedelta(hours=hours))
    return None if found is None else (found - NOON) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, None),  # half past three was over when it was decided
        (15.4, None),
        (15.5, 15.5),
        (27.5, 15.5),
        (27.6, None),  # the next one is nearer
        (39.5, 39.5),
        (100 * 24 + 20, 100 * 24 + 15.5),  # whenever Home Assistant was there last
        (100 * 24 + 10, None),
    ],
)
def test_a_drill_time_is_made_up_for_within_half_a_day(
    times: DrillTimes, hours: float, expected: float | None
) -> None:
    assert came(times, hours) == expected


def test_a_device_that_was_drilled_is_drilled_the_next_day_at_the_earliest(
    times: DrillTimes,
) -> None:
    times.tried("NVR-1", NOON + timedelta(hours=16))
    assert came(times, 17) is None
    assert came(times, 40) == 39.5
    assert times.came("NVR-2", NOON + timedelta(hours=17)) is not None


def test_a_new_drill_time_counts_from_now_on(times: DrillTimes) -> None:
    times.plan("11:00:00", NOON + timedelta(hours=24))
    assert came(times, 24) is None
    assert came(times, 47) == 47
    times.plan("", NOON + timedelta(hours=24))
    assert came(times, 47) is None


def test_a_clock_that_was_ahead_keeps_no_device_from_being_drilled(times: DrillTimes) -> None:
    times.tried("NVR-1", NOON + timedelta(days=5000))
    assert came(times, 16) == 15.5


async def test_drill_times_outlive_a_restart(hass: HomeAssistant, times: DrillTimes) -> None:
    times.tried("NVR-1", NOON + timedelta(hours=16))
    await hass.async_block_till_done()
    restarted = DrillTimes(hass, "group")
    await restarted.load()
    assert came(restarted, 17) is None
    assert came(restarted, 40) == 39.5
    await remove_times(hass, "group")
    removed = DrillTimes(hass, "group")
    await removed.load()
    assert came(removed, 40) is None


async def test_a_drill_too_old_is_an_issue_until_one_is_good(
    hass: HomeAssistant,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    hass_client: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    set_options(hass, entry, drill_max_age=30)
    await hass.async_block_till_done()
    (issue,) = issues(hass)
    assert issue.translation_key == "drill_too_old"
    assert issue.is_fixable

    client = await hass_client()
    url = "/api/repairs/issues/fix"

    async def submit() -> Any:
        response = await client.post(url, json={"handler": DOMAIN, "issue_id": issue.issue_id})
        assert response.status == HTTPStatus.OK
        flow = await response.json()
        assert flow["step_id"] == "confirm"
        return await (await client.post(f"{url}/{flow['flow_id']}", json={})).json()

    flow = await submit()
    assert flow["type"] == "progress"
    second = await submit()
    assert (second["type"], second["reason"]) == ("abort", "not_drilled")
    assert "Only one recorder" in second["description_placeholders"]["reason"]
    assert issues(hass)

    url = f"{url}/{flow['flow_id']}"
    await eventually(lambda: state(hass, "sensor", nvr, "last_drill") != "unknown")
    await hass.async_block_till_done()
    flow = await (await client.get(url)).json()
    assert flow["step_id"] == "good"
    lines = flow["description_placeholders"]["cameras"].splitlines()
    assert [line.split("**")[1] for line in lines] == ["1 Camera 1", "2 Camera 2"]
    assert all("footage begins after" in line for line in lines)
    assert not issues(hass)
    flow = await (await client.post(url, json={})).json()
    assert flow["type"] == "create_entry"


async def test_a_drill_of_a_repair_in_which_a_camera_is_not_recorded_leaves_the_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    cameras: list[VirtualCamera],
    hass_client: ClientSessionGenerator,
) -> None:
    set_options(hass, entry, drill_max_age=30)
    await hass.async_block_till_done()
    cameras[1].refuse(503)
    fix = await drilled(hass, hass_client)
    assert fix.result["reason"] == "not_good"
    first, second = fix.result["description_placeholders"]["cameras"].splitlines()
    assert "footage begins after" in first
    assert "footage begins after" not in second
    assert issues(hass)


async def drilled(hass: HomeAssistant, client: ClientSessionGenerator) -> Fix:
    """Have the repair drill; again where a busy machine made the recorder look unwell."""
    async with asyncio.timeout(200):
        while True:
            fix = await Fix.start(hass, client)
            await fix.enter({})
            while fix.result["type"] == "progress":
                await asyncio.sleep(0.2)
                await hass.async_block_till_done()
                await fix.look()
            if fix.result.get("reason") != "not_drilled":
                return fix
