"""The group's units in the device registry."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN, WorkMode
from ..settings.unit import NetworkConfig, UnitConfig, unit_configs


@callback
def register_devices(hass: HomeAssistant, entry: ConfigEntry, units: Iterable[UnitConfig]) -> None:
    """Register the group and its units, each by way of the spare that stands in for it first."""
    registry = dr.async_get(hass)
    group = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=dr.DeviceEntryType.SERVICE,
        name=entry.title,
    )
    way = group.id
    for config in sorted(units, key=lambda it: (it.mode is not WorkMode.HOT_SPARE, it.preference)):
        identity = config.identity
        device = registry.async_get_or_create(
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
            via_device_id=group.id if config.mode is WorkMode.HOT_SPARE else way,
        )
        if config.mode is WorkMode.HOT_SPARE and way == group.id:
            way = device.id


@callback
def is_stale(entry: ConfigEntry, device: dr.DeviceEntry) -> bool:
    """Tell whether a device is neither the group nor one of its units (any more)."""
    known = {(DOMAIN, entry.entry_id), *((DOMAIN, unit) for unit in unit_configs(entry))}
    return known.isdisjoint(device.identifiers)


@callback
def forget_entities(hass: HomeAssistant, entry: ConfigEntry, config: UnitConfig) -> None:
    """Forget the entities of a unit that has others in its new Work Mode.

    Those that it has in both come back at the next start as the user had them.
    """
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.config_subentry_id == config.subentry_id:
            registry.async_remove(entity.entity_id)


def _configuration_url(config: UnitConfig) -> str | None:
    """Return where a recorder has its own pages."""
    return config.way.endpoint.url if isinstance(config.way, NetworkConfig) else None
