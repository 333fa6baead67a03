"""The Working Status of units, how much of a spare is in use, and the built-in one's storage."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfInformation
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .builtin_config import GIGABYTE
from .builtin_link import BuiltinLink
from .const import WorkMode
from .entity import UnitEntity, add_units
from .failover.model import SpareStatus, UnitId, WorkingStatus
from .manager import FailoverManager
from .recorder.report import StorageReport
from .runtime import NvrHotSpareConfigEntry
from .unit_config import UnitConfig

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class UnitSensorDescription(SensorEntityDescription):
    """A value that the manager knows of a unit."""

    value: Callable[[FailoverManager, UnitId], str | int]
    attributes: Callable[[FailoverManager, UnitId], Mapping[str, Any]]


def _outage_attributes(manager: FailoverManager, unit: UnitId) -> Mapping[str, Any]:
    view = manager.device_view(unit)
    names = {channel.number: channel.name for channel in manager.config(unit).channels}
    return {
        "reason": view.reason,
        "since": dt_util.utc_from_timestamp(view.since).isoformat(),
        "spare": manager.config(view.spare).title if view.spare else None,
        "channels_not_backed_up": {
            names.get(camera.channel, str(camera.channel)): reason
            for camera, reason in view.not_backed_up.items()
        },
    }


def _serving_attributes(manager: FailoverManager, unit: UnitId) -> Mapping[str, Any]:
    serving = manager.spare_view(unit).serving
    return {"units": [manager.config(device).title for device in serving]}


DEVICE_SENSORS: Final = (
    UnitSensorDescription(
        key="working_status",
        translation_key="working_status",
        device_class=SensorDeviceClass.ENUM,
        options=list(WorkingStatus),
        value=lambda manager, unit: manager.device_view(unit).working_status,
        attributes=_outage_attributes,
    ),
)
SPARE_SENSORS: Final = (
    UnitSensorDescription(
        key="working_status",
        translation_key="spare_status",
        device_class=SensorDeviceClass.ENUM,
        options=list(SpareStatus),
        value=lambda manager, unit: manager.spare_view(unit).status,
        attributes=_serving_attributes,
    ),
    UnitSensorDescription(
        key="channels_in_use",
        translation_key="channels_in_use",
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda manager, unit: manager.spare_view(unit).channels_in_use,
        attributes=lambda manager, unit: {"capacity": manager.spare_view(unit).capacity},
    ),
)


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


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors."""
    add_units(entry, async_add_entities, _build)


def _build(manager: FailoverManager, config: UnitConfig) -> Iterable[SensorEntity]:
    table = SPARE_SENSORS if config.mode is WorkMode.HOT_SPARE else DEVICE_SENSORS
    sensors: list[SensorEntity] = [
        UnitSensor(manager, config, description) for description in table
    ]
    if isinstance(link := manager.link(config.unit), BuiltinLink):
        sensors += [
            StorageSensor(manager, config, description, link) for description in STORAGE_SENSORS
        ]
    return sensors


class UnitSensor(UnitEntity, SensorEntity):
    """A value that the manager knows of a unit."""

    entity_description: UnitSensorDescription

    @property
    @override
    def native_value(self) -> str | int:
        """Return the value."""
        return self.entity_description.value(self._manager, self._unit)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what explains it."""
        return self.entity_description.attributes(self._manager, self._unit)


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
