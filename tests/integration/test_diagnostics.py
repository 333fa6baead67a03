"""Diagnostics say what a bug report needs, and nothing that strangers are not to know."""

import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.anonymous import Anonymous
from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import (
    CAMERA_PASSWORD,
    PASSWORD,
    Lab,
    add_builtin_group,
    add_device,
    device_id,
    eventually,
    issues,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

SPARE, DEVICE = 0, 1


def assert_anonymous(told: Any, *units: VirtualNvr, cameras: list[VirtualCamera]) -> None:
    """Nothing tells who the units are, where they and their cameras are, or how to get in."""
    text = json.dumps(told)
    hosts = [camera.uri.removeprefix("rtsp://").partition(":")[0] for camera in cameras]
    named = [(unit.config.serial, unit.config.host) for unit in units]
    for secret in (PASSWORD, CAMERA_PASSWORD, "rtsp://", *hosts, *sum(named, ())):
        assert secret not in text, secret


async def test_what_is_configured_and_seen_of_each_unit_is_told(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: ConfigEntry
) -> None:
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    spare, device = told["units"]
    assert device["configuration"]["data"]["model"] == "Virtual NVR"
    assert device["configuration"]["data"]["channels"][0]["name"] == "Camera 1"
    assert device["device"]["working_status"] == "recording"
    assert device["heartbeat"]["round_trip"] > 0
    assert device["pulse"]["heard"]
    assert set(device["as_device"]["recordings"].values()) == {"yes"}
    assert spare["spare"]["capacity"] == 4
    assert set(told["libraries"]) == {"onvif-zeep-async", "av"}


async def test_after_an_outage_its_report_is_told_and_still_no_secret(  # noqa: PLR0917 (fixtures)
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    spare: VirtualNvr,
    cameras: list[VirtualCamera],
) -> None:
    before = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert_anonymous(before, nvr, spare, cameras=cameras)
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    during = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert during["decisions"]["devices"]["unit 2"]["outage"]["spares"] == ["unit 1"]
    assert_anonymous(during, nvr, spare, cameras=cameras)
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "last_outage") != "unknown")
    after = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    (report,) = after["units"][DEVICE]["outages"]
    assert report["cause"] == "silence"
    assert report["spares"] == ["unit 1"]
    assert_anonymous(after, nvr, spare, cameras=cameras)


async def test_a_device_tells_of_itself_alone_and_the_group_of_all(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    registry = dr.async_get(hass)
    device = registry.async_get(device_id(hass, nvr))
    group = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert device
    assert group
    told = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert [unit["unit"] for unit in told["units"]] == [2]
    told = await get_diagnostics_for_device(hass, hass_client, entry, group)
    assert [unit["unit"] for unit in told["units"]] == [1, 2]


async def test_issues_are_told_with_what_they_are_about(  # noqa: PLR0917 (fixtures)
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    (subentry,) = [it for it in entry.subentries.values() if it.unique_id == "NVR-1"]
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await eventually(lambda: bool(issues(hass)))
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    about = {"name": "a removed unit"}
    assert told["issues"] == [{"key": "unreturned_footage", "about": about}]
    assert_anonymous(told, nvr, cameras=cameras)


async def test_a_rejected_password_is_told_but_not_which(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: ConfigEntry
) -> None:
    (subentry,) = [it for it in entry.subentries.values() if it.unique_id == "NVR-1"]
    data = {**subentry.data, "password": "outdated"}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    while not told["units"][DEVICE]["password_rejected"]:
        told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert "outdated" not in json.dumps(told)


async def test_what_the_engine_of_the_built_in_spare_tells_is_told(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    builtin_home: Path,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    link = entry.runtime_data.links[SPARE]
    await eventually(lambda: link.report and len(link.report.channels) == len(cameras))
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    engine = told["units"][SPARE]["engine"]
    assert set(engine["channels"]) == {"unit 2.1", "unit 2.2"}
    assert engine["storage"]["state"] == "ok"
    assert_anonymous(told, nvr, cameras=cameras)


def test_names_are_taken_out_of_sentences_too(entry: ConfigEntry) -> None:
    units = entry.runtime_data.units
    host = units[1].way.endpoint.host
    anonymous = Anonymous(units, {"GONE-7": "The shop (192.0.2.7)"})
    told = anonymous({"error": f"NVR-1 at {host}: no route", "of": "The shop (192.0.2.7), GONE-7"})
    assert told == {
        "error": "unit 2 at <address>: no route",
        "of": "a removed unit, a removed unit",
    }
    assert anonymous("NVR-10") == "NVR-10"
