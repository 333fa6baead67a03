"""A unit is called what the user calls its device: in Media, reports and sentences, too."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..settings.unit import unit_configs


@callback
def follow_names(hass: HomeAssistant, entry: ConfigEntry) -> CALLBACK_TYPE:
    """Name units as their devices are named, from now on; call back to end that."""

    @callback
    def follow(event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        if event.data["action"] == "update" and "name_by_user" in event.data["changes"]:
            _take_names(hass, entry)

    _take_names(hass, entry)
    return hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, follow)


@callback
def _take_names(hass: HomeAssistant, entry: ConfigEntry) -> None:
    registry = dr.async_get(hass)
    for unit, config in unit_configs(entry).items():
        device = registry.async_get_device_by_identifier(
            (DOMAIN, unit), config_entry_id=entry.entry_id
        )
        name = device and device.name_by_user
        if name and name != config.title:
            subentry = entry.subentries[config.subentry_id]
            hass.config_entries.async_update_subentry(entry, subentry, title=name)
