"""Actions: what a user or an automation may have done with working devices."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
import voluptuous as vol

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import (
    Lab,
    add_device,
    device_id,
    entity_id,
    eventually,
    places,
    state,
)
from virtual_nvr.nvr.unit import VirtualNvr

ACTIONS = ("take_over", "give_back", "synchronize_now", "drill")
"""Those that take recorders and nothing else."""


async def act(hass: HomeAssistant, action: str, *devices: str, response: bool = False) -> Any:
    return await hass.services.async_call(
        DOMAIN, action, {"device_id": list(devices)}, blocking=True, return_response=response
    )


def group_id(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the device that the group itself is."""
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert device is not None
    return device.id


@pytest.mark.usefixtures("entry")
async def test_a_device_is_taken_over_until_it_is_given_back(
    hass: HomeAssistant, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    device = device_id(hass, nvr)
    (told,) = (await act(hass, "take_over", device, response=True))["recorders"]
    name, who = (f"NVR Hot Spare Virtual NVR ({it.config.host})" for it in (nvr, spare))
    assert (told["device_id"], told["name"]) == (device, name)
    assert told["spares"] == {"1": who, "2": who}
    assert (told["not_backed_up"], told["seconds_owed"]) == ({}, 0)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await eventually(lambda: state(hass, "sensor", spare, "channels_in_use") == "2")
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    with pytest.raises(ServiceValidationError, match="already"):
        await act(hass, "take_over", device)

    await act(hass, "give_back", device)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", spare, "channels_in_use") == "0")
    with pytest.raises(ServiceValidationError, match="nothing to give back"):
        await act(hass, "give_back", device)


@pytest.mark.usefixtures("entry")
async def test_a_drill_answers_with_what_it_measured(
    hass: HomeAssistant, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    device = device_id(hass, nvr)
    answer = await act(hass, "drill", device, response=True)
    (told,) = answer["drills"]
    assert told["device_id"] == device
    assert told["name"] == f"NVR Hot Spare Virtual NVR ({nvr.config.host})"
    assert told["good"] is True
    assert told["not_recorded"] == {}
    assert told["spares"] == [f"NVR Hot Spare Virtual NVR ({spare.config.host})"]
    assert told["commanded_after"] >= 0
    for key in ("first_confirmed_after", "first_frame_after"):
        assert told[key].keys() == {"1", "2"}
        assert all(seconds >= 0 for seconds in told[key].values())
    assert not any(place.commanded for place in (await places(spare)).values())

    happened = hass.states.get(entity_id(hass, "event", nvr, "event"))
    assert happened
    assert happened.attributes["event_type"] == "drilled"
    for key in ("good", "first_confirmed_after", "not_recorded", "spares"):
        assert happened.attributes[key] == told[key]


@pytest.mark.usefixtures("entry")
async def test_one_device_is_drilled_at_a_time(hass: HomeAssistant, nvr: VirtualNvr) -> None:
    device = device_id(hass, nvr)
    first = hass.async_create_task(act(hass, "drill", device))
    with pytest.raises(ServiceValidationError, match="Only one recorder"):
        await act(hass, "drill", device)
    assert await first is None
    assert state(hass, "sensor", nvr, "last_drill") != "unknown"


async def test_no_device_is_drilled_while_another_is_in_an_outage(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    cameras = await lab.cameras(1)
    other = await lab.nvr("NVR-2", cameras)
    await add_device(hass, entry, other, cameras)
    await eventually(lambda: state(hass, "sensor", other, "working_status") == "recording")
    await lab.stop("NVR-2")
    await eventually(lambda: state(hass, "sensor", other, "working_status") == "backing_up")
    with pytest.raises(ServiceValidationError, match="stand in for"):
        await act(hass, "drill", device_id(hass, nvr))


@pytest.mark.usefixtures("entry")
async def test_a_drill_that_meets_an_outage_says_so(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr
) -> None:
    drill = hass.async_create_task(act(hass, "drill", device_id(hass, nvr)))
    await lab.stop("NVR-1")
    with pytest.raises(HomeAssistantError, match="went silent"):
        await drill
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_actions_say_what_is_wrong_with_their_target(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    device = device_id(hass, nvr)
    for action in ACTIONS:
        with pytest.raises(vol.Invalid):
            await act(hass, action)
        with pytest.raises(ServiceValidationError, match="was not found"):
            await act(hass, action, "no such device")
        with pytest.raises(ServiceValidationError, match="is a spare"):
            await act(hass, action, device_id(hass, spare))
        with pytest.raises(ServiceValidationError, match="no recorder of a group"):
            await act(hass, action, group_id(hass, entry))
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    for action in ACTIONS:
        with pytest.raises(ServiceValidationError):
            await act(hass, action, device)
    assert await hass.config_entries.async_unload(entry.entry_id)
    for action in ACTIONS:
        with pytest.raises(ServiceValidationError, match="not loaded"):
            await act(hass, action, device)
