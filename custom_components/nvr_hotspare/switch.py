"""Protection: whether a spare is to stand in for a working device."""

from collections.abc import Iterable
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_PROTECTED
from .entity import UnitEntity, add_units
from .manager import FailoverManager
from .runtime import NvrHotSpareConfigEntry
from .settings.unit import UnitConfig

PARALLEL_UPDATES = 1

DEVICE_SWITCHES: Final = (
    SwitchEntityDescription(
        key="protection", translation_key="protection", entity_category=EntityCategory.CONFIG
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches."""

    def build(manager: FailoverManager, config: UnitConfig) -> Iterable[SwitchEntity]:
        table = DEVICE_SWITCHES if config.is_device else ()
        return [ProtectionSwitch(entry, manager, config, description) for description in table]

    add_units(entry, async_add_entities, build)


class ProtectionSwitch(UnitEntity, SwitchEntity):
    """The user's word on a working device, kept in its subentry."""

    def __init__(
        self,
        entry: NvrHotSpareConfigEntry,
        manager: FailoverManager,
        config: UnitConfig,
        description: SwitchEntityDescription,
    ) -> None:
        super().__init__(manager, config, description)
        self._entry = entry

    @property
    @override
    def is_on(self) -> bool:
        """Tell whether the device is protected."""
        return self._manager.config(self._unit).protected

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let a spare stand in for the device."""
        await self._protect(protected=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let no spare stand in for the device."""
        await self._protect(protected=False)

    async def _protect(self, *, protected: bool) -> None:
        subentry = self._entry.subentries[self._manager.config(self._unit).subentry_id]
        self.hass.config_entries.async_update_subentry(
            self._entry, subentry, data={**subentry.data, CONF_PROTECTED: protected}
        )
        await self._entry.runtime_data.update()
        self.async_write_ha_state()
