"""Diagnostics: all that a bug report needs, and no password, account, address or serial.

Units are named by their number in the group, so that what one says of another stays readable.
"""

from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_UNIQUE_ID,
    CONF_USERNAME,
    CONF_WEBHOOK_ID,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.device_registry import DeviceEntry

from .anonymous import Anonymous
from .const import (
    CONF_ENGINE,
    CONF_FINGERPRINT,
    CONF_GROUP,
    CONF_KEY,
    CONF_MAC,
    CONF_SERIAL,
    CONF_TOLD_URI,
    CONF_URI,
    DOMAIN,
)
from .failover import journal
from .links.engine import EngineLink
from .links.link import UnitLink
from .links.network import NetworkLink
from .recorder.report import EngineReport
from .runtime import GroupRuntime, NvrHotSpareConfigEntry
from .settings.group import CONF_GATEWAY

TO_REDACT: Final = {
    CONF_ENGINE,
    CONF_FINGERPRINT,
    CONF_GATEWAY,
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
LIBRARIES: Final = ("onvif-zeep-async", "av")
"""Of which an installation may have any of several versions."""
REPORTS: Final = 5
"""Of the latest outages of each device."""


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: NvrHotSpareConfigEntry
) -> dict[str, Any]:
    """Return what is configured, decided and seen of the whole group."""
    return await _diagnose(hass, entry, entry.runtime_data.links)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: NvrHotSpareConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return the same with the details of one unit alone; of the group's own device all of it."""
    links = entry.runtime_data.links
    named = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
    own = [link for link in links if link.config.unit in named]
    return await _diagnose(hass, entry, own or links)


async def _diagnose(
    hass: HomeAssistant, entry: NvrHotSpareConfigEntry, links: Collection[UnitLink]
) -> dict[str, Any]:
    group = entry.runtime_data
    anonymous = Anonymous(group.units, group.manager.known_units)
    numbers = {config.unit: number for number, config in enumerate(group.units, start=1)}
    return {
        "libraries": await hass.async_add_executor_job(_libraries),
        "options": anonymous(async_redact_data(entry.options, TO_REDACT)),
        "decisions": anonymous(journal.dump(group.manager.state)),
        "protection": anonymous(group.manager.protection),
        "issues": anonymous(_issues(hass, entry)),
        "units": [
            {
                "unit": numbers[link.config.unit],
                "configuration": async_redact_data(
                    anonymous(entry.subentries[link.config.subentry_id].as_dict()), TO_REDACT
                ),
                **anonymous(_seen(group, link)),
            }
            for link in links
        ],
    }


def _libraries() -> Mapping[str, str]:
    return {name: version(name) for name in LIBRARIES}


@callback
def _issues(hass: HomeAssistant, entry: NvrHotSpareConfigEntry) -> list[Mapping[str, Any]]:
    """Return what people are told to put right in this group, which the ids of issues tell."""
    units = tuple(f"_{unit}" for unit in entry.runtime_data.manager.known_units)
    return [
        {"key": issue.translation_key, "about": issue.translation_placeholders}
        for (domain, key), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
        if key.endswith(units) or any(subentry in key for subentry in entry.subentries)
    ]


@callback
def _seen(group: GroupRuntime, link: UnitLink) -> Mapping[str, Any]:
    """Return what is shown of a unit, and what it is shown by."""
    config, manager = link.config, group.manager
    unit, state = config.unit, manager.state
    return {
        "device": manager.view(unit).device,
        "spare": manager.view(unit).spare,
        "heartbeat": link.beat,
        "password_rejected": isinstance(link, NetworkLink) and link.rejected,
        "pulse": state.pulses.get(unit),
        "as_device": state.devices.get(unit),
        "as_spare": state.spares.get(unit),
        "outages": manager.reports.all(unit)[-REPORTS:],
        "synchronizing": manager.courier.progress(unit),
        "last_drill": group.drills.book.latest(unit),
        "engine": _engine(link.report) if isinstance(link, EngineLink) else None,
    }


def _engine(report: EngineReport | None) -> Mapping[str, Any] | None:
    """Return what an engine tells; its jobs, of which each has a random name, in their order."""
    if report is None:
        return None
    return {
        "version": report.version,
        "storage": report.storage,
        "channels": report.channels,
        "transfers": tuple(report.transfers.values()),
    }
