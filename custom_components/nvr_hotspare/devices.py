"""The group's units in the device registry."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN, WorkMode
from .unit_config import NetworkConfig, UnitConfig


@callback
def register_devices(hass: HomeAssistant, entry: ConfigEntry, units: Iterable[UnitConfig]) -> None:
    """Register the units, each working device by way of the spare that stands in for it."""
    spare_id: str | None = None
    for config in sorted(units, key=lambda config: not config.is_spare):
        identity = config.identity
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            config_subentry_id=config.subentry_id,
            identifiers={(DOMAIN, config.unit)},
            connections={(dr.CONNECTION_NETWORK_MAC, identity.mac)} if identity.mac else set(),
            manufacturer=identity.manufacturer,
            model=identity.model,
            name=config.title,
            serial_number=identity.serial,
            sw_version=identity.firmware or None,
            configuration_url=_configuration_url(config),
            via_device_id=spare_id,
        )
        if config.mode is WorkMode.HOT_SPARE:
            spare_id = device.id


def _configuration_url(config: UnitConfig) -> str | None:
    """Return where a recorder has its own pages."""
    if not isinstance(config.way, NetworkConfig):
        return None
    endpoint = config.way.endpoint
    return f"http://{endpoint.host}:{endpoint.port}"
