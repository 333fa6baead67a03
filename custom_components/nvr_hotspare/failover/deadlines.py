"""When a unit has to be looked at again though nothing happens to it."""

from collections.abc import Iterable, Iterator
from math import inf

from . import detector
from .alongside import measure_at
from .evolving import replace
from .look import Look, stirred
from .model import UnitId
from .outage import give_back_at
from .pool import next_order_at
from .state import State, Wakes
from .status import stale_at
from .synchronizing import synchronize_at


def sleep(state: State, units: Iterable[UnitId], look: Look) -> State:
    """Note when to look again at the units that were looked at, and at the spares if they were."""
    looked = {*units, *look.units}
    if look.spares:
        looked.update(unit for unit, spare in state.spares.items() if stirred(state, spare, look))
    changed = {
        unit: at for unit in looked if (at := _next(state, unit)) != state.wakes.get(unit, inf)
    }
    if not changed:
        return state
    return replace(state, wakes=Wakes({**state.wakes, **changed}))


def _next(state: State, unit: UnitId) -> float:
    now, first = state.now, inf
    for at in _deadlines(state, unit):
        if now < at < first:
            first = at
    return first


def _deadlines(state: State, unit: UnitId) -> Iterator[float]:
    pulse, device, spare = state.pulses.get(unit), state.devices.get(unit), state.spares.get(unit)
    if (
        pulse
        and not state.isolated
        and (at := detector.offline_at(pulse, state.group.timing)) is not None
    ):
        yield at
    if device is not None:
        yield stale_at(state, device)
        if device.outage:
            yield from give_back_at(state, device, device.outage)
            yield from measure_at(state, device.outage)
        if device.delivery or device.setback:
            yield synchronize_at(state, device)
    if spare is not None:
        yield from spare.due.values()
        if (at := next_order_at(state, spare)) is not None:
            yield at
