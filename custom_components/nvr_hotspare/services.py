"""What a user or an automation may have done with working devices."""

from collections.abc import Callable
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
import voluptuous as vol

from .const import DOMAIN
from .drills import refusal
from .failover.model import UnitId
from .manager import FailoverManager
from .runtime import GroupRuntime

TAKE_OVER: Final = "take_over"
GIVE_BACK: Final = "give_back"
DRILL: Final = "drill"
ACTIONS: Final = (TAKE_OVER, GIVE_BACK, DRILL)

ATTR_DRILLS: Final = "drills"

SCHEMA: Final = vol.Schema(
    {vol.Required(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))}
)


@callback
def register_services(hass: HomeAssistant) -> None:
    """Register the actions, once for all groups."""
    for service, wish in (
        (TAKE_OVER, FailoverManager.take_over),
        (GIVE_BACK, FailoverManager.give_back),
    ):
        hass.services.async_register(DOMAIN, service, _for_each(wish), SCHEMA)
    hass.services.async_register(
        DOMAIN, DRILL, _drill, SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )


def _for_each(
    wish: Callable[[FailoverManager, UnitId], None],
) -> Callable[[ServiceCall], None]:
    """Return what does something with all targets, or with none if one is no recorder of ours."""

    @callback
    def handle(call: ServiceCall) -> None:
        for group, unit in [_target(call.hass, it) for it in call.data[ATTR_DEVICE_ID]]:
            wish(group.manager, unit)

    return handle


async def _drill(call: ServiceCall) -> ServiceResponse:
    """Drill the targets, one after another."""
    devices: list[str] = call.data[ATTR_DEVICE_ID]
    drills: list[Any] = []
    for device, (group, unit) in [(it, _target(call.hass, it)) for it in devices]:
        report = await group.drills.drill(unit)
        name = group.manager.config(unit).title
        drills.append({ATTR_DEVICE_ID: device, ATTR_NAME: name, **report})
    return {ATTR_DRILLS: drills} if call.return_response else None


def _target(hass: HomeAssistant, device_id: str) -> tuple[GroupRuntime, UnitId]:
    """Return the unit that a device is.

    Raises:
        ServiceValidationError: There is no such device, it is none of ours, or not loaded.
    """
    device, entry = async_get_device_and_config_entry(hass, DOMAIN, device_id)
    group: GroupRuntime = entry.runtime_data
    units = {config.unit for config in group.units}
    for domain, unit in device.identifiers:
        if domain == DOMAIN and unit in units:
            return group, unit
    raise refusal("no_unit", device.name_by_user or device.name or device_id)
