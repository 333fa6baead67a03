"""Whether a spare can stand in: for a unit in general, for a device now, for a camera."""

from collections.abc import Iterable
from dataclasses import dataclass

from .model import Camera, Channel, Priority, Reason, Spare, UnitId, WorkingDevice
from .placing import coverable, obstacle
from .state import DeviceState, SpareState, State


@dataclass(frozen=True, slots=True)
class Fit:
    """A working device measured against a spare."""

    channels: int
    capacity: int

    @property
    def whole(self) -> bool:
        """Tell whether the spare can record all of the device's channels at once."""
        return self.channels <= self.capacity


def fits(device: WorkingDevice, spare: Spare) -> Fit:
    """Measure a device against a spare: one with more channels than the spare is refused."""
    return Fit(len(device.channels), spare.capacity)


def unready(state: State, unit: UnitId) -> Reason | None:
    """Tell why no spares could take over the whole device now; None when they could.

    A unit not heard of since the start is taken to be as it was: Connection says if it is not.
    One camera that no spare can ever record is enough for a no: the device is not covered whole.
    What is never to be backed up is not looked at.

    Raises:
        KeyError: The group has no such working device.
    """
    device = state.devices[unit]
    if not device.config.protected:
        return Reason.NOT_PROTECTED
    wanted = [c for c in device.config.channels if c.priority is not Priority.NEVER]
    for channel in wanted:
        if reason := obstacle(channel):
            return reason
    spares = _others(state, unit)
    online = [spare for spare in spares if state.online(spare.config.unit)]
    if not online:
        return Reason.SPARE_OFFLINE if spares else Reason.NO_SPARE
    room = sum(
        spare.config.capacity - sum(camera.unit != unit for camera in spare.held)
        for spare in online
    )
    if room < len(wanted):
        return Reason.NO_ROOM
    failing = any(_refused(online, camera) for _, camera in coverable(device))
    return Reason.SPARE_FAILS if failing else None


def _others(state: State, unit: UnitId) -> list[SpareState]:
    """Return the spares that can stand in for a unit: all but itself."""
    return [spare for spare in state.spares.values() if spare.config.unit != unit]


def _refused(spares: Iterable[SpareState], camera: Camera) -> bool:
    """Tell whether no spare has a place for a camera because one failed to make it."""
    attempts = (spare.attempts.get(camera) for spare in spares)
    failed = any(attempt and attempt.error for attempt in attempts)
    return failed and not any(camera in (spare.places or ()) for spare in spares)


def shortfall(state: State, device: DeviceState, channel: Channel, camera: Camera) -> Reason | None:
    """Tell why a camera of an offline device is not backed up; None if it is or may soon be.

    Once reported a camera stays so until it is confirmed, however often it is tried meanwhile.
    """
    if not device.config.protected or channel.priority is Priority.NEVER:
        return Reason.NOT_PROTECTED
    if reason := obstacle(channel):
        return reason
    holder = state.holder(camera)
    if holder is None:
        return _placeless(state, camera.unit)
    if state.confirmed(camera) or state.pending(camera):
        return None
    facts = holder.places.get(camera) if holder.places else None
    return Reason.CAMERA_REFUSES if facts and facts.error else Reason.SPARE_FAILS


def _placeless(state: State, unit: UnitId) -> Reason:
    """Tell why a camera of a unit has no place."""
    spares = _others(state, unit)
    if not spares:
        return Reason.NO_SPARE
    online = any(state.online(spare.config.unit) for spare in spares)
    return Reason.NO_ROOM if online else Reason.SPARE_OFFLINE
