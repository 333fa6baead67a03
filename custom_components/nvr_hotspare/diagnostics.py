"""Diagnostics without secrets: no password, no account, no address, no serial."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_UNIQUE_ID,
    CONF_USERNAME,
    CONF_WEBHOOK_ID,
)
from homeassistant.core import HomeAssistant

from .const import (
    CONF_ENGINE,
    CONF_FINGERPRINT,
    CONF_GROUP,
    CONF_KEY,
    CONF_MAC,
    CONF_SERIAL,
    CONF_TOLD_URI,
    CONF_URI,
)
from .engine_link import EngineLink
from .recorder.report import EngineReport
from .runtime import NvrHotSpareConfigEntry

TO_REDACT: Final = {
    CONF_ENGINE,
    CONF_FINGERPRINT,
    CONF_GROUP,
    CONF_HOST,
    CONF_KEY,
    CONF_MAC,
    CONF_PASSWORD,
    CONF_SERIAL,
    CONF_TOLD_URI,
    CONF_UNIQUE_ID,
    CONF_URI,
    CONF_USERNAME,
    CONF_WEBHOOK_ID,
    "title",
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: NvrHotSpareConfigEntry
) -> dict[str, Any]:
    """Return what is configured and what is shown of each unit, units by their number."""
    manager = entry.runtime_data.manager
    units = [config.unit for config in entry.runtime_data.units]
    return {
        "subentries": [
            async_redact_data(subentry.as_dict(), TO_REDACT)
            for subentry in entry.subentries.values()
        ],
        "views": [_view(asdict(manager.view(unit)), units) for unit in units],
        "engines": [
            _engine(link.report)
            for link in entry.runtime_data.links
            if isinstance(link, EngineLink) and link.report
        ],
    }


def _engine(report: EngineReport) -> dict[str, Any]:
    """Return what an engine tells; its channels, named by serials, in their order alone."""
    told = asdict(report)
    return {**told, "channels": list(told["channels"].values())}


def _view(value: Any, units: list[str]) -> Any:
    """Replace the units' ids, which are their serials, by their numbers in the list."""
    match value:
        case str() if value in units:
            return units.index(value)
        case dict():
            return {str(_view(key, units)): _view(item, units) for key, item in value.items()}
        case tuple() | list():
            return [_view(item, units) for item in value]
        case _:
            return value
