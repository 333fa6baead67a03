"""What the entities of all platforms share."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .manager import FailoverManager
from .runtime import NvrHotSpareConfigEntry
from .settings.unit import UnitConfig


class UnitEntity(Entity):
    """An entity of one unit: what the manager knows of it, and so always available."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, manager: FailoverManager, config: UnitConfig, description: EntityDescription
    ) -> None:
        self.entity_description = description
        self._manager = manager
        self._unit = config.unit
        self._attr_unique_id = f"{config.unit}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, config.unit)})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is shown of the unit."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.listen_changes(self._unit, self.async_write_ha_state))


class GroupEntity(Entity):
    """An entity of the whole group, always available too."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: NvrHotSpareConfigEntry, description: EntityDescription) -> None:
        self.entity_description = description
        self._manager = entry.runtime_data.manager
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is shown of the group."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.listen_group(self.async_write_ha_state))


@callback
def add_units(
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    build: Callable[[FailoverManager, UnitConfig], Iterable[Entity]],
) -> None:
    """Add the entities of all units, and of those that are added later."""
    group = entry.runtime_data

    @callback
    def add(config: UnitConfig) -> None:
        entities = build(group.manager, config)
        async_add_entities(entities, config_subentry_id=config.subentry_id)

    for config in group.units:
        add(config)
    entry.async_on_unload(group.listen_added(add))
