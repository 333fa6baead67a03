"""Whether the whole group is protected, told before anything fails."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from custom_components.nvr_hotspare.const import CONF_PRIORITY
from custom_components.nvr_hotspare.failover.model import Priority
from tests.integration.lab import Lab, add_device, entity_id, eventually
from virtual_nvr.nvr.unit import VirtualNvr


def shown(hass: HomeAssistant, entry: ConfigEntry) -> tuple[str, dict[str, object]]:
    found = hass.states.get(entity_id(hass, "binary_sensor", entry.entry_id, "fully_protected"))
    assert found
    names = ("stranded", "stranded_by_pairs", "stranding_pairs", "unproven")
    return found.state, {name: found.attributes[name] for name in names}


async def test_cameras_that_no_spare_ever_recorded_are_unproven_until_a_drill(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    title = f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    other = f"NVR Hot Spare Virtual NVR ({spare.config.host})"
    both = [f"{title}: Camera 1", f"{title}: Camera 2"]
    status, told = shown(hass, entry)
    assert status == "off"
    assert told["unproven"] == both
    assert told["stranded"] == {}
    # Whoever loses the only spare, too, loses all.
    assert told["stranded_by_pairs"] == {f"{title} + {other}": both}
    entry.runtime_data.manager.drill("NVR-1")
    await eventually(lambda: shown(hass, entry)[1]["unproven"] == [])


async def test_what_would_find_no_room_is_named_those_of_low_priority_first(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    cameras = await lab.cameras(3)
    second = await lab.nvr("NVR-2", cameras)
    await add_device(hass, entry, second, cameras)
    one, two = (f"NVR Hot Spare Virtual NVR ({it.config.host})" for it in (nvr, second))
    # The spare has room for four.
    await eventually(lambda: stranded(hass, entry, f"{one} + {two}") == [f"{two}: Camera 3"])
    assert shown(hass, entry)[1]["stranded"] == {}
    subentry = next(it for it in entry.subentries.values() if it.unique_id == "NVR-1")
    low, other = subentry.data["channels"]
    channels = [{**low, CONF_PRIORITY: Priority.LOW}, other]
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "channels": channels}
    )
    await eventually(lambda: stranded(hass, entry, f"{one} + {two}") == [f"{one}: Camera 1"])


def stranded(hass: HomeAssistant, entry: ConfigEntry, pair: str) -> object:
    by_pairs = shown(hass, entry)[1]["stranded_by_pairs"]
    assert isinstance(by_pairs, dict)
    return by_pairs.get(pair)
