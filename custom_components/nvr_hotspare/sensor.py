"""The Working Status of units, footage on its way back, outages, and the spares' channels."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import WorkMode
from .entity import UnitEntity, add_units
from .failover.model import SpareStatus, UnitId, WorkingStatus
from .failover.view import DeviceView, SpareView
from .links.engine import EngineLink
from .manager import FailoverManager
from .runtime import NvrHotSpareConfigEntry
from .sensors.drill import DRILL_SENSORS, DrillSensor
from .sensors.heartbeat import HEARTBEAT_SENSORS, HeartbeatSensor
from .sensors.storage import STORAGE_SENSORS, StorageSensor
from .sensors.synchronizing import OUTAGE_SENSORS, PROGRESS_SENSORS, OutageSensor, ProgressSensor
from .settings.unit import UnitConfig

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class UnitSensorDescription(SensorEntityDescription):
    """A value that the manager knows of a unit."""

    value: Callable[[FailoverManager, UnitId], str | int | None]
    attributes: Callable[[FailoverManager, UnitId], Mapping[str, Any]] = lambda _, __: {}


def _device(manager: FailoverManager, unit: UnitId) -> DeviceView:
    return manager.shown(unit).device or manager.device_view(unit)


def _spare(manager: FailoverManager, unit: UnitId) -> SpareView:
    return manager.shown(unit).spare or manager.spare_view(unit)


def _outage_attributes(manager: FailoverManager, unit: UnitId) -> Mapping[str, Any]:
    view = _device(manager, unit)
    names = {channel.number: channel.name for channel in manager.config(unit).channels}
    return {
        "reason": view.reason,
        "since": dt_util.utc_from_timestamp(view.since).isoformat(),
        "cause": view.cause,
        "incident": None if view.incident is None else round(view.incident, 3),
        "spares": [manager.config(spare).title for spare in dict.fromkeys(view.spares.values())],
        "channels_not_backed_up": {
            names.get(camera.channel, str(camera.channel)): reason
            for camera, reason in view.not_backed_up.items()
        },
    }


def _backed_up_by(manager: FailoverManager, unit: UnitId) -> str | None:
    spare = _device(manager, unit).spare
    return None if spare is None else manager.config(spare).title


def _channel_names(manager: FailoverManager, unit: UnitId) -> Mapping[str, Any]:
    return {"names": [channel.name for channel in manager.config(unit).channels]}


def _free_channels(manager: FailoverManager, unit: UnitId) -> int:
    view = manager.spare_view(unit)
    return max(0, view.capacity - view.channels_in_use)


def _serving_attributes(manager: FailoverManager, unit: UnitId) -> Mapping[str, Any]:
    serving = _spare(manager, unit).serving
    return {"units": [manager.config(device).title for device in serving]}


DEVICE_SENSORS: Final = (
    UnitSensorDescription(
        key="working_status",
        translation_key="working_status",
        device_class=SensorDeviceClass.ENUM,
        options=list(WorkingStatus),
        value=lambda manager, unit: _device(manager, unit).working_status,
        attributes=_outage_attributes,
    ),
    UnitSensorDescription(key="backed_up_by", translation_key="backed_up_by", value=_backed_up_by),
    UnitSensorDescription(
        key="channels",
        translation_key="channels",
        entity_category=EntityCategory.DIAGNOSTIC,
        value=lambda manager, unit: len(manager.config(unit).channels),
        attributes=_channel_names,
    ),
)
_SPARE_STATUS: Final = UnitSensorDescription(
    key="working_status",
    translation_key="spare_status",
    device_class=SensorDeviceClass.ENUM,
    options=list(SpareStatus),
    value=lambda manager, unit: _spare(manager, unit).status,
    attributes=_serving_attributes,
)
_CHANNELS_IN_USE: Final = UnitSensorDescription(
    key="channels_in_use",
    translation_key="channels_in_use",
    state_class=SensorStateClass.MEASUREMENT,
    value=lambda manager, unit: manager.spare_view(unit).channels_in_use,
    attributes=lambda manager, unit: {"capacity": manager.spare_view(unit).capacity},
)
_FREE_CHANNELS: Final = UnitSensorDescription(
    key="free_channels",
    translation_key="free_channels",
    state_class=SensorStateClass.MEASUREMENT,
    value=_free_channels,
)
SPARE_SENSORS: Final = (_SPARE_STATUS, _CHANNELS_IN_USE, _FREE_CHANNELS)
SHARED_SENSORS: Final = (
    replace(_SPARE_STATUS, key="spare_status", translation_key="shared_status"),
    _CHANNELS_IN_USE,
    _FREE_CHANNELS,
)
"""What a working device has that stands in for others, beside what all of them have."""
_SENSORS: Final = {
    WorkMode.NORMAL: DEVICE_SENSORS,
    WorkMode.HOT_SPARE: SPARE_SENSORS,
    WorkMode.SHARED: (*DEVICE_SENSORS, *SHARED_SENSORS),
}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors."""
    add_units(entry, async_add_entities, _build)
    book = entry.runtime_data.drills.book

    def drill_sensors(manager: FailoverManager, config: UnitConfig) -> Iterable[SensorEntity]:
        table = DRILL_SENSORS if config.is_device else ()
        return [DrillSensor(manager, config, it, book) for it in table]

    add_units(entry, async_add_entities, drill_sensors)


def _build(manager: FailoverManager, config: UnitConfig) -> Iterable[SensorEntity]:
    sensors: list[SensorEntity] = [
        UnitSensor(manager, config, description) for description in _SENSORS[config.mode]
    ]
    sensors += [HeartbeatSensor(manager, config, it) for it in HEARTBEAT_SENSORS]
    if config.is_device:
        sensors += [ProgressSensor(manager, config, it) for it in PROGRESS_SENSORS]
        sensors += [OutageSensor(manager, config, it) for it in OUTAGE_SENSORS]
    if isinstance(link := manager.link(config.unit), EngineLink):
        sensors += [
            StorageSensor(manager, config, description, link) for description in STORAGE_SENSORS
        ]
    return sensors


class UnitSensor(UnitEntity, SensorEntity):
    """A value that the manager knows of a unit."""

    entity_description: UnitSensorDescription
    _unrecorded_attributes = frozenset({"names"})

    @property
    @override
    def native_value(self) -> str | int | None:
        """Return the value."""
        return self.entity_description.value(self._manager, self._unit)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what explains it."""
        return self.entity_description.attributes(self._manager, self._unit)
