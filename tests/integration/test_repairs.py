"""What only the user can put right."""

import asyncio

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.integration.fix import Fix
from tests.integration.lab import (
    Lab,
    add_device,
    eventually,
    issues,
    places,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def cameras(lab: Lab) -> list[VirtualCamera]:
    return await lab.cameras(1)


async def with_footage(hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr) -> None:
    """Let the spare record NVR-1 and then remove NVR-1 from the group."""
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    subentry = next(it for it in entry.subentries.values() if it.unique_id == "NVR-1")
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await eventually(lambda: bool(issues(hass)))
    assert issues(hass)[0].translation_key == "unreturned_footage"


@pytest.mark.parametrize(("choice", "kept"), [("keep", True), ("delete", False)])
async def test_footage_of_a_removed_unit_is_kept_or_deleted_as_the_user_says(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    *,
    spare: VirtualNvr,
    hass_client: ClientSessionGenerator,
    choice: str,
    kept: bool,
) -> None:
    await with_footage(hass, lab, entry, nvr)
    async with asyncio.timeout(90):
        while (place := (await places(spare))["NVR-1/1"]).provisioned:  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.1)
    assert place.holds_footage

    fix = await Fix.start(hass, hass_client)
    assert fix.result["menu_options"] == ["keep", "delete"]
    await fix.enter({"next_step_id": choice})
    assert fix.result["type"] == "create_entry"
    assert not issues(hass)
    assert bool(await places(spare)) is kept
    # It is not asked again.
    assert await hass.config_entries.async_reload(entry.entry_id)
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "on")
    assert not issues(hass)


async def test_footage_that_cannot_be_deleted_now_is_asked_about_again(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    hass_client: ClientSessionGenerator,
) -> None:
    await with_footage(hass, lab, entry, nvr)
    await lab.stop("SPARE")
    fix = await Fix.start(hass, hass_client)
    await fix.enter({"next_step_id": "delete"})
    assert fix.result["type"] == "abort"
    assert fix.result["reason"] == "cannot_connect"
    assert issues(hass)


async def test_a_unit_that_comes_back_to_its_group_keeps_its_footage_unasked(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
) -> None:
    await with_footage(hass, lab, entry, nvr)
    await lab.start(nvr.config)
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: not issues(hass))
