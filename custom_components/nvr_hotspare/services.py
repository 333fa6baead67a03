"""What a user or an automation may have done with working devices."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_device_and_config_entry
from homeassistant.util.json import JsonValueType
import voluptuous as vol

from .const import DOMAIN
from .drills.drills import refusal
from .failover.model import Camera, UnitId
from .footage.export import Exported, export, prepare_folder, span_between
from .footage.library import Library
from .footage.shelf import local
from .manager import FailoverManager
from .runtime import NvrHotSpareConfigEntry

TAKE_OVER: Final = "take_over"
GIVE_BACK: Final = "give_back"
SYNCHRONIZE_NOW: Final = "synchronize_now"
DRILL: Final = "drill"
EXPORT_FOOTAGE: Final = "export_footage"

ATTR_CHANNELS: Final = "channels"
ATTR_DRILLS: Final = "drills"
ATTR_END: Final = "end"
ATTR_FILES: Final = "files"
ATTR_FOLDER: Final = "folder"
ATTR_RECORDERS: Final = "recorders"
ATTR_START: Final = "start"

_DEVICES: Final = {
    vol.Required(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))
}
SCHEMA: Final = vol.Schema(_DEVICES)
EXPORT_SCHEMA: Final = vol.Schema(
    {
        **_DEVICES,
        vol.Optional(ATTR_CHANNELS): vol.All(cv.ensure_list, [cv.positive_int]),
        vol.Required(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Required(ATTR_FOLDER): cv.string,
    }
)
SCHEMAS: Final = {
    TAKE_OVER: SCHEMA,
    GIVE_BACK: SCHEMA,
    SYNCHRONIZE_NOW: SCHEMA,
    DRILL: SCHEMA,
    EXPORT_FOOTAGE: EXPORT_SCHEMA,
}
"""What each action takes."""

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


@callback
def register_services(hass: HomeAssistant) -> None:
    """Register the actions, once for all groups."""
    handlers: dict[str, Handler] = {
        TAKE_OVER: _for_each(FailoverManager.take_over),
        GIVE_BACK: _for_each(FailoverManager.give_back),
        SYNCHRONIZE_NOW: _for_each(FailoverManager.synchronize_now),
        DRILL: _drill,
        EXPORT_FOOTAGE: _export_footage,
    }
    for action, handle in handlers.items():
        hass.services.async_register(
            DOMAIN, action, handle, SCHEMAS[action], supports_response=SupportsResponse.OPTIONAL
        )


def _for_each(wish: Callable[[FailoverManager, UnitId], None]) -> Handler:
    """Return what does something with all targets, or with none if one is no recorder of ours."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        devices: list[str] = call.data[ATTR_DEVICE_ID]
        recorders: list[JsonValueType] = []
        for device, (entry, unit) in [(it, _target(call.hass, it)) for it in devices]:
            manager = entry.runtime_data.manager
            wish(manager, unit)
            recorders.append({ATTR_DEVICE_ID: device, **_shown(manager, unit)})
        return {ATTR_RECORDERS: recorders} if call.return_response else None

    return handle


def _shown(manager: FailoverManager, unit: UnitId) -> dict[str, JsonValueType]:
    """Return what is known of a device now: what was asked for has just been commanded."""
    view = manager.device_view(unit)
    spares = {str(it.channel): manager.config(spare).title for it, spare in view.spares.items()}
    missed = {str(it.channel): reason.value for it, reason in view.not_backed_up.items()}
    return {
        ATTR_NAME: manager.config(unit).title,
        "working_status": view.working_status.value,
        "spares": dict(spares),
        "not_backed_up": dict(missed),
        "seconds_owed": round(view.owed_seconds),
    }


async def _drill(call: ServiceCall) -> ServiceResponse:
    """Drill the targets, one after another."""
    devices: list[str] = call.data[ATTR_DEVICE_ID]
    drills: list[Any] = []
    for device, (entry, unit) in [(it, _target(call.hass, it)) for it in devices]:
        group = entry.runtime_data
        report = await group.drills.drill(unit)
        name = group.manager.config(unit).title
        drills.append({ATTR_DEVICE_ID: device, ATTR_NAME: name, **report})
    return {ATTR_DRILLS: drills} if call.return_response else None


async def _export_footage(call: ServiceCall) -> ServiceResponse:
    """Write footage of the targets into files."""
    hass, data = call.hass, call.data
    targets = [(it, *_target(hass, it)) for it in data[ATTR_DEVICE_ID]]
    span = span_between(data[ATTR_START], data.get(ATTR_END))
    user = await hass.auth.async_get_user(call.context.user_id) if call.context.user_id else None
    for _, entry, unit in targets:
        if user and not Library(hass, entry).open_to(user):
            raise refusal("export_for_admins", entry.runtime_data.manager.config(unit).title)
    folder = await hass.async_add_executor_job(prepare_folder, hass, data[ATTR_FOLDER])
    files: list[JsonValueType] = []
    for device, entry, unit in targets:
        library = Library(hass, entry)
        channels = entry.runtime_data.manager.config(unit).channels
        for number in data.get(ATTR_CHANNELS, [channel.number for channel in channels]):
            exported = await export(hass, library, Camera(unit, number), span, folder)
            files += [{ATTR_DEVICE_ID: device, **_file(library, it)} for it in exported]
    if not files:
        raise refusal("nothing_to_export", str(folder))
    return {ATTR_FILES: files} if call.return_response else None


def _file(library: Library, exported: Exported) -> dict[str, JsonValueType]:
    """Return what is told of a file."""
    begin, end = (local(it).isoformat() for it in (exported.span.start, exported.span.end))
    return {
        "path": str(exported.path),
        ATTR_NAME: library.title(exported.camera.unit),
        "channel": exported.camera.channel,
        "camera": library.name(exported.camera),
        ATTR_START: begin,
        ATTR_END: end,
        "frames": exported.frames,
        "recorded_by": exported.recorder,
    }


def _target(hass: HomeAssistant, device_id: str) -> tuple[NvrHotSpareConfigEntry, UnitId]:
    """Return the group and the unit that a device is.

    Raises:
        ServiceValidationError: There is no such device, it is none of ours, or not loaded.
    """
    device, found = async_get_device_and_config_entry(hass, DOMAIN, device_id)
    entry: NvrHotSpareConfigEntry = found
    units = {config.unit for config in entry.runtime_data.units}
    for domain, unit in device.identifiers:
        if domain == DOMAIN and unit in units:
            return entry, unit
    raise refusal("no_unit", device.name_by_user or device.name or device_id)
