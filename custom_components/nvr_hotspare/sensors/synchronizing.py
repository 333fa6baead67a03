"""How far a working device has its footage back, and what came of its last outage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.util import dt as dt_util

from ..entity import UnitEntity
from ..giving.report import Progress
from ..settings.unit import UnitConfig


@dataclass(frozen=True, kw_only=True)
class ProgressSensorDescription(SensorEntityDescription):
    """A value that is known while footage is given back."""

    value: Callable[[Progress], float | None]
    attributes: Callable[[Progress, UnitConfig], Mapping[str, Any]] = lambda _, __: {}


def _amounts(progress: Progress, config: UnitConfig) -> Mapping[str, Any]:
    names = {channel.number: channel.name for channel in config.channels}
    return {
        "bytes": progress.bytes,
        "seconds": round(progress.seconds, 1),
        "seconds_done": round(progress.seconds_done, 1),
        "channels": {
            names.get(number, str(number)): percent for number, percent in progress.channels.items()
        },
    }


PROGRESS_SENSORS: Final = (
    ProgressSensorDescription(
        key="synchronized",
        translation_key="synchronized",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value=lambda progress: progress.percent,
        attributes=_amounts,
    ),
    ProgressSensorDescription(
        key="synchronized_in",
        translation_key="synchronized_in",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        value=lambda progress: progress.remaining,
    ),
)
OUTAGE_SENSORS: Final = (
    SensorEntityDescription(
        key="last_outage",
        translation_key="last_outage",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)


class ProgressSensor(UnitEntity, SensorEntity):
    """A value of the footage that is being given back; unknown while none is."""

    entity_description: ProgressSensorDescription
    _unrecorded_attributes = frozenset({"bytes", "seconds", "seconds_done", "channels"})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the courier."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.courier.listen(self.async_write_ha_state))

    @property
    def _progress(self) -> Progress | None:
        return self._manager.courier.progress(self._unit)

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value."""
        progress = self._progress
        return None if progress is None else self.entity_description.value(progress)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return how much it is."""
        if (progress := self._progress) is None:
            return {}
        return self.entity_description.attributes(progress, self._manager.config(self._unit))


class OutageSensor(UnitEntity, SensorEntity):
    """When the device's last outage began; the attributes are its report."""

    _unrecorded_attributes = frozenset({"channels", "first_confirmed_after", "first_frame_after"})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the reports."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.reports.listen(self.async_write_ha_state))

    @property
    @override
    def native_value(self) -> Any:
        """Return the moment of the last heartbeat."""
        report = self._manager.reports.latest(self._unit)
        return None if report is None else dt_util.utc_from_timestamp(report["since"])

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the report."""
        report = self._manager.reports.latest(self._unit) or {}
        return {key: value for key, value in report.items() if key != "since"}
