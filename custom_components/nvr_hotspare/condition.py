"""Conditions about recorders."""

from typing import ClassVar, Final, override

from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityConditionBase

from .failover.model import WorkingStatus
from .targeting import ours

_BINARY_SENSORS: Final = {BINARY_SENSOR_DOMAIN: DomainSpec()}
_SENSORS: Final = {SENSOR_DOMAIN: DomainSpec()}


class _OwnEntities(EntityConditionBase):
    """About the state of one kind of the entities that each recorder has."""

    _key: ClassVar[str]
    """The entities' translation key."""
    _state: ClassVar[str]

    @property
    @override
    def _needs_duration_tracking(self) -> bool:
        return False  # the state machine knows since when

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return ours(self._hass, super().entity_filter(entities), self._key)

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        return entity_state.state == self._state


class IsBackingUp(_OwnEntities):
    """Spares stand in for a recorder, be it for a drill."""

    _domain_specs = _SENSORS
    _key = "working_status"
    _state = WorkingStatus.BACKING_UP


class IsProtected(_OwnEntities):
    """A spare is ready to stand in for a recorder."""

    _domain_specs = _BINARY_SENSORS
    _key = "spare_ready"
    _state = STATE_ON


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_backing_up": IsBackingUp,
    "is_protected": IsProtected,
}


async def async_get_conditions(_: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
