"""A unit is called what the user calls its device."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from tests.integration.flow import subentry_of
from tests.integration.lab import Lab, device_id, entity_id, eventually, state
from tests.integration.test_outage import attributes
from virtual_nvr.nvr.unit import VirtualNvr


def rename(hass: HomeAssistant, unit: VirtualNvr, name: str) -> None:
    dr.async_get(hass).async_update_device(device_id(hass, unit), name_by_user=name)


async def test_a_name_given_to_a_device_is_the_unit_s_and_disturbs_nothing(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, *, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    status = entity_id(hass, "sensor", nvr, "working_status")
    link = entry.runtime_data.manager.link("NVR-1")
    rename(hass, nvr, "Shop")
    rename(hass, spare, "Attic")
    await eventually(lambda: subentry_of(entry, nvr).title == "Shop")
    await eventually(lambda: entry.runtime_data.manager.config("SPARE").title == "Attic")
    assert entry.runtime_data.manager.link("NVR-1") is link
    assert entity_id(hass, "sensor", nvr, "working_status") == status
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    assert attributes(hass, "sensor", nvr, "working_status")["spares"] == ["Attic"]


async def test_a_name_given_while_the_group_was_not_there_is_taken_at_its_start(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    rename(hass, nvr, "Shop")
    await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: entry.runtime_data.manager.config("NVR-1").title == "Shop")
