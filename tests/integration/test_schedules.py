"""Cameras that spares record only while a schedule of Home Assistant is on."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nvr_hotspare.cameras.schedules import is_due
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import Lab, channels_input, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr

NIGHT = "input_boolean.night"


@pytest.fixture
async def _night(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"night": {}}})


async def turn(hass: HomeAssistant, to: str) -> None:
    service = f"turn_{to}"
    await hass.services.async_call("input_boolean", service, {"entity_id": NIGHT}, blocking=True)
    await hass.async_block_till_done()


async def give_schedule(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, schedule: str | None = NIGHT
) -> None:
    """Give the first camera a schedule, or take it away, as a user does."""
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await flow.choose("channels")
    first, second = flow.suggested["channels"]
    first.pop("schedule", None)
    if schedule:
        first["schedule"] = schedule
    await flow.enter(channels_input([], channels=[first, second]))
    await flow.choose("save")


def scheduled(entry: ConfigEntry, nvr: VirtualNvr) -> list[bool]:
    channels: list[dict[str, Any]] = subentry_of(entry, nvr).data["channels"]
    return [channel["scheduled"] for channel in channels]


async def until_backed_up(entry: ConfigEntry, channels: set[int]) -> None:
    """Wait until spares record these cameras and no others."""
    manager = entry.runtime_data.manager
    await eventually(
        lambda: {it.channel for it in manager.device_view("NVR-1").backed_up} == channels
    )


@pytest.mark.usefixtures("_night")
async def test_a_camera_is_recorded_while_its_schedule_is_on(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await give_schedule(hass, entry, nvr)
    assert scheduled(entry, nvr) == [False, True]
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await until_backed_up(entry, {2})
    missed = entry.runtime_data.manager.device_view("NVR-1").not_backed_up
    assert {camera.channel: reason for camera, reason in missed.items()} == {1: "not_protected"}
    await turn(hass, "on")
    await until_backed_up(entry, {1, 2})
    await turn(hass, "off")
    await until_backed_up(entry, {2})
    assert scheduled(entry, nvr) == [False, True]
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"


@pytest.mark.usefixtures("_night")
async def test_the_form_shows_the_schedule_and_without_it_the_camera_is_recorded_always(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await give_schedule(hass, entry, nvr)
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await flow.choose("channels")
    first, second = flow.suggested["channels"]
    assert first["schedule"] == NIGHT
    assert "schedule" not in second
    await give_schedule(hass, entry, nvr, None)
    assert scheduled(entry, nvr) == [True, True]
    await turn(hass, "on")
    await turn(hass, "off")
    assert scheduled(entry, nvr) == [True, True]


@pytest.mark.usefixtures("_night")
async def test_a_schedule_that_is_removed_leaves_the_camera_recorded_always(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await give_schedule(hass, entry, nvr)
    hass.states.async_remove(NIGHT)
    await hass.async_block_till_done()
    assert scheduled(entry, nvr) == [True, True]


@pytest.mark.usefixtures("_night")
async def test_what_a_schedule_said_last_holds_until_it_is_known_after_a_start(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await give_schedule(hass, entry, nvr)
    await hass.config_entries.async_unload(entry.entry_id)
    hass.states.async_remove(NIGHT)
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert scheduled(entry, nvr) == [False, True]
    hass.states.async_set(NIGHT, "on")
    await hass.async_block_till_done()
    assert scheduled(entry, nvr) == [True, True]


@pytest.mark.parametrize(
    ("told", "before", "due"),
    [
        ("on", False, True),
        ("off", True, False),
        ("unavailable", True, True),
        ("unavailable", False, False),
        ("unknown", False, False),
        (None, False, True),
    ],
)
async def test_a_state_that_is_not_known_changes_nothing(
    hass: HomeAssistant, told: str | None, *, before: bool, due: bool
) -> None:
    if told:
        hass.states.async_set("schedule.night", told)
    assert is_due(hass, "schedule.night", before=before) is due
    assert is_due(hass, "", before=before)
