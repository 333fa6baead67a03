"""What is stored of a unit follows what it tells: where its cameras are, how much a spare holds.

A dead unit can't be asked, so it is asked while it lives, and what has changed is stored at once.
What the user has decided otherwise stays as it is; what the user has to decide, `cameras.drift`
asks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import CONF_CHANNELS, CONF_TOLD_NUMBERS
from ..forms.channels import told_channels
from ..links.network import NetworkLink
from ..nvr.model import ChannelSettings, Probe
from ..settings.limits import limits_data
from ..settings.unit import ChannelConfig, UnitConfig

_LOGGER = logging.getLogger(__name__)


async def follow_unit(hass: HomeAssistant, entry: ConfigEntry, link: NetworkLink) -> None:
    """Ask a unit once, store what has changed, and ask the user about the rest.

    Raises:
        UnitError: It does not tell.
    """
    told: Sequence[ChannelSettings] = ()
    probe: Probe | None = None
    if link.config.is_device:
        told = await link.ask(lambda unit: unit.settings())
    if link.config.is_spare:
        probe = await link.ask(lambda unit: unit.probe())
    subentry = entry.subentries.get(link.config.subentry_id)
    if subentry is None:
        return  # removed while it was asked
    config = UnitConfig.from_subentry(subentry)
    changes = {**_limits(config, probe), **_cameras(config, told)}
    if changes:
        _LOGGER.info("%s tells other %s than before", subentry.title, " and ".join(changes))
        hass.config_entries.async_update_subentry(
            entry, subentry, data={**subentry.data, **changes}
        )
    if told and config.told_numbers:
        link.drift.look(config, told)


def _cameras(config: UnitConfig, told: Sequence[ChannelSettings]) -> Mapping[str, Any]:
    """Return what has changed of the cameras; at first, which ones there are."""
    changes: dict[str, Any] = {}
    channels = followed(config.channels, told_channels(told))
    if channels != config.channels:
        changes[CONF_CHANNELS] = [channel.as_data() for channel in channels]
    if told and not config.told_numbers:
        changes[CONF_TOLD_NUMBERS] = {channel.token: channel.number for channel in told}
    return changes


def _limits(config: UnitConfig, probe: Probe | None) -> Mapping[str, Any]:
    """Return the limits that a spare tells; no room at all is an answer of one that is starting."""
    if probe is None or probe.identity.serial != config.unit or not probe.limits.cameras:
        return {}
    return limits_data(probe.limits) if probe.limits != config.limits else {}


def followed(
    channels: Sequence[ChannelConfig], told: Iterable[ChannelConfig]
) -> tuple[ChannelConfig, ...]:
    """Return the channels with the names and the addresses that their unit tells now.

    What was told of another channel before is no new address: the unit counts its channels anew,
    and its names are not those of the same numbers.
    """
    known = {"", *(channel.told_uri for channel in channels)}
    by_number = {channel.number: channel for channel in told}
    return tuple(
        _followed(channel, by_number[channel.number], known)
        if channel.number in by_number
        else channel
        for channel in channels
    )


def _followed(channel: ChannelConfig, told: ChannelConfig, known: Iterable[str]) -> ChannelConfig:
    """Return a channel as its unit tells it, but for what the user has decided otherwise."""
    if told.told_uri not in known:
        source = channel.source
        if source is not None and source.uri == channel.told_uri:
            source = replace(source, uri=told.told_uri)
        elif source is not None and source.uri == channel.told_sub_uri:
            source = replace(source, uri=told.told_sub_uri or told.told_uri)
        channel = replace(channel, source=source, told_uri=told.told_uri, told_sub=told.told_sub)
    elif told.told_uri not in {"", channel.told_uri}:
        return channel
    name = told.name if channel.name == channel.told_name else channel.name
    address = told.told_address or channel.told_address
    return replace(channel, name=name, told_name=told.name, told_address=address)
