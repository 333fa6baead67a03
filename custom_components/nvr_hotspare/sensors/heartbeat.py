"""A unit's heartbeat: when it came last, and how quickly. For those who look for a bad network."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..entity import UnitEntity
from ..failover.model import Connection, UnitId
from ..manager import FailoverManager

type Value = datetime | float | None


@dataclass(frozen=True, kw_only=True)
class HeartbeatSensorDescription(SensorEntityDescription):
    """What a heartbeat tells; it changes with each, so it is off unless somebody wants it."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    entity_registry_enabled_default: bool = False
    value: Callable[[FailoverManager, UnitId], Value]


def _last(manager: FailoverManager, unit: UnitId) -> Value:
    """Return when a probe was answered last, or the unit gave a sign of life by itself."""
    pulse = manager.state.pulses[unit]
    return dt_util.utc_from_timestamp(pulse.since) if pulse.heard else None


def _round_trip(manager: FailoverManager, unit: UnitId) -> Value:
    """Return the milliseconds that the latest answer took, while there are any."""
    if manager.view(unit).connection is Connection.OFFLINE:
        return None
    beat = manager.link(unit).beat
    return None if beat is None else round(beat.round_trip * 1000, 1)


HEARTBEAT_SENSORS: Final = (
    HeartbeatSensorDescription(
        key="last_heartbeat",
        translation_key="last_heartbeat",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=_last,
    ),
    HeartbeatSensorDescription(
        key="heartbeat_round_trip",
        translation_key="heartbeat_round_trip",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value=_round_trip,
    ),
)


class HeartbeatSensor(UnitEntity, SensorEntity):
    """What the latest heartbeat of a unit told."""

    entity_description: HeartbeatSensorDescription
    _shown: Value = None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every heartbeat, which changes nothing else that is shown of the unit."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.listen_steps(self._look))

    @callback
    def _look(self) -> None:
        there = self._unit in self._manager.state.pulses
        if there and (value := self.native_value) != self._shown:
            self._shown = value
            self.async_write_ha_state()

    @property
    @override
    def native_value(self) -> Value:
        """Return the value."""
        return self.entity_description.value(self._manager, self._unit)
