"""Which driver a recorder is talked to with: found by itself, said, and changed on demand."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import Lab, eventually, state, unit_input
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.firmware import DahuaFirmware
from virtual_nvr.hikvision.firmware import HikvisionFirmware

ACCOUNT = {"username": "viewer", "password": "p@ss:w/rd"}
MAKES: dict[str, Any] = {"hikvision": HikvisionFirmware(spare=True), "dahua": DahuaFirmware()}


@pytest.mark.parametrize("make", MAKES)
async def test_the_make_of_a_working_device_is_found_and_what_it_can_do_is_said(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera], make: str
) -> None:
    nvr = await lab.nvr("NVR-1", cameras, **{make: MAKES[make]})
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "driver"
    assert flow.suggested == {"driver": make}
    told = flow.result["description_placeholders"]["abilities"]
    assert "tells whether it records them" in told
    assert ("has a hot spare function of its own" in told) == (make == "hikvision")
    await flow.enter({"driver": make})
    assert flow.result["step_id"] == "channels"
    await flow.enter({"channels": flow.suggested["channels"], "account": ACCOUNT})
    await flow.save()
    assert subentry_of(group, nvr).data["driver"] == make
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_another_driver_may_be_chosen(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras, hikvision=HikvisionFirmware())
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter({"driver": "dahua"})
    assert flow.result["step_id"] == "normal"
    assert flow.error
    await flow.enter(unit_input(nvr))
    await flow.enter({"driver": "onvif"})
    assert flow.result["step_id"] == "channels"
    await flow.enter({"channels": flow.suggested["channels"], "account": ACCOUNT})
    await flow.save()
    subentry = subentry_of(group, nvr)
    assert subentry.data["driver"] == "onvif"
    change = await Flow.change(hass, group, subentry)
    await change.choose("account")
    await change.enter(unit_input(nvr))
    assert subentry_of(group, nvr).data["driver"] == "onvif"


async def test_a_recorder_of_a_make_begins_a_group_as_its_spare(
    hass: HomeAssistant, lab: Lab
) -> None:
    spare = await lab.nvr("SPARE", hikvision=HikvisionFirmware())
    flows = hass.config_entries.flow
    result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    for answer in ({"next_step_id": "recorder"}, unit_input(spare)):
        result = await flows.async_configure(result["flow_id"], answer)
    assert result["step_id"] == "driver"
    placeholders = result["description_placeholders"] or {}
    assert "4 cameras" in placeholders["abilities"]
    result = await flows.async_configure(result["flow_id"], {"driver": "hikvision"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "on")
