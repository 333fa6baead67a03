"""The built-in spare's storage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfInformation

from .builtin_config import GIGABYTE
from .builtin_link import BuiltinLink
from .entity import UnitEntity
from .manager import FailoverManager
from .recorder.report import StorageReport
from .unit_config import UnitConfig


@dataclass(frozen=True, kw_only=True)
class StorageSensorDescription(SensorEntityDescription):
    """A size in bytes that the engine of the built-in spare tells, shown in gigabytes."""

    device_class: SensorDeviceClass | None = SensorDeviceClass.DATA_SIZE
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    native_unit_of_measurement: str | None = UnitOfInformation.GIGABYTES
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    suggested_display_precision: int | None = 1
    value: Callable[[StorageReport], int]


STORAGE_SENSORS: Final = (
    StorageSensorDescription(
        key="storage_used", translation_key="storage_used", value=lambda storage: storage.used
    ),
    StorageSensorDescription(
        key="storage_free",
        translation_key="storage_free",
        value=lambda storage: max(storage.free - storage.floor, 0),
    ),
    StorageSensorDescription(
        key="storage_limit", translation_key="storage_limit", value=lambda storage: storage.limit
    ),
)


class StorageSensor(UnitEntity, SensorEntity):
    """A size of the built-in spare's storage: known while its engine runs."""

    entity_description: StorageSensorDescription

    def __init__(
        self,
        manager: FailoverManager,
        config: UnitConfig,
        description: StorageSensorDescription,
        link: BuiltinLink,
    ) -> None:
        super().__init__(manager, config, description)
        self._link = link

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what the engine tells."""
        self.async_on_remove(self._link.listen(self.async_write_ha_state))

    @property
    @override
    def available(self) -> bool:
        """Tell whether the engine runs."""
        return self._link.report is not None

    @property
    @override
    def native_value(self) -> float | None:
        """Return the size, rounded: what changes every second would fill the database."""
        if (report := self._link.report) is None:
            return None
        return round(self.entity_description.value(report.storage) / GIGABYTE, 1)
