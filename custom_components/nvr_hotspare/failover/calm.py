"""Calm: what keeps the machine from acting on every blink.

A device that is lost again soon after its return is flapping. It is given back to only after a
number of good heartbeats in a row, twice as many each time, up to a limit; so the spares record
on, and nobody is woken. And a device that was away for a short time in two earlier weeks at the
same time of the week restarts itself by habit: its next silence at that time is excused.
"""

from .evolving import replace
from .model import Cause, Timing
from .state import DeviceState, Outage, State

WEEK = 7 * 24 * 3600.0
SAME_TIME = 600.0
"""How exactly a habit is kept, in seconds."""
HABITS = 8
"""Short silences that are remembered of a device."""


def lost(device: DeviceState, since: float, timing: Timing) -> DeviceState:
    """Note that a device is lost."""
    flapping = device.back_at is not None and since < device.back_at + timing.flap_memory
    return replace(device, flaps=device.flaps + 1 if flapping else 0)


def back(device: DeviceState, outage: Outage, now: float, timing: Timing) -> DeviceState:
    """Note that a device is back."""
    short = outage.returned is None and now - outage.since <= timing.restart_grace
    naps = (*device.naps, outage.since)[-HABITS:] if short else device.naps
    return replace(device, back_at=now, naps=naps)


def quiet_beats(device: DeviceState, timing: Timing) -> int:
    """Return how many good heartbeats in a row a device must be back for; 0 if it is no flapper."""
    if not device.flaps:
        return 0
    return min(timing.flap_beats << min(device.flaps - 1, 30), timing.flap_beats_limit)


def held_down_until(device: DeviceState, outage: Outage, timing: Timing) -> float:
    """Return when a flapping device is given back to though its heartbeats were never quiet."""
    return outage.watched_from + 2 * quiet_beats(device, timing) * timing.interval


def held_down(state: State, device: DeviceState, outage: Outage) -> bool:
    """Tell whether nothing is given back to a device yet because it is flapping."""
    timing, beats = state.group.timing, state.pulses[device.config.unit].beats
    unquiet = beats < quiet_beats(device, timing)
    return unquiet and state.now < held_down_until(device, outage, timing)


def habitual(device: DeviceState, at: float) -> bool:
    """Tell whether a device was away for a short time at this time of the week before, twice."""
    weeks = {
        round((at - nap) / WEEK)
        for nap in device.naps
        if abs((at - nap + WEEK / 2) % WEEK - WEEK / 2) <= SAME_TIME
    }
    return len(weeks - {0}) > 1


def holds_back(device: DeviceState, outage: Outage) -> bool:
    """Tell whether a device that is back gets nothing back until the user says so.

    What the user, or a drill, has had recorded beside it ends as it began.
    """
    caused = outage.cause in (Cause.SILENCE, Cause.NO_RECORD)
    return device.config.holds_back and caused and not outage.allowed
