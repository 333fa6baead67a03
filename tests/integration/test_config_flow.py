"""A group begins with its first spare; every error can be recovered from."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nvr_hotspare.const import DOMAIN, SUBENTRY_UNIT
from custom_components.nvr_hotspare.nvr.errors import UnitRequestError
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from tests.integration.lab import (
    PASSWORD,
    Lab,
    add_device,
    add_group,
    loopback_address,
    unit_input,
)
from virtual_nvr.nvr.unit import VirtualNvr


async def start(hass: HomeAssistant) -> Any:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert flow["type"] is FlowResultType.MENU
    assert flow["step_id"] == "user"
    assert flow["menu_options"] == ("builtin", "recorder", "engine")
    flow = await enter(hass, flow, {"next_step_id": "recorder"})
    assert flow["type"] is FlowResultType.FORM
    assert flow["step_id"] == "recorder"
    assert not flow["errors"]
    return flow


async def enter(hass: HomeAssistant, flow: Any, values: dict[str, Any]) -> Any:
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], values)
    await hass.async_block_till_done()
    return result


async def recover(hass: HomeAssistant, flow: Any, spare: VirtualNvr) -> None:
    result = await enter(hass, flow, unit_input(spare))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_group_is_created_with_its_spare_and_leads_on_to_add_unit(
    hass: HomeAssistant, lab: Lab
) -> None:
    spare = await lab.nvr("SPARE")
    flow = await start(hass)
    result = await enter(hass, flow, unit_input(spare))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.unique_id == "SPARE"
    assert not entry.data
    (subentry,) = entry.subentries.values()
    assert subentry.subentry_type == SUBENTRY_UNIT
    assert subentry.unique_id == "SPARE"
    assert subentry.data["work_mode"] == "hot_spare"
    assert subentry.data["capacity"] == 4
    kind, flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    menu = hass.config_entries.subentries.async_get(flow_id)
    assert menu["step_id"] == "user"


async def test_the_user_name_defaults_to_admin_without_encryption(hass: HomeAssistant) -> None:
    flow = await start(hass)
    values = flow["data_schema"]({"host": "127.0.0.1", "password": "x", "more": {}})
    assert values["more"] == {"username": "admin", "ssl": False}


async def test_a_host_where_nothing_answers(hass: HomeAssistant, lab: Lab) -> None:
    spare = await lab.nvr("SPARE")
    flow = await start(hass)
    result = await enter(hass, flow, unit_input(spare, host=loopback_address()))
    assert result["errors"] == {"base": "cannot_connect"}
    await recover(hass, flow, spare)


async def test_a_host_that_is_no_host_name(hass: HomeAssistant, lab: Lab) -> None:
    spare = await lab.nvr("SPARE")
    flow = await start(hass)
    result = await enter(hass, flow, unit_input(spare, host="the recorder"))
    assert result["errors"] == {"base": "invalid_address"}
    await recover(hass, flow, spare)


async def test_a_wrong_password(
    hass: HomeAssistant, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    spare = await lab.nvr("SPARE")
    flow = await start(hass)
    result = await enter(hass, flow, unit_input(spare, password="open sesame"))
    assert result["errors"] == {"base": "invalid_auth"}
    await recover(hass, flow, spare)
    assert "open sesame" not in caplog.text
    assert PASSWORD not in caplog.text


async def test_a_web_server_that_is_no_recorder(hass: HomeAssistant, lab: Lab) -> None:
    host = loopback_address()
    await lab.web_server(host, 8000)
    spare = await lab.nvr("SPARE")
    flow = await start(hass)
    result = await enter(hass, flow, unit_input(spare, host=host))
    assert result["errors"] == {"base": "not_onvif"}
    await recover(hass, flow, spare)


async def test_a_recorder_that_cannot_record_others(hass: HomeAssistant, lab: Lab) -> None:
    spare = await lab.nvr("SPARE")
    plain = await lab.nvr("PLAIN", receiver=False)
    flow = await start(hass)
    result = await enter(hass, flow, unit_input(plain))
    assert result["errors"] == {"base": "cannot_record_others"}
    await recover(hass, flow, spare)


async def test_a_recorder_that_is_busy_recording(hass: HomeAssistant, lab: Lab) -> None:
    spare = await lab.nvr("SPARE")
    busy = await lab.nvr("BUSY", await lab.cameras(2))
    flow = await start(hass)
    result = await enter(hass, flow, unit_input(busy))
    assert result["errors"] == {"base": "busy_recording"}
    assert result["description_placeholders"]["recordings"] == "2"
    await recover(hass, flow, spare)


async def test_a_recorder_that_refuses(
    hass: HomeAssistant, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = await lab.nvr("SPARE")
    flow = await start(hass)

    async def refuse(_: OnvifUnit) -> None:
        raise UnitRequestError("Out of order")

    with monkeypatch.context() as patch:
        patch.setattr(OnvifUnit, "probe", refuse)
        result = await enter(hass, flow, unit_input(spare))
    assert result["errors"] == {"base": "unit_refuses"}
    assert result["description_placeholders"]["reason"] == "Out of order"
    await recover(hass, flow, spare)


async def test_a_spare_makes_one_group_only(hass: HomeAssistant, lab: Lab) -> None:
    spare = await lab.nvr("SPARE")
    await add_group(hass, spare)
    result = await enter(hass, await start(hass), unit_input(spare))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_working_device_of_a_group_is_no_spare_of_another(
    hass: HomeAssistant, lab: Lab
) -> None:
    nvr = await lab.nvr("NVR-1")
    entry = await add_group(hass, await lab.nvr("SPARE"))
    await add_device(hass, entry, nvr, await lab.cameras(1))
    result = await enter(hass, await start(hass), unit_input(nvr))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
