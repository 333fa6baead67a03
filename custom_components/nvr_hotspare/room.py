"""Whether the group's spares have room for a device, worked out before it is added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .failover.coverage import fits
from .failover.model import Group, Priority, UnitId, WorkingDevice
from .failover.protection import protection
from .failover.state import State
from .unit_config import ChannelConfig, UnitConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What spares could do for a device, were it the only one that fails."""

    wanted: int
    """Cameras that are to be backed up."""
    capacity: int
    """The most cameras of it that one spare could record."""
    whole: bool
    """Whether one spare could record all of them."""
    stranded: tuple[ChannelConfig, ...]
    """Those that all spares together could not record."""


def room(
    unit: UnitId, channels: Sequence[ChannelConfig], spares: Collection[UnitConfig]
) -> Room | None:
    """Measure a device against the spares of its group; None where there is none but itself."""
    others = tuple(spare.as_spare(wanted(channels)) for spare in spares if spare.unit != unit)
    if not others:
        return None
    device = WorkingDevice(unit=unit, channels=tuple(it.as_channel() for it in wanted(channels)))
    measured = [fits(device, spare) for spare in others]
    alone = protection(State(group=Group(devices=(device,), spares=others)))
    numbers = {camera.channel for camera in alone.singles.get(unit, ())}
    return Room(
        wanted=len(device.channels),
        capacity=max(fit.capacity for fit in measured),
        whole=any(fit.whole for fit in measured),
        stranded=tuple(channel for channel in channels if channel.number in numbers),
    )


def wanted(channels: Sequence[ChannelConfig]) -> list[ChannelConfig]:
    """Return the channels that are to be backed up."""
    return [channel for channel in channels if channel.priority is not Priority.NEVER]
