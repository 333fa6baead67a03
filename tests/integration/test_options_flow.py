"""The options of a group: they count as soon as they are entered."""

from datetime import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nvr_hotspare.const import CONF_ADMINS_ONLY
from custom_components.nvr_hotspare.giving import GivingPace
from tests.integration.lab import add_group
from virtual_nvr.nvr.unit import VirtualNvr

CALM = {"bandwidth_mbit": 20.5, "concurrent": 1, "admins_only": True}
NIGHT = {"window_from": "22:00:00", "window_to": "06:00:00"}


@pytest.fixture
async def entry(hass: HomeAssistant, spare: VirtualNvr) -> ConfigEntry:
    return await add_group(hass, spare)


async def enter(hass: HomeAssistant, entry: ConfigEntry, values: dict[str, Any]) -> Any:
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert flow["type"] is FlowResultType.FORM
    return await hass.config_entries.options.async_configure(flow["flow_id"], values)


def suggested(result: Any) -> dict[str, Any]:
    return {
        str(key): key.description["suggested_value"]
        for key in result["data_schema"].schema
        if key.description
    }


async def test_a_group_begins_without_limits(hass: HomeAssistant, entry: ConfigEntry) -> None:
    shown = suggested(await hass.config_entries.options.async_init(entry.entry_id))
    assert shown == {"bandwidth_mbit": 0.0, "concurrent": 2, "admins_only": False}


async def test_what_is_entered_counts_and_is_shown_again(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    result = await enter(hass, entry, CALM | NIGHT)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    pace = GivingPace.from_options(entry.options)
    assert pace.pace.bandwidth == 2_562_500
    assert (pace.begins, pace.ends) == (time(22), time(6))
    assert entry.options[CONF_ADMINS_ONLY]
    again = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(again) == CALM | NIGHT


async def test_half_a_window_is_refused_and_can_be_completed(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    result = await enter(hass, entry, CALM | {"window_to": "06:00:00"})
    assert result["errors"] == {"base": "half_a_window"}
    done = await hass.config_entries.options.async_configure(result["flow_id"], CALM | NIGHT)
    assert done["type"] is FlowResultType.CREATE_ENTRY
