"""Whether units are online, whether a spare is ready for them, and all is protected."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import UnitEntity, add_units
from .failover.model import Connection, UnitId
from .manager import FailoverManager
from .runtime import NvrHotSpareConfigEntry
from .sensors.group import GROUP_SENSORS, FullyProtectedSensor
from .settings.unit import UnitConfig

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class UnitBinarySensorDescription(BinarySensorEntityDescription):
    """A yes or no about a unit."""

    is_on: Callable[[FailoverManager, UnitId], bool]
    reason: Callable[[FailoverManager, UnitId], str | None] | None = None
    """Why it is off."""


DEVICE_SENSORS: Final = (
    UnitBinarySensorDescription(
        key="connection",
        translation_key="connection",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        is_on=lambda manager, unit: manager.shown(unit).connection is Connection.ONLINE,
    ),
    UnitBinarySensorDescription(
        key="spare_ready",
        translation_key="spare_ready",
        is_on=lambda manager, unit: manager.device_view(unit).spare_ready,
        reason=lambda manager, unit: manager.device_view(unit).spare_ready_reason,
    ),
)
SPARE_SENSORS: Final = (
    UnitBinarySensorDescription(
        key="connection",
        translation_key="connection",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        is_on=lambda manager, unit: manager.shown(unit).connection is Connection.ONLINE,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors."""
    async_add_entities(FullyProtectedSensor(entry, description) for description in GROUP_SENSORS)
    add_units(entry, async_add_entities, _build)


def _build(manager: FailoverManager, config: UnitConfig) -> Iterable[BinarySensorEntity]:
    table = DEVICE_SENSORS if config.is_device else SPARE_SENSORS
    return [UnitBinarySensor(manager, config, description) for description in table]


class UnitBinarySensor(UnitEntity, BinarySensorEntity):
    """A yes or no about a unit."""

    entity_description: UnitBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool:
        """Tell whether it is so."""
        return self.entity_description.is_on(self._manager, self._unit)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | None] | None:
        """Tell why it is not so."""
        reason = self.entity_description.reason
        return {"reason": reason(self._manager, self._unit)} if reason else None
