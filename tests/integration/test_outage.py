"""The main job inside Home Assistant: real recorders, real cameras, everything over sockets."""

from homeassistant.core import HomeAssistant

from tests.integration.lab import (
    Lab,
    add_device,
    add_group,
    entity_id,
    eventually,
    state,
)


async def test_the_spare_records_while_a_unit_is_down_and_lets_go_when_it_is_back(
    hass: HomeAssistant, lab: Lab
) -> None:
    cameras = await lab.cameras(2)
    nvr, spare = await lab.nvr("NVR-1", cameras), await lab.nvr("SPARE")
    entry = await add_group(hass, spare)
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")

    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await eventually(lambda: state(hass, "sensor", spare, "channels_in_use") == "2")
    assert state(hass, "sensor", spare, "working_status") == "backing_up"

    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "on")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")
    event = hass.states.get(entity_id(hass, "event", nvr, "event"))
    assert event is not None
    assert event.attributes["event_type"] == "returned"
