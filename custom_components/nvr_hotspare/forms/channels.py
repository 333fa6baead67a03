"""The form that lists a working device's cameras and asks where each of them is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from homeassistant.components.camera import async_get_stream_source
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_USERNAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..cameras.schedules import SCHEDULES, is_due
from ..cameras.sources import UriError, addresses, parse_source, source_host
from ..const import (
    CONF_CHANNELS,
    CONF_NUMBER,
    CONF_PRIORITY,
    CONF_SCHEDULE,
    CONF_URI,
    CONF_WITHOUT_AUDIO,
)
from ..failover.model import Priority
from ..nvr.model import ChannelSettings
from ..nvr.streams import main_stream, sub_stream
from ..nvr.uris import is_own_address, is_same_stream
from ..recorder.model import Source
from ..settings.unit import ChannelConfig
from .unit import PASSWORD_SELECTOR, UnitFormError

CONF_CAMERA: Final = "camera"
CONF_SUB_STREAM: Final = "sub_stream"
SECTION_ACCOUNT: Final = "account"
MAX_CHANNELS: Final = 256
MAX_NAME: Final = 64

_ACCOUNT: Final = section(
    vol.Schema(
        {
            vol.Optional(CONF_USERNAME): TextSelector(),
            vol.Optional(CONF_PASSWORD): PASSWORD_SELECTOR,
        }
    ),
    {"collapsed": False},
)


def channels_schema(priorities: Mapping[str, str]) -> vol.Schema:
    """Return the form; `priorities` are the names of the priorities.

    They have to be given: the frontend translates no options in the form of a list's item.
    """
    number = NumberSelectorConfig(min=1, max=MAX_CHANNELS, mode=NumberSelectorMode.BOX)
    priority = SelectSelectorConfig(
        options=[SelectOptionDict(value=it, label=priorities[it]) for it in Priority],
        mode=SelectSelectorMode.DROPDOWN,
        translation_key=CONF_PRIORITY,
    )
    camera = EntitySelectorConfig(domain=Platform.CAMERA)
    schedule = EntitySelectorConfig(domain=SCHEDULES)
    channels = ObjectSelectorConfig(
        multiple=True,
        label_field=CONF_NAME,
        description_field=CONF_URI,
        translation_key="channel",
        fields={
            CONF_NUMBER: {"required": True, "selector": NumberSelector(number)},
            CONF_NAME: {"required": True, "selector": TextSelector()},
            CONF_URI: {"selector": TextSelector()},
            CONF_CAMERA: {"selector": EntitySelector(camera)},
            CONF_SUB_STREAM: {"selector": BooleanSelector()},
            CONF_PRIORITY: {"default": Priority.NORMAL, "selector": SelectSelector(priority)},
            CONF_SCHEDULE: {"selector": EntitySelector(schedule)},
            CONF_USERNAME: {"selector": TextSelector()},
            CONF_PASSWORD: {"selector": PASSWORD_SELECTOR},
            CONF_WITHOUT_AUDIO: {"selector": BooleanSelector()},
        },
    )
    return vol.Schema(
        {
            vol.Required(CONF_CHANNELS): ObjectSelector(channels),
            vol.Required(SECTION_ACCOUNT): _ACCOUNT,
        }
    )


def told_channels(settings: Iterable[ChannelSettings]) -> list[ChannelConfig]:
    """Return the channels as a unit tells them."""
    return [
        ChannelConfig(
            number=channel.number,
            name=channel.name[:MAX_NAME] or str(channel.number),
            source=channel.source,
            told_name=channel.name[:MAX_NAME] or str(channel.number),
            told_uri=channel.source.uri if channel.source else "",
            told_address=channel.source.address if channel.source else None,
            told_sub=channel.sub_uri,
            behind=channel.behind,
        )
        for channel in islice(settings, MAX_CHANNELS)
    ]


def filled_form(channels: Iterable[ChannelConfig]) -> dict[str, Any]:
    """Return the suggested values of `channels_schema`; a password is never shown again."""
    return {CONF_CHANNELS: [_filled_item(channel) for channel in channels]}


def _filled_item(channel: ChannelConfig) -> dict[str, Any]:
    item: dict[str, Any] = {
        CONF_NUMBER: channel.number,
        CONF_NAME: channel.name,
        CONF_PRIORITY: channel.priority.value,
    }
    if channel.schedule:
        item[CONF_SCHEDULE] = channel.schedule
    if channel.source is not None:
        item[CONF_URI] = channel.source.uri
        if main := _main_uri(channel.source.uri, channel):
            item |= {CONF_URI: main, CONF_SUB_STREAM: True}
        if channel.source.username:
            item[CONF_USERNAME] = channel.source.username
        if not channel.source.audio:
            item[CONF_WITHOUT_AUDIO] = True
    return item


async def read_form(
    hass: HomeAssistant,
    user_input: Mapping[str, Any],
    unit_host: str,
    known: Sequence[ChannelConfig] = (),
) -> list[ChannelConfig]:
    """Return what was entered into `channels_schema`.

    An account is, in this order, that of the URI, that of the channel, that of the form. Where
    one names the user of `known` and no password, the known password stays.

    Raises:
        UnitFormError: Something entered makes no sense.
    """
    before = {channel.number: channel for channel in known}
    form = Source(uri="", **user_input[SECTION_ACCOUNT])
    unit_addresses = await addresses(unit_host)
    channels: dict[int, ChannelConfig] = {}
    for item in user_input[CONF_CHANNELS]:
        number, name = int(item[CONF_NUMBER]), item[CONF_NAME].strip()[:MAX_NAME]
        if number in channels:
            raise UnitFormError("duplicate_channel", {"number": str(number)})
        there = before.get(number, ChannelConfig(number=number, name=name, source=None))
        source = await _entered_source(hass, item, name, there)
        if source is not None:
            found = await addresses(source_host(source.uri))
            if is_own_address(source.uri, unit_host) or unit_addresses & found:
                raise UnitFormError("source_on_unit", {"name": name})
            source = _with_account(source, form, there.source)
        channels[number] = ChannelConfig(
            number=number,
            name=name,
            source=source,
            priority=Priority(item.get(CONF_PRIORITY, Priority.NORMAL)),
            schedule=item.get(CONF_SCHEDULE, ""),
            scheduled=is_due(hass, item.get(CONF_SCHEDULE, ""), before=there.scheduled),
            told_name=there.told_name,
            told_uri=there.told_uri,
            told_address=there.told_address,
            told_sub=there.told_sub,
            behind=there.behind,
        )
    if not channels:
        raise UnitFormError("no_channels")
    return list(channels.values())


async def _entered_source(
    hass: HomeAssistant, item: Mapping[str, Any], name: str, told: ChannelConfig
) -> Source | None:
    """Return the source of one item of the form, with the account entered next to it."""
    if entity_id := item.get(CONF_CAMERA):
        uri = await _camera_uri(hass, entity_id)
    else:
        uri = item.get(CONF_URI, "").strip()
        if not uri:
            return None
    try:
        source = replace(parse_source(uri), audio=not item.get(CONF_WITHOUT_AUDIO))
    except UriError as error:
        raise UnitFormError(
            "camera_without_rtsp" if entity_id else "invalid_uri", {"name": name}
        ) from error
    if item.get(CONF_SUB_STREAM):
        if not (sub := _sub_uri(source.uri, told)):
            raise UnitFormError("no_sub_stream", {"name": name})
        source = replace(source, uri=sub)
    if source.username:
        return source
    return replace(
        source,
        username=item.get(CONF_USERNAME, "").strip(),
        password=item.get(CONF_PASSWORD, ""),
    )


def _sub_uri(uri: str, told: ChannelConfig) -> str:
    """Return where a camera has its sub stream, empty where nobody says so."""
    if told.told_sub and is_same_stream(uri, told.told_uri):
        return told.told_sub
    return sub_stream(uri) or (uri if _main_uri(uri, told) else "")


def _main_uri(uri: str, told: ChannelConfig) -> str:
    """Return where the camera of a sub stream has its main stream, empty where it is none."""
    return told.told_uri if uri == told.told_sub else main_stream(uri) or ""


async def _camera_uri(hass: HomeAssistant, entity_id: str) -> str:
    """Return where a camera entity streams from, empty where it doesn't tell."""
    try:
        return await async_get_stream_source(hass, entity_id) or ""
    except HomeAssistantError:
        return ""


def _with_account(source: Source, form: Source, known: Source | None) -> Source:
    """Complete the account of a source."""
    if not source.username:
        return replace(source, username=form.username, password=form.password)
    for other in (form, known):
        if not source.password and other and other.username == source.username:
            source = replace(source, password=other.password)
    return source
