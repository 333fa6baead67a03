"""A group in Home Assistant: devices, entities, what is stored, and letting go of it all."""

import asyncio
import json
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import (
    CAMERA_PASSWORD,
    PASSWORD,
    Lab,
    add_device,
    eventually,
    places,
    state,
)
from virtual_nvr.nvr.unit import VirtualNvr


async def test_each_unit_is_a_device_by_way_of_its_spare(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    registry = dr.async_get(hass)
    group = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    spare = registry.async_get_device_by_identifier((DOMAIN, "SPARE"), entry.entry_id)
    device = registry.async_get_device_by_identifier((DOMAIN, "NVR-1"), entry.entry_id)
    assert group
    assert spare
    assert device
    assert group.entry_type is dr.DeviceEntryType.SERVICE
    assert spare.via_device_id == group.id
    assert device.via_device_id == spare.id
    assert device.manufacturer == "NVR Hot Spare"
    assert device.model == "Virtual NVR"
    assert device.serial_number == "NVR-1"
    assert device.sw_version == "1.0"
    assert device.name == f"NVR Hot Spare Virtual NVR ({nvr.config.host})"


async def test_each_unit_has_its_entities(hass: HomeAssistant, entry: ConfigEntry) -> None:
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    units = [it for it in found if it.config_subentry_id]
    assert {(it.domain, it.unique_id) for it in found if it not in units} == {
        ("binary_sensor", f"{entry.entry_id}_fully_protected")
    }
    assert {(it.domain, it.unique_id) for it in units} == {
        ("binary_sensor", "NVR-1_connection"),
        ("binary_sensor", "NVR-1_spare_ready"),
        ("button", "NVR-1_restart"),
        ("button", "NVR-1_test_failover"),
        ("camera", "NVR-1_live_1"),
        ("camera", "NVR-1_live_2"),
        ("event", "NVR-1_event"),
        ("sensor", "NVR-1_backed_up_by"),
        ("sensor", "NVR-1_channels"),
        ("sensor", "NVR-1_heartbeat_round_trip"),
        ("sensor", "NVR-1_last_drill"),
        ("sensor", "NVR-1_last_heartbeat"),
        ("sensor", "NVR-1_last_outage"),
        ("sensor", "NVR-1_protection_proof"),
        ("sensor", "NVR-1_synchronized"),
        ("sensor", "NVR-1_synchronized_in"),
        ("sensor", "NVR-1_working_status"),
        ("switch", "NVR-1_protection"),
        ("binary_sensor", "SPARE_connection"),
        ("button", "SPARE_restart"),
        ("sensor", "SPARE_channels_in_use"),
        ("sensor", "SPARE_free_channels"),
        ("sensor", "SPARE_heartbeat_round_trip"),
        ("sensor", "SPARE_last_heartbeat"),
        ("sensor", "SPARE_working_status"),
    }
    subentries = {it.unique_id: it.subentry_id for it in entry.subentries.values()}
    assert all(it.config_subentry_id == subentries[it.unique_id.split("_")[0]] for it in units)


async def test_adding_a_unit_disturbs_no_other(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry
) -> None:
    before = hass.states.get(_entity(hass, "NVR-1_working_status"))
    group = entry.runtime_data
    cameras = await lab.cameras(1)
    second = await lab.nvr("NVR-2", cameras)
    await add_device(hass, entry, second, cameras)
    await eventually(lambda: state(hass, "sensor", second, "working_status") == "recording")
    assert entry.runtime_data is group
    after = hass.states.get(_entity(hass, "NVR-1_working_status"))
    assert before
    assert after
    assert after.last_changed == before.last_changed


def _entity(hass: HomeAssistant, unique_id: str) -> str:
    found = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    assert found
    return found


async def test_the_spare_is_provisioned_ahead(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    held: dict[str, bool] = {}

    async def look() -> bool:
        held.clear()
        held.update({key: it.commanded for key, it in (await places(spare)).items()})
        return len(held) == 2

    while not await look():
        pass
    assert held == {"NVR-1/1": False, "NVR-1/2": False}
    assert entry.state is ConfigEntryState.LOADED


async def test_the_journal_is_saved_at_a_transition_and_holds_no_password(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    hass_storage: dict[str, Any],
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await hass.async_block_till_done()
    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]
    assert stored["journal"]["devices"]["NVR-1"]["outage"]["backing_up"]
    assert PASSWORD not in json.dumps(stored)
    assert CAMERA_PASSWORD not in json.dumps(stored)


async def test_removing_a_unit_takes_it_off_the_spare(
    hass: HomeAssistant, entry: ConfigEntry, spare: VirtualNvr
) -> None:
    subentry = next(it for it in entry.subentries.values() if it.unique_id == "NVR-1")
    await eventually(lambda: entry.runtime_data.manager.device_view("NVR-1").spare_ready)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    while await places(spare):
        pass
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert {it.unique_id.split("_")[0] for it in found} == {"SPARE", entry.entry_id}
    assert not dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "NVR-1"), entry.entry_id)


async def test_removing_the_group_takes_everything_off_the_spare_and_the_disk(
    hass: HomeAssistant, entry: ConfigEntry, spare: VirtualNvr, hass_storage: dict[str, Any]
) -> None:
    while not await places(spare):
        pass
    await hass.async_block_till_done()
    assert f"{DOMAIN}.{entry.entry_id}" in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not await places(spare)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage


async def test_a_group_whose_spare_is_gone_can_be_removed(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await lab.stop("SPARE")
    await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.config_entries.async_entries(DOMAIN)
    assert "still holds its places" in caplog.text


async def test_a_group_is_let_go_of_while_it_takes_up_a_change(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    (subentry,) = [it for it in entry.subentries.values() if it.unique_id == "NVR-1"]
    data = {**subentry.data, "password": "changed"}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    change = hass.async_create_task(entry.runtime_data.update())
    late = hass.async_create_task(entry.runtime_data.update())
    assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.gather(change, late)
    assert entry.state is ConfigEntryState.NOT_LOADED
