"""What dashboards ask for: a group as it is and as it changes, its outages, its footage."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_HOME_ASSISTANT_ERROR, ERR_NOT_FOUND
from homeassistant.components.websocket_api.decorators import async_response, websocket_command
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
import voluptuous as vol

from ..const import DOMAIN
from ..failover.model import Camera
from ..footage.identifier import FootageId
from ..footage.library import Library
from ..footage.shelf import ShelfError, day_of
from ..footage.views import picture_path
from ..reports.account import Json
from ..runtime import GroupRuntime, NvrHotSpareConfigEntry

_SIGNED: Final = timedelta(hours=1)
_SECOND: Final = 1_000_000_000
_LONGEST: Final = 2 * 86_400
"""Seconds of which footage is listed at once."""


@callback
def register_commands(hass: HomeAssistant) -> None:
    """Offer the commands, once for all groups."""
    for command in (subscribe, outages, footage):
        async_register_command(hass, command)


@websocket_command({vol.Required("type"): f"{DOMAIN}/subscribe", vol.Optional("group"): str})
@callback
def subscribe(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """Tell what is shown of a group, of the first one where none is named, and what changes.

    Told are `{"group": ..., "units": [...]}`, first all of it, then what has changed, as
    `overview` has it; and `{"absent": why}` while there is nothing to tell: `no_group` where there
    is none at all, `unknown` where it does not exist, `not_loaded` where it is not running.
    """
    number: int = message["id"]
    connection.send_result(number)
    subscription = _Subscription(
        hass, message.get("group"), lambda told: connection.send_event(number, told)
    )
    connection.subscriptions[number] = subscription.end


class _Subscription:
    """One who looks at a group, whatever becomes of it meanwhile."""

    def __init__(
        self, hass: HomeAssistant, wanted: str | None, send: Callable[[Json], None]
    ) -> None:
        self._hass = hass
        self._wanted = wanted
        self._send = send
        self._watched: GroupRuntime | None = None
        self._leave: CALLBACK_TYPE = lambda: None
        self._absent = ""
        self._disconnect = async_dispatcher_connect(
            hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed
        )
        self._look()

    @callback
    def end(self) -> None:
        """Tell nothing any more."""
        self._disconnect()
        self._leave()

    @callback
    def _entry_changed(self, _: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            self._look()

    @callback
    def _look(self) -> None:
        """Watch the group that is there now; while none is, say why."""
        entries: list[NvrHotSpareConfigEntry] = self._hass.config_entries.async_entries(DOMAIN)
        wanted = [it for it in entries if self._wanted in {None, it.entry_id}]
        loaded = [it for it in wanted if it.state is ConfigEntryState.LOADED]
        group = loaded[0].runtime_data if loaded else None
        if group is not self._watched:
            self._leave()
            self._watched, self._leave = group, lambda: None
            if group is not None:
                told, self._leave = group.feed.watch(self._send)
                self._send(told)
        absent = "" if loaded else "not_loaded" if wanted else "unknown" if entries else "no_group"
        if absent and absent != self._absent:
            self._send({"absent": absent})
        self._absent = absent


@websocket_command({vol.Required("type"): f"{DOMAIN}/outages", vol.Required("group"): str})
@callback
def outages(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """Tell of the outages of a group that are over, the latest first."""
    if entry := _loaded(hass, connection, message):
        found = entry.runtime_data.overview.outages()
        connection.send_result(message["id"], {"outages": found})


@websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/footage",
        vol.Required("group"): str,
        vol.Required("unit"): str,
        vol.Required("channel"): int,
        vol.Required("start"): vol.Coerce(float),
        vol.Required("end"): vol.Coerce(float),
    }
)
@async_response
async def footage(
    hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]
) -> None:
    """List what the spares have of a camera, in order; to be resolved as media and played."""
    if (entry := _loaded(hass, connection, message)) is None:
        return
    library = Library(hass, entry)
    if not library.open_to(connection.user):
        _refuse(connection, message, ShelfError("footage_for_admins"))
        return
    camera = Camera(message["unit"], message["channel"])
    end = min(message["end"], message["start"] + _LONGEST)
    begin, end = (round(moment * _SECOND) for moment in (message["start"], end))
    clips = list[Json]()
    try:
        day, last = day_of(begin), day_of(end)
        while day <= last:
            for scene, recorder in await library.scenes(camera, day):
                if scene.start < end and scene.start + scene.length > begin:
                    named = FootageId(
                        group=entry.entry_id,
                        unit=camera.unit,
                        channel=camera.channel,
                        day=day,
                        start=scene.start,
                    )
                    clips.append(
                        {
                            "media_content_id": f"media-source://{DOMAIN}/{named}",
                            "start": scene.start / _SECOND,
                            "length": scene.length / _SECOND,
                            "by": recorder,
                            "picture": async_sign_path(hass, picture_path(named), _SIGNED),
                        }
                    )
            day += timedelta(days=1)
    except ShelfError as error:
        _refuse(connection, message, error)
        return
    connection.send_result(message["id"], {"clips": clips})


@callback
def _loaded(
    hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]
) -> NvrHotSpareConfigEntry | None:
    """Return the group that is asked about; None where it is not there, which is told."""
    entry = hass.config_entries.async_get_entry(message["group"])
    if entry and entry.domain == DOMAIN and entry.state is ConfigEntryState.LOADED:
        return entry
    connection.send_error(message["id"], ERR_NOT_FOUND, "There is no such group.")
    return None


@callback
def _refuse(connection: ActiveConnection, message: dict[str, Any], error: ShelfError) -> None:
    connection.send_error(
        message["id"],
        ERR_HOME_ASSISTANT_ERROR,
        str(error),
        translation_domain=error.translation_domain,
        translation_key=error.translation_key,
        translation_placeholders=error.translation_placeholders,
    )
