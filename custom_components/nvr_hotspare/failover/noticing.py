"""Noticing that a unit is gone: from silence to an outage."""

from collections.abc import Iterable

from . import calm, detector
from .commands import Announce, Command
from .evolving import replace
from .isolation import cut_off
from .model import Cause, Happening, UnitId
from .pool import forgotten
from .state import DeviceState, Outage, State, with_device, with_pulse


def notice(state: State, units: Iterable[UnitId]) -> tuple[State, tuple[Command, ...]]:
    """Take units that were silent for too long for offline.

    Unless it is Home Assistant itself that is cut off: then nobody is, until something answers.
    Only a working device's outage is announced: that of a spare shows in its Connection.
    """
    commands: list[Command] = []
    for unit in sorted(units):
        if state.isolated:
            break
        if (pulse := state.pulses.get(unit)) is None:
            continue
        deadline = detector.offline_at(pulse, state.group.timing)
        if deadline is None or state.now < deadline:
            continue
        if cut_off(state):
            state = replace(state, isolated=True)
            break
        state = with_pulse(state, unit, detector.offline(pulse))
        if unit in state.spares:
            state = forgotten(state, unit)
        if unit in state.devices:
            state = _in_incident(state)
            state, said = lost(state, state.devices[unit], detector.last_heard(pulse))
            commands += said
    return state, tuple(commands)


def _in_incident(state: State) -> State:
    """Begin an incident, unless one began just now."""
    begun = state.incident
    new = begun is None or state.now > begun + state.group.timing.incident
    return replace(state, incident=state.now) if new else state


def lost(state: State, device: DeviceState, since: float) -> tuple[State, tuple[Command, ...]]:
    """Begin an outage, or go on with the one that was about to end: nothing is doubled.

    Of the failures of one incident the first alerts.
    """
    said: tuple[Command, ...] = ()
    if device.outage is None or device.outage.cause is not Cause.SILENCE:
        incident = state.now if state.incident is None else state.incident
        outage = device.outage or Outage(since=since, noticed=state.now, incident=incident)
        data = {
            "noticed_after": round(state.now - since, 3),
            "incident": round(incident, 3),
            "alert": incident == state.now,
        }
        said = (Announce(device.config.unit, Happening.HEARTBEAT_LOST, data),)
    else:
        outage = device.outage
    outage = replace(
        outage,
        cause=Cause.SILENCE,
        alongside=(),
        returned=None,
        refused=False,
        allowed=False,
        given_back={},
    )
    device = calm.lost(device, since, state.group.timing)
    device = replace(
        device, outage=outage, recordings=None, recorded_since={}, missing_since={}, unrecorded=()
    )
    return with_device(state, device), said
