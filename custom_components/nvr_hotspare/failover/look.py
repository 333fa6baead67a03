"""Which units a step has to look at: those that something happened to, or whose time has come.

Most steps are heartbeats of units that are well, and change nothing for any other. Only outages
are everybody's business: who has which place depends on all of them.
"""

from dataclasses import dataclass
from math import inf

from .model import UnitId
from .state import SpareState, State


@dataclass(frozen=True, slots=True)
class Look:
    """What the passes of a step look at."""

    before: State
    """What was known before the step."""

    units: tuple[UnitId, ...]
    """Working devices."""
    spares: bool
    """Whether it concerns the spares; then all devices in an outage are among the units."""


def touched(before: State, after: State) -> set[UnitId]:
    """Return the units that something happened to, or whose time has come."""
    if before.group is not after.group:
        return {*after.pulses}
    found = {unit for unit, at in after.wakes.items() if at <= after.now}
    if before.pulses is not after.pulses:
        known = before.pulses
        found |= {u for u, pulse in after.pulses.items() if pulse is not known.get(u)}
    if before.devices is not after.devices:
        devices = before.devices
        found |= {u for u, device in after.devices.items() if device is not devices.get(u)}
    if before.spares is not after.spares:
        spares = before.spares
        found |= {u for u, spare in after.spares.items() if spare is not spares.get(u)}
    return found


def look(before: State, after: State, units: set[UnitId]) -> Look:
    """Return what is to be looked at because of the units that are touched."""
    devices = after.devices
    spares = (
        before.spares is not after.spares
        or before.group is not after.group
        or any(
            after.wakes.get(unit, inf) <= after.now
            or before.online(unit) != after.online(unit)
            for unit in units
            if unit in after.spares
        )
        or any(devices[unit].outage for unit in units if unit in devices)
    )
    if spares:
        return Look(
            before, tuple(u for u, d in devices.items() if d.outage or u in units), spares=True
        )
    return Look(before, tuple(unit for unit in devices if unit in units), spares=False)


def stirred(state: State, spare: SpareState, look: Look) -> bool:
    """Tell whether it may be time to tell a spare something else than before the step."""
    unit, before = spare.config.unit, look.before
    return (
        spare is not before.spares.get(unit)
        or state.plan is not before.plan
        or state.wakes.get(unit, inf) <= state.now
        or state.online(unit) != before.online(unit)
        or bool(spare.places and not spare.holding.issuperset(spare.places.used))
    )


def places_moved(state: State, look: Look) -> bool:
    """Tell whether something has changed since before the step that places are given by."""
    before = look.before
    return (
        state.spares is not before.spares
        or state.group is not before.group
        or any(state.online(unit) != before.online(unit) for unit in state.spares)
        or any(state.devices[u].outage is not before.devices[u].outage for u in look.units)
    )
