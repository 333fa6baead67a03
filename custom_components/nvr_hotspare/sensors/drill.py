"""What a working device's last drill measured, and how sure its protection is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.util import dt as dt_util

from ..drills.book import DrillBook, Proof
from ..entity import UnitEntity
from ..manager import FailoverManager
from ..settings.unit import UnitConfig

type Value = datetime | str | None


@dataclass(frozen=True, kw_only=True)
class DrillSensorDescription(SensorEntityDescription):
    """A value that drills and outages tell."""

    value: Callable[[DrillBook, UnitConfig], Value]
    attributes: Callable[[DrillBook, UnitConfig], Mapping[str, Any]]


def _drilled(book: DrillBook, device: UnitConfig) -> Value:
    report = book.latest(device.unit)
    return None if report is None else dt_util.parse_datetime(report["drilled"])


def _report(book: DrillBook, device: UnitConfig) -> Mapping[str, Any]:
    """Return the report with the names of cameras and spares."""
    if (report := book.latest(device.unit)) is None:
        return {}
    names = {str(channel.number): channel.name for channel in device.channels}
    return {
        key: {names.get(number, number): it for number, it in value.items()}
        if isinstance(value, dict)
        else value
        for key, value in report.items()
        if key != "drilled"
    }


def _last_good(book: DrillBook, device: UnitConfig) -> Mapping[str, Any]:
    return {"last_good": book.good(device.unit)}


DRILL_SENSORS: Final = (
    DrillSensorDescription(
        key="last_drill",
        translation_key="last_drill",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_drilled,
        attributes=_report,
    ),
    DrillSensorDescription(
        key="protection_proof",
        translation_key="protection_proof",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=list(Proof),
        value=lambda book, device: book.proof(device),
        attributes=_last_good,
    ),
)


class DrillSensor(UnitEntity, SensorEntity):
    """A value that drills and outages tell."""

    entity_description: DrillSensorDescription
    _unrecorded_attributes = frozenset(
        {"first_confirmed_after", "first_frame_after", "not_recorded", "spares"}
    )

    def __init__(
        self,
        manager: FailoverManager,
        config: UnitConfig,
        description: DrillSensorDescription,
        book: DrillBook,
    ) -> None:
        super().__init__(manager, config, description)
        self._book = book

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the drills."""
        await super().async_added_to_hass()
        self.async_on_remove(self._book.listen(self.async_write_ha_state))

    @property
    @override
    def native_value(self) -> Value:
        """Return the value."""
        return self.entity_description.value(self._book, self._manager.config(self._unit))

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what explains it."""
        return self.entity_description.attributes(self._book, self._manager.config(self._unit))
