"""When a unit's heartbeat came last, and how quickly: for those who switch it on."""

from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from tests.integration.lab import Lab, entity_id, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr

KEYS = ("last_heartbeat", "heartbeat_round_trip")


@pytest.fixture
async def wanted(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr) -> ConfigEntry:
    """A group whose user has switched the sensors of NVR-1 on."""
    registry = er.async_get(hass)
    for key in KEYS:
        registry.async_update_entity(entity_id(hass, "sensor", nvr, key), disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await eventually(lambda: state(hass, "sensor", nvr, "last_heartbeat") != STATE_UNKNOWN)
    return entry


def last(hass: HomeAssistant, nvr: VirtualNvr) -> datetime:
    """Return when the last heartbeat came, as it is shown."""
    return datetime.fromisoformat(state(hass, "sensor", nvr, "last_heartbeat"))


@pytest.mark.usefixtures("entry")
async def test_nobody_has_it_who_did_not_ask_for_it(hass: HomeAssistant, nvr: VirtualNvr) -> None:
    for key in KEYS:
        entity = entity_id(hass, "sensor", nvr, key)
        assert hass.states.get(entity) is None
        found = er.async_get(hass).async_get(entity)
        assert found
        assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION


@pytest.mark.usefixtures("wanted")
async def test_every_heartbeat_is_shown(hass: HomeAssistant, nvr: VirtualNvr) -> None:
    first = last(hass, nvr)
    await eventually(lambda: last(hass, nvr) > first)
    assert float(state(hass, "sensor", nvr, "heartbeat_round_trip")) > 0


@pytest.mark.usefixtures("wanted")
async def test_of_a_dead_recorder_the_last_one_stays(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    assert state(hass, "sensor", nvr, "heartbeat_round_trip") == STATE_UNKNOWN
    lost = hass.states.get(entity_id(hass, "binary_sensor", nvr, "connection"))
    assert lost
    assert last(hass, nvr) < lost.last_changed


async def test_the_sensors_go_with_their_unit(
    hass: HomeAssistant, wanted: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    (subentry,) = [it for it in wanted.subentries.values() if it.unique_id == "NVR-1"]
    entity = entity_id(hass, "sensor", nvr, "last_heartbeat")
    hass.config_entries.async_remove_subentry(wanted, subentry.subentry_id)
    await eventually(lambda: hass.states.get(entity) is None)
    assert state(hass, "binary_sensor", spare, "connection") == "on"
