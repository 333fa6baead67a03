"""Recorders that reject their password: the user is asked for each of them, by its name."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import Lab, eventually, issues, state, unit_input
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def cameras(lab: Lab) -> list[VirtualCamera]:
    return await lab.cameras(1)


def asked(hass: HomeAssistant, entry: ConfigEntry) -> list[Any]:
    """Return the flows that ask for a password."""
    return list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def change_password(lab: Lab, nvr: VirtualNvr) -> None:
    """Have a recorder accept another password from now on."""
    await lab.stop(nvr.config.serial)
    await lab.start(replace(nvr.config, password="changed"))


async def enter(hass: HomeAssistant, flow: Any, **values: str) -> Any:
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"username": "admin"} | values
    )
    await hass.async_block_till_done()
    return result


async def test_the_unit_is_named_and_every_error_can_be_recovered_from(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await change_password(lab, nvr)
    await eventually(lambda: bool(asked(hass, entry)))
    (flow,) = asked(hass, entry)
    title = subentry_of(entry, nvr).title
    assert flow["context"]["title_placeholders"]["name"] == title
    assert flow["step_id"] == "reauth_confirm"

    result = await enter(hass, flow, password="guess")
    assert result["errors"] == {"base": "invalid_auth"}
    assert result["description_placeholders"]["name"] == title
    assert result["description_placeholders"]["host"] == nvr.config.host
    result = await enter(hass, flow, password="changed")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    assert subentry_of(entry, nvr).data["password"] == "changed"
    assert not asked(hass, entry)
    assert not issues(hass)


async def test_units_are_asked_for_one_after_another(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await change_password(lab, nvr)
    await change_password(lab, spare)
    links = entry.runtime_data.links
    await eventually(lambda: all(link.rejected for link in links))
    (flow,) = asked(hass, entry)
    result = await enter(hass, flow, password="changed")
    assert result["type"] is FlowResultType.FORM
    (flow,) = asked(hass, entry)
    result = await enter(hass, flow, password="changed")
    assert result["reason"] == "reauth_successful"
    for unit in (nvr, spare):
        assert subentry_of(entry, unit).data["password"] == "changed"
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")


async def test_nobody_is_asked_any_more_where_the_password_was_changed_elsewhere(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await change_password(lab, nvr)
    await eventually(lambda: bool(asked(hass, entry)))
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await flow.choose("account")
    await flow.enter(unit_input(nvr, password="changed"))
    assert flow.result["reason"] == "reconfigure_successful"
    await eventually(lambda: not asked(hass, entry))


async def test_a_unit_that_is_gone_meanwhile_has_no_password(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await change_password(lab, nvr)
    await eventually(lambda: bool(asked(hass, entry)))
    (flow,) = asked(hass, entry)
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, nvr).subentry_id)
    result = await enter(hass, flow, password="changed")
    assert result["reason"] == "unit_gone"


async def test_a_password_is_taken_while_the_group_is_not_loaded(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await change_password(lab, nvr)
    await eventually(lambda: bool(asked(hass, entry)))
    (flow,) = asked(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    result = await enter(hass, flow, password="changed")
    assert result["reason"] == "reauth_successful"
    assert subentry_of(entry, nvr).data["password"] == "changed"


async def test_another_recorder_at_its_address_is_not_taken_for_it(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await change_password(lab, nvr)
    await eventually(lambda: bool(asked(hass, entry)))
    (flow,) = asked(hass, entry)
    await lab.stop("NVR-1")
    await lab.nvr("OTHER", host=nvr.config.host)
    result = await enter(hass, flow, password=nvr.config.password)
    assert result["errors"] == {"base": "other_unit"}
    await lab.stop("OTHER")
    result = await enter(hass, flow, password="changed")
    assert result["errors"] == {"base": "cannot_connect"}
    await lab.start(nvr.config)
    result = await enter(hass, flow, password=nvr.config.password)
    assert result["reason"] == "reauth_successful"
