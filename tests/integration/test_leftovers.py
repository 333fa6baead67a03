"""What is left of a removed unit on one of several spares."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from tests.integration.flow import Flow
from tests.integration.lab import Lab, eventually, issues, places, state, unit_input
from virtual_nvr.nvr.unit import VirtualNvr


async def test_what_one_spare_holds_of_a_removed_unit_is_not_forgotten_for_another(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    second = await lab.nvr("SECOND")
    flow = await Flow.add(hass, entry, "hot_spare")
    for answer in ({"next_step_id": "recorder"}, unit_input(second), {"preference": 2}):
        await flow.enter(answer)
    await lab.stop("SPARE")
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "off")
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", second, "channels_in_use") == "2")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await lab.start(spare.config)
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "on")

    subentry = next(it for it in entry.subentries.values() if it.unique_id == "NVR-1")
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await eventually(lambda: bool(issues(hass)))
    held = await places(second)
    while any(it.commanded or it.provisioned for it in held.values()):
        held = await places(second)
    assert any(it.holds_footage for it in held.values())

    await entry.runtime_data.manager.leftovers.delete_footage("NVR-1")
    assert not await places(second)
    assert not issues(hass)
