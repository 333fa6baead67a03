"""Which units a step has to look at: those that something happened to, or whose time has come.

Most steps are heartbeats of units that are well, and change nothing for any other. Only outages
are everybody's business: who has which place depends on all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from math import inf
from operator import is_not

from .commands import Record
from .detector import more_of_the_same
from .model import UnitId
from .state import DeviceState, SpareState, State


@dataclass(frozen=True, slots=True)
class Look:
    """What the passes of a step look at."""

    before: State
    """What was known before the step."""
    touched: set[UnitId]
    """The units that something happened to, or whose time has come."""
    units: tuple[UnitId, ...]
    """Working devices."""
    spares: bool
    """Whether it concerns the spares; then all devices in an outage are among the units, and else
    none is."""


def touched(before: State, after: State) -> set[UnitId]:
    """Return the units that something happened to, or whose time has come."""
    if before.group is not after.group and _regrouped(before, after):
        return {*after.pulses}
    found: set[UnitId] = set()
    if after.wakes.first <= after.now:
        found.update(unit for unit, at in after.wakes.items() if at <= after.now)
    if before.pulses is not after.pulses:
        for unit in _changed(before.pulses, after.pulses):
            if _tells(before, after, unit):
                found.add(unit)
    if before.devices is not after.devices:
        found.update(_changed(before.devices, after.devices))
    if before.spares is not after.spares:
        found.update(_changed(before.spares, after.spares))
    return found


def _regrouped(before: State, after: State) -> bool:
    """Tell whether more has changed of the group than how single units of it are configured."""
    return (
        before.group.timing != after.group.timing
        or list(before.devices) != list(after.devices)
        or list(before.spares) != list(after.spares)
        or list(before.pulses) != list(after.pulses)
    )


def _tells(before: State, after: State, unit: UnitId) -> bool:
    """Tell whether a unit's signs of life tell anything; in an outage each one counts."""
    device = after.devices.get(unit)
    in_outage = device is not None and device.outage is not None
    return in_outage or not more_of_the_same(before.pulses[unit], after.pulses[unit])


def _changed(before: Mapping[UnitId, object], after: Mapping[UnitId, object]) -> Iterable[UnitId]:
    """Return the units of which something else is known; both name the same in the same order."""
    return compress(after, map(is_not, after.values(), before.values(), strict=True))


def look(before: State, after: State, units: set[UnitId]) -> Look:
    """Return what is to be looked at because of the units that are touched."""
    devices = after.devices
    if _concerns_spares(before, after, units):
        concerned = [u for u, device in devices.items() if device.outage or u in units]
        return Look(before, units, tuple(concerned), spares=True)
    concerned = [unit for unit in sorted(units) if unit in devices]
    return Look(before, units, tuple(concerned), spares=False)


def _concerns_spares(before: State, after: State, units: set[UnitId]) -> bool:
    """Tell whether units are touched of which spares may have to know."""
    if before.spares is not after.spares or before.group is not after.group:
        return True
    for unit in units:
        if (device := after.devices.get(unit)) is not None and device.outage:
            return True
        if unit in after.spares and (
            after.wakes.get(unit, inf) <= after.now or _came_or_went(before, after, unit)
        ):
            return True
    return False


def _came_or_went(before: State, after: State, unit: UnitId) -> bool:
    """Tell whether a unit is online that was offline, or the other way round."""
    same = before.pulses.get(unit) is after.pulses.get(unit)
    return not same and before.online(unit) != after.online(unit)


def moved(state: State, look: Look) -> list[UnitId]:
    """Return the devices of which themselves something may be other than before the step."""
    known, devices = look.before.devices, state.devices
    return [u for u in look.units if u in look.touched or devices[u] is not known.get(u)]


def affected(state: State, look: Look) -> list[DeviceState]:
    """Return the devices for which something may be other, be it what spares do for them."""
    spares = state.spares is not look.before.spares or not look.touched.isdisjoint(state.spares)
    return [state.devices[unit] for unit in (look.units if spares else moved(state, look))]


def stirred(state: State, spare: SpareState, look: Look) -> bool:
    """Tell whether it may be time to tell a spare something else than before the step."""
    unit, before = spare.config.unit, look.before
    return (
        spare is not before.spares.get(unit)
        or state.plan.ahead is not before.plan.ahead
        or state.wakes.get(unit, inf) <= state.now
        or _came_or_went(before, state, unit)
        or bool(spare.places and not spare.holding.issuperset(spare.places.used))
    )


def places_moved(state: State, look: Look) -> bool:
    """Tell whether something has changed since before the step that places are given by."""
    before = look.before
    return (
        state.group is not before.group
        or any(
            spare is not (known := before.spares[unit]) and _tenancy(spare) != _tenancy(known)
            for unit, spare in state.spares.items()
        )
        or any(_came_or_went(before, state, unit) for unit in state.spares)
        or any(
            before.now < at <= state.now
            for spare in state.spares.values()
            for at in spare.due.values()
        )
        or any(_claims(state.devices[u]) != _claims(before.devices[u]) for u in moved(state, look))
    )


def _claims(device: DeviceState) -> tuple[object, ...]:
    """Return what matters to places of a device: of one that holds back, what it records, too."""
    return device.outage, device.config.holds_back and device.recorded_since.keys()


def _tenancy(spare: SpareState) -> tuple[object, ...]:
    """Return what matters to places of a spare: what it is ready for, and tried, does not."""
    places, errand = spare.places, spare.errand
    told = errand and isinstance(errand.command, Record)
    return (
        spare.config,
        spare.held,
        spare.due,
        None if places is None else (places.used, places.recorded),
        errand if told else None,
    )
