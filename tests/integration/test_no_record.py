"""Online but not recording: told, and covered if the user wants it."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from custom_components.nvr_hotspare.const import CONF_COVERS_NO_RECORD, DOMAIN
from custom_components.nvr_hotspare.settings.group import GroupOptions
from tests.integration.lab import Lab, entity_id, eventually, state
from tests.integration.test_outage import attributes
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def happened(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr) -> list[str]:
    """What is told of NVR-1 from now on; two seconds without recording are too long."""
    happened: list[str] = []
    outage = entity_id(hass, "event", nvr, "event")

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if event.data["entity_id"] == outage and new:
            happened.append(new.attributes["event_type"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    hass.config_entries.async_update_entry(entry, options=GroupOptions(no_record=2).as_options())
    await hass.async_block_till_done()
    return happened


async def test_no_record_is_told_and_nothing_else_happens_unless_it_is_wanted(
    hass: HomeAssistant, lab: Lab, happened: list[str], nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await lab.do(nvr.hold(1))
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "no_record")
    await eventually(lambda: happened == ["no_record"])
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    assert state(hass, "sensor", spare, "working_status") == "idle"


async def test_no_record_is_covered_for_just_these_channels_until_they_are_recorded_again(
    hass: HomeAssistant, lab: Lab, happened: list[str], nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
    subentry = next(it for it in entry.subentries.values() if it.unique_id == "NVR-1")
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_COVERS_NO_RECORD: True}
    )
    await hass.async_block_till_done()
    await lab.do(nvr.hold(2))
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    assert state(hass, "sensor", spare, "channels_in_use") == "1"
    shown = attributes(hass, "sensor", nvr, "working_status")
    assert shown["channels_not_backed_up"] == {}
    assert shown["spares"] == [f"NVR Hot Spare Virtual NVR ({spare.config.host})"]
    await lab.do(nvr.let_go(2))
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")
    assert happened == ["no_record", "backing_up", "returned"]
