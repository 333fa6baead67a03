"""What is stored of a unit follows what it tells: where its cameras are, how much a spare holds.

A dead unit can't be asked, so it is asked while it lives, and what has changed is stored at once.
What the user has decided otherwise stays as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .channel_form import told_channels
from .const import CONF_CAPACITY, CONF_CHANNELS
from .network_link import NetworkLink
from .nvr.model import Probe
from .unit_config import ChannelConfig, UnitConfig

_LOGGER = logging.getLogger(__name__)


async def follow_unit(hass: HomeAssistant, entry: ConfigEntry, link: NetworkLink) -> None:
    """Ask a unit once, and store what has changed.

    Raises:
        UnitError: It does not tell.
    """
    find: Callable[[UnitConfig], Mapping[str, Any]]
    if link.config.is_device:
        told = told_channels(await link.ask(lambda unit: unit.settings()))
        find = partial(_cameras, told=told)
    else:
        find = partial(_capacity, probe=await link.ask(lambda unit: unit.probe()))
    subentry = entry.subentries.get(link.config.subentry_id)
    if subentry is None:
        return  # removed while it was asked
    if changes := find(UnitConfig.from_subentry(subentry)):
        _LOGGER.info("%s tells other %s than before", subentry.title, " and ".join(changes))
        data = {**subentry.data, **changes}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)


def _cameras(config: UnitConfig, told: Iterable[ChannelConfig]) -> Mapping[str, Any]:
    channels = followed(config.channels, told)
    if channels == config.channels:
        return {}
    return {CONF_CHANNELS: [channel.as_data() for channel in channels]}


def _capacity(config: UnitConfig, probe: Probe) -> Mapping[str, Any]:
    """Return the room that a spare tells; none at all is an answer of one that is starting."""
    same = probe.identity.serial == config.unit
    changed = same and probe.capacity not in {0, config.capacity}
    return {CONF_CAPACITY: probe.capacity} if changed else {}


def followed(
    channels: Sequence[ChannelConfig], told: Iterable[ChannelConfig]
) -> tuple[ChannelConfig, ...]:
    """Return the channels with the addresses that their unit tells now.

    What was told of another channel before is no new address: the unit counts its channels anew.
    """
    known = {"", *(channel.told_uri for channel in channels)}
    uris = {channel.number: channel.told_uri for channel in told}
    moved = {number: uri for number, uri in uris.items() if uri not in known}
    return tuple(
        _moved(channel, moved[channel.number]) if channel.number in moved else channel
        for channel in channels
    )


def _moved(channel: ChannelConfig, uri: str) -> ChannelConfig:
    source = channel.source
    if source is not None and source.uri == channel.told_uri:
        source = replace(source, uri=uri)
    return replace(channel, source=source, told_uri=uri)
