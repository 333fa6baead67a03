"""When a unit has to be looked at again though nothing happens to it."""

from math import inf

from . import detector
from .alongside import measure_at
from .evolving import replace
from .look import Look, moved, stirred
from .model import UnitId
from .outage import give_back_at
from .pool import next_order_at
from .state import State, Wakes
from .status import stale_at
from .synchronizing import synchronize_at


def sleep(state: State, look: Look) -> State:
    """Note when to look again at the units that were looked at, and at the spares if they were."""
    looked = {*look.touched, *moved(state, look)}
    if look.spares:
        looked.update(unit for unit, spare in state.spares.items() if stirred(state, spare, look))
    changed = {
        unit: at for unit in looked if (at := _next(state, unit)) != state.wakes.get(unit, inf)
    }
    if not changed:
        return state
    return replace(state, wakes=Wakes({**state.wakes, **changed}))


def _next(state: State, unit: UnitId) -> float:
    now = state.now
    return min([at for at in _deadlines(state, unit) if at > now], default=inf)


def _deadlines(state: State, unit: UnitId) -> list[float]:
    pulse, device, spare = state.pulses.get(unit), state.devices.get(unit), state.spares.get(unit)
    deadlines: list[float] = []
    if (
        pulse
        and not state.isolated
        and (at := detector.offline_at(pulse, state.group.timing)) is not None
    ):
        deadlines.append(at)
    if device is not None:
        if device.outage is None or device.outage.returned is not None:
            deadlines.append(stale_at(state, device))
        if device.outage:
            deadlines += give_back_at(state, device, device.outage)
            deadlines += measure_at(state, device.outage)
        if device.delivery or device.setback:
            deadlines.append(synchronize_at(state, device))
    if spare is not None:
        deadlines += spare.due.values()
        if (at := next_order_at(state, spare)) is not None:
            deadlines.append(at)
    return deadlines
