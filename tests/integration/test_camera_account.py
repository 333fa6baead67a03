"""Cameras that reject their account: the user is asked for it, camera by camera or for all."""

from pathlib import Path

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.integration.fix import Fix
from tests.integration.flow import subentry_of
from tests.integration.lab import (
    CAMERA_PASSWORD,
    add_builtin_group,
    add_device,
    eventually,
    issues,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def entry(
    hass: HomeAssistant, builtin_home: Path, nvr: VirtualNvr, cameras: list[VirtualCamera]
) -> ConfigEntry:
    """A group whose built-in spare stands by warm, with an account that cameras reject."""
    entry = await add_builtin_group(hass, builtin_home / "footage", standby="warm")
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    set_passwords(hass, entry, nvr, "wrong", "wrong")
    await eventually(lambda: len(issues(hass)) == 2)
    assert {it.translation_key for it in issues(hass)} == {"camera_rejects"}
    return entry


def set_passwords(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, *passwords: str
) -> None:
    subentry = subentry_of(entry, nvr)
    pairs = zip(subentry.data["channels"], passwords, strict=True)
    channels = [{**channel, "password": password} for channel, password in pairs]
    data = {**subentry.data, "channels": channels}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)


def passwords_of(entry: ConfigEntry, nvr: VirtualNvr) -> list[str]:
    return [it["password"] for it in subentry_of(entry, nvr).data["channels"]]


async def test_an_account_is_tried_and_taken_for_all_that_had_the_same(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, hass_client: ClientSessionGenerator
) -> None:
    fix = await Fix.start(hass, hass_client)
    assert fix.result["step_id"] == "account"
    await fix.enter({"username": "viewer", "password": "guess", "alike": True})
    assert fix.result["errors"] == {"base": "camera_fails"}
    assert fix.result["description_placeholders"]["verdict"]
    await fix.enter({"username": "viewer", "password": CAMERA_PASSWORD, "alike": True})
    assert fix.result["type"] == "create_entry"
    assert passwords_of(entry, nvr) == [CAMERA_PASSWORD, CAMERA_PASSWORD]
    await eventually(lambda: not issues(hass))


async def test_an_account_may_be_that_of_one_camera(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, hass_client: ClientSessionGenerator
) -> None:
    fix = await Fix.start(hass, hass_client)
    await fix.enter({"username": "viewer", "password": CAMERA_PASSWORD, "alike": False})
    assert fix.result["type"] == "create_entry"
    assert sorted(passwords_of(entry, nvr)) == sorted([CAMERA_PASSWORD, "wrong"])
    await eventually(lambda: len(issues(hass)) == 1)


async def test_a_camera_that_is_off_the_list_is_asked_about_no_more(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, hass_client: ClientSessionGenerator
) -> None:
    fix = await Fix.start(hass, hass_client)
    subentry = subentry_of(entry, nvr)
    data = {**subentry.data, "channels": []}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await fix.enter({"username": "viewer", "password": "guess", "alike": True})
    assert fix.result["reason"] == "camera_gone"
    await eventually(lambda: not issues(hass))
