"""Guided drills: the user pulls the recorder's plug, and is told what came of it."""

import asyncio

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nvr_hotspare.flows import drill as drill_flow
from custom_components.nvr_hotspare.nvr.errors import UnitUnsupportedError
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import Lab, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr


async def guided(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr) -> Flow:
    """Begin a guided drill."""
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await flow.choose("guided_drill")
    return flow


async def follow(hass: HomeAssistant, flow: Flow) -> None:
    """Wait like the frontend until a flow asks or tells something."""
    flows = hass.config_entries.subentries
    while flow.result["type"] is FlowResultType.SHOW_PROGRESS:
        await hass.async_block_till_done()
        flow.result = await flows.async_configure(flow.result["flow_id"])
        await asyncio.sleep(0.05)


async def test_a_guided_drill_proves_the_protection(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    flow = await guided(hass, entry, nvr)
    assert flow.result["step_id"] == "guided_drill"
    assert flow.result["description_placeholders"]["cameras"] == "2"
    await flow.enter({})
    assert flow.result["type"] is FlowResultType.SHOW_PROGRESS
    assert flow.result["progress_action"] == "unplug"
    await lab.stop("NVR-1")
    await follow(hass, flow)
    assert flow.result["step_id"] == "plug_in"
    assert flow.result["description_placeholders"]["recorded"] == "2"
    assert state(hass, "sensor", nvr, "protection_proof") == "unproven"

    await flow.enter({})
    assert flow.result["progress_action"] == "come_back"
    await lab.start(nvr.config)
    await follow(hass, flow)
    assert flow.result["reason"] == "drill_passed"
    told = flow.result["description_placeholders"]
    assert float(told["noticed"]) > 0
    assert len(told["cameras"].splitlines()) == 2
    assert state(hass, "sensor", nvr, "protection_proof") == "proven"


async def test_a_guided_drill_ends_when_nothing_happens(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill_flow, "PATIENCE", 0.3)
    flow = await guided(hass, entry, nvr)
    await flow.enter({})
    await follow(hass, flow)
    assert flow.result["reason"] == "nothing_happened"
    assert state(hass, "sensor", nvr, "protection_proof") == "unproven"


async def test_no_guided_drill_begins_with_a_recorder_that_is_off(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    flow = await guided(hass, entry, nvr)
    assert flow.result["reason"] == "not_well"


async def unplugged(hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr) -> Flow:
    """Go through a guided drill until the user is to put the plug back."""
    flow = await guided(hass, entry, nvr)
    await flow.enter({})
    await lab.stop("NVR-1")
    await follow(hass, flow)
    assert flow.result["step_id"] == "plug_in"
    return flow


async def test_a_guided_drill_ends_when_the_recorder_gets_nothing_back(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hass.config_entries.async_update_entry(entry, options={"failback": "manual"})
    await hass.async_block_till_done()
    flow = await unplugged(hass, lab, entry, nvr)
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "on")
    monkeypatch.setattr(drill_flow, "PATIENCE", 0.3)
    await flow.enter({})
    await follow(hass, flow)
    assert flow.result["reason"] == "not_handed_over"


async def test_a_guided_drill_passes_though_the_spare_does_not_tell_its_footage(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def silent(*_: object) -> None:
        raise UnitUnsupportedError("It does not tell")

    monkeypatch.setattr(OnvifUnit, "footage", silent)
    monkeypatch.setattr(drill_flow, "_MEASURED", 0.2)
    flow = await unplugged(hass, lab, entry, nvr)
    await lab.start(nvr.config)
    await flow.enter({})
    await follow(hass, flow)
    assert flow.result["reason"] == "drill_passed"
    assert "footage begins" not in flow.result["description_placeholders"]["cameras"]


async def test_a_guided_drill_needs_the_group_to_be_loaded(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    flow = await guided(hass, entry, nvr)
    assert flow.result["reason"] == "group_not_loaded"
