"""Working devices that stand in for one another: normal work, and free channels for others."""

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.nvr_hotspare.const import CONF_WORK_MODE, WorkMode
from tests.integration.lab import Lab, add_device, eventually, places, state
from tests.integration.test_outage import attributes
from virtual_nvr.nvr.unit import VirtualNvr


async def set_mode(hass: HomeAssistant, entry: ConfigEntry, serial: str, mode: WorkMode) -> None:
    subentry = next(it for it in entry.subentries.values() if it.unique_id == serial)
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_WORK_MODE: mode}
    )
    runtime = entry.runtime_data
    await eventually(lambda: entry.runtime_data is not runtime)
    await eventually(lambda: entry.state is ConfigEntryState.LOADED)
    await hass.async_block_till_done()


@pytest.fixture
async def second(hass: HomeAssistant, lab: Lab, entry: ConfigEntry) -> VirtualNvr:
    """Another recorder of the group, with one camera; its free channels stand in for NVR-1."""
    cameras = await lab.cameras(1)
    nvr = await lab.nvr("NVR-2", cameras)
    await add_device(hass, entry, nvr, cameras)
    await set_mode(hass, entry, "NVR-2", WorkMode.SHARED)
    spare = next(it for it in entry.subentries.values() if it.unique_id == "SPARE")
    hass.config_entries.async_remove_subentry(entry, spare.subentry_id)
    await hass.async_block_till_done()
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    return nvr


async def test_a_recorder_with_free_channels_stands_in_for_another_beside_its_own_work(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, second: VirtualNvr
) -> None:
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    assert state(hass, "sensor", second, "spare_status") == "idle"
    assert attributes(hass, "binary_sensor", second, "spare_ready")["reason"] == "no_spare"
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await eventually(lambda: state(hass, "sensor", second, "channels_in_use") == "2")
    assert state(hass, "sensor", second, "spare_status") == "backing_up"
    assert state(hass, "sensor", second, "working_status") == "recording"
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", second, "spare_status") == "idle")


async def test_a_recorder_that_stands_in_no_more_lets_go_and_loses_its_entities_as_a_spare(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, second: VirtualNvr, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", second, "channels_in_use") == "2")
    await set_mode(hass, entry, "NVR-2", WorkMode.NORMAL)
    known = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    keys = {it.unique_id for it in known if it.unique_id.startswith("NVR-2")}
    assert "NVR-2_working_status" in keys
    assert not keys & {"NVR-2_spare_status", "NVR-2_channels_in_use"}
    held = await places(second)
    # What it recorded stays there.
    assert not any(place.commanded or place.provisioned for place in held.values())
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "not_backed_up")
