"""The main job inside Home Assistant: real recorders, real cameras, everything over sockets."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.nvr_hotspare import manager
from tests.integration.lab import Lab, add_device, entity_id, eventually, places, state
from virtual_nvr.nvr.unit import VirtualNvr


def attributes(hass: HomeAssistant, platform: str, nvr: VirtualNvr, key: str) -> dict[str, Any]:
    found = hass.states.get(entity_id(hass, platform, nvr, key))
    assert found is not None
    return dict(found.attributes)


@pytest.mark.usefixtures("entry")
async def test_the_spare_records_while_a_unit_is_down_and_lets_go_when_it_is_back(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    happened: list[str] = []
    outage = entity_id(hass, "event", nvr, "event")

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if event.data["entity_id"] == outage and new:
            happened.append(new.attributes["event_type"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await eventually(lambda: state(hass, "sensor", spare, "channels_in_use") == "2")
    assert state(hass, "sensor", spare, "working_status") == "backing_up"
    free = attributes(hass, "sensor", spare, "channels_in_use")["capacity"] - 2
    assert state(hass, "sensor", spare, "free_channels") == str(free)
    by = state(hass, "sensor", nvr, "backed_up_by")
    assert by == f"NVR Hot Spare Virtual NVR ({spare.config.host})"
    titles = attributes(hass, "sensor", spare, "working_status")["units"]
    assert titles == [f"NVR Hot Spare Virtual NVR ({nvr.config.host})"]
    shown = attributes(hass, "sensor", nvr, "working_status")
    assert shown["spares"] == [f"NVR Hot Spare Virtual NVR ({spare.config.host})"]
    assert shown["channels_not_backed_up"] == {}

    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "on")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")
    assert state(hass, "sensor", nvr, "backed_up_by") == "unknown"
    assert happened == ["heartbeat_lost", "backing_up", "returned"]


async def test_an_outage_goes_on_after_a_restart_of_home_assistant(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    since = attributes(hass, "sensor", nvr, "working_status")["since"]
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert all(place.commanded for place in (await places(spare)).values())
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert state(hass, "binary_sensor", nvr, "connection") == "off"
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"
    assert attributes(hass, "sensor", nvr, "working_status")["since"] == since
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")


async def test_a_unit_that_is_away_when_home_assistant_starts_is_taken_over(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    await lab.stop("NVR-1")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_a_slow_unit_is_given_longer(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, monkeypatch: pytest.MonkeyPatch
) -> None:
    timing = replace(manager.TIMING, window=0.8, slow_window=60.0)
    monkeypatch.setattr(manager, "TIMING", timing)
    entry.runtime_data.manager.configure()
    monkeypatch.setattr("custom_components.nvr_hotspare.nvr.pulse.ANSWER_TIME", 0.2)
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    nvr.delay = 1.2  # longer than the window of a unit that is silent
    await eventually(lambda: _suspected(hass, nvr))
    nvr.delay = 0.0
    await eventually(lambda: not _suspected(hass, nvr))
    connection = entity_id(hass, "binary_sensor", nvr, "connection")
    assert not any(event.data["entity_id"] == connection for event in changes)


def _suspected(hass: HomeAssistant, nvr: VirtualNvr) -> bool:
    (entry,) = hass.config_entries.async_loaded_entries("nvr_hotspare")
    view = entry.runtime_data.manager.device_view(nvr.config.serial)
    return bool(view.phase == "suspect")


@pytest.mark.usefixtures("entry")
async def test_another_device_at_the_old_address_is_not_the_unit(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, caplog: pytest.LogCaptureFixture
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await lab.nvr("STRANGER", host=nvr.config.host)
    await eventually(lambda: "Another device answers" in caplog.text)
    assert state(hass, "binary_sensor", nvr, "connection") == "off"
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"


@pytest.mark.usefixtures("entry")
async def test_a_unit_that_comes_back_with_another_password_is_no_outage(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await lab.start(replace(nvr.config, password="changed"))
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "on")
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"
    assert [place.commanded for place in (await places(spare)).values()] == [True, True]


@pytest.mark.usefixtures("entry")
async def test_without_a_spare_the_worst_status_says_why(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await lab.stop("SPARE")
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "off")
    assert state(hass, "binary_sensor", nvr, "spare_ready") == "off"
    assert attributes(hass, "binary_sensor", nvr, "spare_ready")["reason"] == "spare_offline"
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "not_backed_up")
    shown = attributes(hass, "sensor", nvr, "working_status")
    assert shown["reason"] == "spare_offline"
    assert shown["channels_not_backed_up"] == {
        "Camera 1": "spare_offline",
        "Camera 2": "spare_offline",
    }
    assert attributes(hass, "event", nvr, "event")["event_type"] == "not_backed_up"
    await lab.start(spare.config)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_protection_can_be_switched_off_and_stays_off(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    protection = {ATTR_ENTITY_ID: entity_id(hass, "switch", nvr, "protection")}
    await hass.services.async_call("switch", "turn_off", protection, blocking=True)
    assert state(hass, "switch", nvr, "protection") == "off"
    assert attributes(hass, "binary_sensor", nvr, "spare_ready")["reason"] == "not_protected"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, "switch", nvr, "protection") == "off"
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "not_backed_up")
    await hass.services.async_call("switch", "turn_on", protection, blocking=True)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_heartbeats_do_not_depend_on_entities(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    registry = er.async_get(hass)
    for found in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(found.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    await hass.config_entries.async_reload(entry.entry_id)
    assert not [it for it in hass.states.async_all() if it.entity_id.endswith("connection")]
    await eventually(lambda: _backing_up(hass, nvr) is False)
    await lab.stop("NVR-1")
    await eventually(lambda: _backing_up(hass, nvr))
    assert all(place.commanded for place in (await places(spare)).values())


def _backing_up(hass: HomeAssistant, nvr: VirtualNvr) -> bool:
    (entry,) = hass.config_entries.async_loaded_entries("nvr_hotspare")
    view = entry.runtime_data.manager.device_view(nvr.config.serial)
    return bool(view.working_status == "backing_up")


@pytest.mark.usefixtures("entry")
async def test_a_web_server_at_the_old_address_is_no_sign_of_life(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await lab.web_server(nvr.config.host, nvr.config.http_port)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    assert state(hass, "binary_sensor", nvr, "connection") == "off"


@pytest.mark.usefixtures("entry")
async def test_a_unit_that_hangs_for_good_is_taken_over_in_the_end(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.nvr_hotspare.nvr.pulse.ANSWER_TIME", 0.2)
    monkeypatch.setattr("custom_components.nvr_hotspare.nvr.pulse.LATE_ANSWER_TIME", 0.5)
    await lab.stop("NVR-1")
    close = await lab.talker(nvr.config.host, nvr.config.http_port, answer=b"")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await close()
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_a_spare_that_is_full_says_that_it_has_no_room(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    cameras = await lab.cameras(3)
    second = await lab.nvr("NVR-2", cameras)
    await add_device(hass, entry, second, cameras)
    await eventually(lambda: state(hass, "sensor", second, "working_status") == "recording")
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await lab.stop("NVR-2")
    await eventually(lambda: state(hass, "sensor", second, "working_status") == "backing_up")
    await eventually(
        lambda: (
            attributes(hass, "sensor", second, "working_status")["channels_not_backed_up"]
            == {"Camera 3": "no_room"}
        )
    )
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"
