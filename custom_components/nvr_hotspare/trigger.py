"""Triggers that say what happens to a recorder.

What lasts is told by a state, and can be asked to have lasted for some time; what is over, by the
recorder's Outage event, whose attributes hold the report.
"""

from typing import ClassVar, Final, override

from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.event.const import ATTR_EVENT_TYPE, DOMAIN as EVENT_DOMAIN
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
)

from .failover.model import Cause, Happening, WorkingStatus
from .targeting import ours

_BINARY_SENSORS: Final = {BINARY_SENSOR_DOMAIN: DomainSpec()}
_EVENTS: Final = {EVENT_DOMAIN: DomainSpec()}
_SENSORS: Final = {SENSOR_DOMAIN: DomainSpec()}


class _OwnEntities(EntityTriggerBase):
    """About one kind of the entities that each recorder has."""

    _key: ClassVar[str]
    """The entities' translation key."""

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return ours(self._hass, super().entity_filter(entities), self._key)


class _StateTrigger(_OwnEntities):
    """An entity comes to a state."""

    _state: ClassVar[str]

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        return not self.is_valid_state(from_state, _tell_nobody)

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        return state.state == self._state


class BecameNotBackedUp(_StateTrigger):
    """A recorder is gone, and nobody records its cameras."""

    _domain_specs = _SENSORS
    _key = "working_status"
    _state = WorkingStatus.NOT_BACKED_UP


class StartedSynchronizing(_StateTrigger):
    """Footage begins to flow back to a recorder."""

    _domain_specs = _SENSORS
    _key = "working_status"
    _state = WorkingStatus.SYNCHRONIZING


class StartedBackingUp(_StateTrigger):
    """Spares begin to stand in for a recorder. A drill is none, until it becomes an outage."""

    _domain_specs = _SENSORS
    _key = "working_status"
    _state = WorkingStatus.BACKING_UP

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        if not super().is_valid_state(state, report_not_triggered):
            return False
        if state.attributes.get("cause") == Cause.DRILL:
            report_not_triggered("It is a drill")
            return False
        return True


class LostHeartbeat(_StateTrigger):
    """A recorder goes offline, a spare as well."""

    _domain_specs = _BINARY_SENSORS
    _key = "connection"
    _state = STATE_OFF


class _OutageTrigger(_OwnEntities, StatelessEntityTriggerBase):
    """Something is announced of a recorder."""

    _domain_specs = _EVENTS
    _key = "outage"
    _happening: ClassVar[Happening]

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        return state.attributes.get(ATTR_EVENT_TYPE) == self._happening


class Returned(_OutageTrigger):
    """A recorder has all its cameras back."""

    _happening = Happening.RETURNED


class Synchronized(_OutageTrigger):
    """A recorder has the footage of an outage back."""

    _happening = Happening.SYNCHRONIZED


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "became_not_backed_up": BecameNotBackedUp,
    "lost_heartbeat": LostHeartbeat,
    "returned": Returned,
    "started_backing_up": StartedBackingUp,
    "started_synchronizing": StartedSynchronizing,
    "synchronized": Synchronized,
}


async def async_get_triggers(_: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS


def _tell_nobody(_: str, /, **__: object) -> None:
    """Leave it untold why a state from before is none to trigger on."""
