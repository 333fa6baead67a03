"""Whether a spare can stand in: for a unit in general, for a device now, for a camera."""

from dataclasses import dataclass

from .model import Camera, Reason, Spare, UnitId, WorkingDevice
from .state import DeviceState, State


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
    """Tell why no spare could take over the whole device now; None when one could.

    A unit not heard of since the start is taken to be as it was: Connection says if it is not.
    One camera without a source of its own is enough for a no: the device is not covered whole.

    Raises:
        KeyError: The group has no such working device.
    """
    device, spare = state.devices[unit], state.group.spare
    if not device.config.protected:
        return Reason.NOT_PROTECTED
    if not all(channel.has_source for channel in device.config.channels):
        return Reason.NO_SOURCE
    if spare is None or not state.spare_online:
        return _absent(state)
    taken = sum(camera.unit != unit for camera in state.spare.held)
    if taken + len(device.config.channels) > spare.capacity:
        return Reason.NO_ROOM
    failing = any(_refused(state, camera) for camera in device.cameras)
    return Reason.SPARE_FAILS if failing else None


def _absent(state: State) -> Reason | None:
    """Tell why there is no spare at all to be used."""
    if state.group.spare is None:
        return Reason.NO_SPARE
    return None if state.spare_online else Reason.SPARE_OFFLINE


def _refused(state: State, camera: Camera) -> bool:
    """Tell whether the spare has no place for a camera because it failed to make one."""
    attempt = state.spare.attempts.get(camera)
    return bool(attempt and attempt.error) and camera not in (state.spare.places or {})


def shortfall(state: State, device: DeviceState, camera: Camera) -> Reason | None:
    """Tell why a camera of an offline device is not backed up; None if it is or may soon be.

    Once reported a camera stays so until it is confirmed, however often it is tried meanwhile.
    """
    if not device.config.protected:
        return Reason.NOT_PROTECTED
    if not any(c.number == camera.channel and c.has_source for c in device.config.channels):
        return Reason.NO_SOURCE
    if not state.spare_online:
        return _absent(state)
    if camera not in state.spare.held:
        return Reason.NO_ROOM
    if state.confirmed(camera) or state.pending(camera):
        return None
    facts = (state.spare.places or {}).get(camera)
    return Reason.CAMERA_REFUSES if facts and facts.error else Reason.SPARE_FAILS
