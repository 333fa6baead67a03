"""The Device List: which recorders there are in the network, and which are in a group already."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from homeassistant.components import network
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..cameras.sources import addresses, source_host
from ..const import DOMAIN
from ..nvr.address import usual_port
from ..nvr.discovery import GROUP, SECONDS, FoundUnit, discover
from ..nvr.model import Endpoint
from ..settings.unit import NetworkConfig, UnitConfig, unit_configs
from ..texts import plain, selector_texts

_LOOPBACK: Final = "127.0.0.1"
"""Software on this very machine may be a recorder, too."""
ASKED = GROUP
PATIENCE = SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceList:
    """What was found, recorders first; known cameras are left out."""

    units: Sequence[FoundUnit] = ()
    added: frozenset[str] = frozenset()
    """Addresses of units that are in a group."""

    def selector(self) -> SelectSelector | None:
        """Return what offers those that can be added, and takes any other address."""
        options = [
            SelectOptionDict(value=_address(unit), label=_label(number, unit))
            for number, unit in enumerate(self.units, start=1)
            if unit.host not in self.added
        ]
        if not options:
            return None
        mode = SelectSelectorMode.DROPDOWN
        return SelectSelector(SelectSelectorConfig(options=options, custom_value=True, mode=mode))

    async def table(self, hass: HomeAssistant) -> str:
        """Return it as a table in Markdown, in the language of Home Assistant."""
        texts = await selector_texts(hass, "device_list")
        if not self.units:
            return texts["none"]
        columns = [texts[it] for it in ("number", "name", "address", "model", "in_group")]
        rows = [
            [
                str(number),
                plain(unit.name),
                unit.host,
                plain(unit.model),
                texts["added" if unit.host in self.added else "not_added"],
            ]
            for number, unit in enumerate(self.units, start=1)
        ]
        lines = [columns, ["---"] * len(columns), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


async def search(hass: HomeAssistant) -> Sequence[FoundUnit]:
    """Ask in all networks that Home Assistant uses."""
    own = await network.async_get_enabled_source_ips(hass)
    sources = dict.fromkeys([*(str(it) for it in own if not _is_of_a_link(it)), _LOOPBACK])
    return await discover(sources, group=ASKED, seconds=PATIENCE)


async def find_devices(hass: HomeAssistant) -> DeviceList:
    """Search, and tell what is in a group already."""
    found, added, cameras = await asyncio.gather(
        search(hass),
        _addresses(_unit_hosts(hass)),
        _addresses(_camera_hosts(hass)),
    )
    units = [it for it in found if it.host in added or it.host not in cameras]
    return DeviceList(units=_each_once(units), added=added)


def _is_of_a_link(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is an address of IPv6 to which units answer from such ones alone."""
    return isinstance(address, IPv6Address) and address.is_link_local


def _each_once(units: Sequence[FoundUnit]) -> Sequence[FoundUnit]:
    """Leave out what is there over IPv6 too, if it is the same that is there over IPv4."""
    known = {it.reference for it in units if ":" not in it.host}
    return [it for it in units if ":" not in it.host or it.reference not in known]


async def _addresses(hosts: set[str]) -> frozenset[str]:
    return frozenset().union(*await asyncio.gather(*map(addresses, hosts)))


def _unit_hosts(hass: HomeAssistant) -> set[str]:
    ways = (config.way for config in _configs(hass))
    return {way.endpoint.host for way in ways if isinstance(way, NetworkConfig)}


def _camera_hosts(hass: HomeAssistant) -> set[str]:
    channels = (channel for config in _configs(hass) for channel in config.channels)
    return {source_host(it.source.uri) for it in channels if it.source}


def _configs(hass: HomeAssistant) -> Sequence[UnitConfig]:
    entries = hass.config_entries.async_entries(DOMAIN)
    return [config for entry in entries for config in unit_configs(entry).values()]


def _address(unit: FoundUnit) -> str:
    """Return what the form takes for the address of a unit."""
    endpoint = Endpoint(host=unit.host, port=unit.port, https=unit.https)
    usual = unit.port == usual_port(https=False) and not unit.https
    return unit.host if usual else endpoint.url


def _label(number: int, unit: FoundUnit) -> str:
    return f"{number}: " + ", ".join(it for it in (unit.name, unit.host, unit.model) if it)
