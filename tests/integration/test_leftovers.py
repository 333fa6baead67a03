"""What is left of a removed unit on one of several spares."""

import aiohttp
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, Place
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.model import Source
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


async def test_what_a_late_command_has_left_is_cleared_away_too(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    subentry = next(it for it in entry.subentries.values() if it.unique_id == "NVR-1")
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await eventually(lambda: bool(issues(hass)))
    await provision(spare, Place(key="NVR-1/3", name="Late", source=Source(uri="rtsp://127.9.9.9")))
    held = await places(spare)
    while "NVR-1/3" in held or any(it.provisioned for it in held.values()):
        held = await places(spare)
    assert issues(hass)
    assert any(it.holds_footage for it in held.values())


async def provision(nvr: VirtualNvr, place: Place) -> None:
    """Have a spare be ready for a camera, past Home Assistant."""
    config = nvr.config
    async with aiohttp.ClientSession() as session:
        unit = OnvifUnit(
            session,
            Endpoint(host=config.host, port=config.http_port),
            Credentials(username=config.username, password=config.password),
        )
        await unit.provision([place])
