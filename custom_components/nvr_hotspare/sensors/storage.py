"""The built-in spare's storage, and what is written to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfDataRate, UnitOfInformation

from ..entity import UnitEntity
from ..links.engine import EngineLink
from ..manager import FailoverManager
from ..recorder.report import EngineReport
from ..settings.builtin import GIGABYTE
from ..settings.unit import UnitConfig


@dataclass(frozen=True, kw_only=True)
class StorageSensorDescription(SensorEntityDescription):
    """An amount that the engine of the built-in spare tells; a size unless it says else."""

    device_class: SensorDeviceClass | None = SensorDeviceClass.DATA_SIZE
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    native_unit_of_measurement: str | None = UnitOfInformation.GIGABYTES
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    suggested_display_precision: int | None = 1
    value: Callable[[EngineReport], float]
    """In the unit of measurement."""


MEGABIT: Final = 10**6

STORAGE_SENSORS: Final = (
    StorageSensorDescription(
        key="storage_used",
        translation_key="storage_used",
        value=lambda report: report.storage.used / GIGABYTE,
    ),
    StorageSensorDescription(
        key="storage_free",
        translation_key="storage_free",
        value=lambda report: max(report.storage.free - report.storage.floor, 0) / GIGABYTE,
    ),
    StorageSensorDescription(
        key="storage_limit",
        translation_key="storage_limit",
        value=lambda report: report.storage.limit / GIGABYTE,
    ),
    StorageSensorDescription(
        key="recording_bitrate",
        translation_key="recording_bitrate",
        device_class=SensorDeviceClass.DATA_RATE,
        native_unit_of_measurement=UnitOfDataRate.MEGABITS_PER_SECOND,
        value=lambda report: _recorded_bits(report) / MEGABIT,
    ),
)


def _recorded_bits(report: EngineReport) -> int:
    """Return the bits per second of what is being recorded."""
    return sum(channel.bitrate for channel in report.channels.values() if channel.recorded)


class StorageSensor(UnitEntity, SensorEntity):
    """An amount of the built-in spare's storage: known while its engine runs."""

    entity_description: StorageSensorDescription

    def __init__(
        self,
        manager: FailoverManager,
        config: UnitConfig,
        description: StorageSensorDescription,
        link: EngineLink,
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
        """Return the amount, rounded: what changes every second would fill the database."""
        if (report := self._link.report) is None:
            return None
        return round(self.entity_description.value(report), 1)
