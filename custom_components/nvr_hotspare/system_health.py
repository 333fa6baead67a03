"""What the system information page says about all groups."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .failover.model import Connection
from .failover.view import DeviceView
from .links.engine import EngineLink


@callback
def async_register(_: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Offer it; found by its name."""
    register.async_register_info(_info)


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    """Count the units, and those that are not well."""
    groups = [it.runtime_data for it in hass.config_entries.async_loaded_entries(DOMAIN)]
    views = [group.manager.view(unit.unit) for group in groups for unit in group.units]
    devices = [view.device for view in views if view.device]
    builtin = [it for group in groups for it in group.links if isinstance(it, EngineLink)]
    return {
        "groups": len(groups),
        "fully_protected": sum(group.manager.protection.full for group in groups),
        "units": len(views),
        "units_offline": sum(view.connection is Connection.OFFLINE for view in views),
        "backed_up": sum(map(_is_backed_up, devices)),
        "owed_footage": sum(device.owed_windows > 0 for device in devices),
        "engines": sum(link.report is not None for link in builtin),
    }


def _is_backed_up(device: DeviceView) -> bool:
    return bool(device.backed_up)
