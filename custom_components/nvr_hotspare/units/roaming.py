"""Recorders that get another address are followed there.

DHCP tells it, or they greet from there (see `greetings`), or they are found by WS-Discovery.

Whoever is at the new address has to say the serial number of the unit, and by HTTPS to show its
certificate. It is not offered the unit's password unless something speaks for it: its MAC address,
or what it calls itself in the network.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant

from ..const import CONF_REFERENCE, DOMAIN
from ..failover.model import UnitId
from ..links.driver import open_unit
from ..nvr.discovery import FoundUnit
from ..nvr.errors import UnitCertificateError, UnitCredentialsError, UnitError
from ..settings.unit import NetworkConfig, UnitConfig, unit_configs
from .device_list import search

_LOGGER = logging.getLogger(__name__)

SEARCH_PACE = 60.0
"""Seconds between two searches while a unit is offline."""
LEARN_PACE = 600.0
"""The same while all are online: then it is only learnt what they call themselves."""
TRIES: Final = 30
TRY_PACE = 10.0
"""Seconds between two attempts."""


async def roam(
    hass: HomeAssistant, entry: ConfigEntry, is_offline: Callable[[UnitConfig], bool]
) -> None:
    """Look for the group's units for as long as this runs.

    Where a unit was not, it is not looked for again until it was seen: its password is offered to
    nobody every minute.
    """
    asked: set[tuple[UnitId, str]] = set()
    while True:
        configs = tuple(unit_configs(entry).values())
        missing = any(map(is_offline, configs))
        await asyncio.sleep(SEARCH_PACE if missing else LEARN_PACE)
        found = await search(hass)
        for config in unit_configs(entry).values():
            if is_offline(config):
                await _look_for(hass, entry, config, found, asked)
            else:
                asked = {(unit, host) for unit, host in asked if unit != config.unit}
                _learn(hass, entry, config, found)


def moved_by_dhcp(hass: HomeAssistant, mac: str, host: str) -> None:
    """Follow the units with this MAC address; `mac` as in `Identity`."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        for config in unit_configs(entry).values():
            if config.identity.mac == mac:
                entry.async_create_background_task(
                    hass, follow_patiently(hass, entry, config.unit, host), f"follow {mac}"
                )


async def follow_patiently(
    hass: HomeAssistant, entry: ConfigEntry, unit: UnitId, host: str
) -> None:
    """Follow a unit that may be at an address now, which it gets long before it answers there."""
    for _ in range(TRIES):
        config = unit_configs(entry).get(unit)
        if config is None or await follow(hass, entry, config, host):
            return
        await asyncio.sleep(TRY_PACE)


async def follow(hass: HomeAssistant, entry: ConfigEntry, config: UnitConfig, host: str) -> bool:
    """Take up an address of a unit, if it is there and no longer where it was.

    A unit that is known by a name stays so: who gives names follows it already.

    Returns:
        Whether the question is settled: else it may answer later.
    """
    way = config.way
    if not isinstance(way, NetworkConfig) or way.endpoint.host == host:
        return True
    if not _is_ip_address(way.endpoint.host):
        return True
    with suppress(UnitError):
        await open_unit(hass, way).heartbeat(fresh=True)
        return True
    there = replace(way, endpoint=replace(way.endpoint, host=host))
    try:
        identity = await open_unit(hass, there).identify()
    except (UnitCertificateError, UnitCredentialsError) as error:
        _LOGGER.warning("%s may be at %s now: %s", config.title, host, error)
        return True
    except UnitError:
        return False
    subentry = entry.subentries.get(config.subentry_id)
    if subentry is not None and identity.serial == config.unit:
        _LOGGER.info("%s is at %s now", config.title, host)
        data = {**subentry.data, CONF_HOST: host}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
    return True


async def _look_for(
    hass: HomeAssistant,
    entry: ConfigEntry,
    config: UnitConfig,
    found: Iterable[FoundUnit],
    asked: set[tuple[UnitId, str]],
) -> None:
    for host in (it.host for it in found if it.reference == config.reference != ""):
        place = config.unit, host
        if place not in asked and await follow(hass, entry, config, host):
            asked.add(place)


def _learn(
    hass: HomeAssistant, entry: ConfigEntry, config: UnitConfig, found: Iterable[FoundUnit]
) -> None:
    """Store what a unit calls itself."""
    way, subentry = config.way, entry.subentries.get(config.subentry_id)
    if not isinstance(way, NetworkConfig) or subentry is None:
        return
    references: Mapping[str, str] = {unit.host: unit.reference for unit in found}
    reference = references.get(way.endpoint.host, "")
    if reference not in {"", config.reference}:
        data = {**subentry.data, CONF_REFERENCE: reference}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
