"""Spares that record alongside a device that answers.

Because it is proven not to record some of its channels, if that is wanted; because the user said
so; or for a drill, which measures a takeover to the first frame of each camera. Each is an outage
of a device that is back: what is recorded alongside is given back as after any other, but only
when the reason is gone.
"""

from collections.abc import Iterable

from . import detector
from .commands import Announce, Command
from .evolving import replace
from .look import Look, affected
from .model import Camera, Cause, Happening, Recording, UnitId
from .placing import coverable
from .state import DeviceState, Outage, State, with_device
from .status import missed


def watch_recording(state: State, units: Iterable[UnitId]) -> tuple[State, tuple[Command, ...]]:
    """Tell of channels that are proven not to be recorded, and have them covered."""
    commands: list[Command] = []
    for unit in sorted(units):
        device = state.devices.get(unit)
        if device is None or not (device.missing_since or device.unrecorded):
            continue
        missing = _unrecorded(state, device)
        if missing == device.unrecorded:
            continue
        new = [number for number in missing if number not in device.unrecorded]
        device = replace(device, unrecorded=missing)
        if new:
            commands.append(_not_recorded(device))
            if device.config.covers_no_record:
                device = _with(state, device, Cause.NO_RECORD, new)
        state = with_device(state, device)
    return state, tuple(commands)


def _unrecorded(state: State, device: DeviceState) -> tuple[int, ...]:
    """Return the channels that were told not to be recorded for long enough.

    One of which that was said goes on being one until something else is told of it.
    """
    if device.recordings is None:
        return device.unrecorded
    return tuple(
        number
        for number, since in device.missing_since.items()
        if number in device.unrecorded or device.told - since >= state.group.timing.no_record
    )


def _not_recorded(device: DeviceState) -> Announce:
    data = {
        "channels": list(device.unrecorded),
        "not_recorded_for": round(device.told - min(device.missing_since.values()), 3),
    }
    return Announce(device.config.unit, Happening.NO_RECORD, data)


def _with(state: State, device: DeviceState, cause: Cause, channels: Iterable[int]) -> DeviceState:
    """Return the device with channels of it to be recorded alongside."""
    now, wanted = state.now, set(channels)
    cameras = [camera for _, camera in coverable(device) if camera.channel in wanted]
    outage = device.outage or Outage(
        since=now, noticed=now, incident=now, returned=now, watched_from=now, cause=cause
    )
    if outage.returned is None or not cameras:
        return device
    outage = replace(
        outage,
        alongside=tuple(dict.fromkeys((*outage.alongside, *cameras))),
        given_back={c: why for c, why in outage.given_back.items() if c not in cameras},
    )
    return replace(device, outage=outage)


def take_over(state: State, unit: UnitId, cause: Cause) -> State:
    """Have all of a device recorded alongside; a drill only where all is well with it."""
    device = state.devices.get(unit)
    if device is None:
        return state
    unwell = device.outage is not None or detector.suspect(state.pulses[unit])
    if cause is Cause.DRILL and unwell:
        return state
    device = _with(state, device, cause, (c.number for c in device.config.channels))
    if device.outage and device.outage.returned is not None:
        device = replace(device, outage=replace(device.outage, cause=cause))
    return with_device(state, device)


def give_back_now(state: State, unit: UnitId) -> State:
    """Have a device that is back given back to as soon as it records; the user says who it is."""
    device = state.devices.get(unit)
    if device is None or device.outage is None or device.outage.returned is None:
        return state
    outage = replace(
        device.outage, alongside=(), refused=False, allowed=True, watched_from=state.now
    )
    return with_device(state, replace(device, outage=outage, flaps=0))


def measure(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """End the drills that have measured all that can be."""
    for device in affected(state, look):
        outage = device.outage
        if outage is None or outage.cause is not Cause.DRILL or not outage.alongside:
            continue
        over = state.now >= outage.noticed + state.group.timing.confirm
        if over or all(map(state.confirmed, outage.alongside)):
            found = missed(state, device, outage.alongside)
            outage = replace(outage, missed=found, alongside=())
            state = with_device(state, replace(device, outage=outage))
    return state, ()


def measure_at(state: State, outage: Outage) -> list[float]:
    """Return when a drill is over, if it is one."""
    if outage.cause is not Cause.DRILL:
        return []
    return [outage.noticed + state.group.timing.confirm]


def may_let_go(outage: Outage, camera: Camera, told: Recording | None) -> bool:
    """Tell whether the reason is gone for which a camera is recorded alongside."""
    if camera not in outage.alongside:
        return True
    gone = told in (Recording.YES, Recording.NOT_SCHEDULED)
    return outage.cause in (Cause.SILENCE, Cause.NO_RECORD) and gone
