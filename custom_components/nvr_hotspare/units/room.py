"""Whether the group's spares have room for a device, worked out before it is added."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..failover.coverage import fits
from ..failover.model import Group, Priority, UnitId, WorkingDevice
from ..failover.protection import protection
from ..failover.state import State
from ..settings.limits import fastest_camera
from ..settings.unit import ChannelConfig, UnitConfig


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
    too_fast: frozenset[int]
    """Of which channels the bitrate is more than any spare takes of one camera."""
    full: tuple[str, ...]
    """The titles of the spares that have no place free for any camera."""


def room(
    unit: UnitId, channels: Sequence[ChannelConfig], spares: Collection[UnitConfig]
) -> Room | None:
    """Measure a device against the spares of its group; None where there is none but itself."""
    cameras = wanted(channels)
    others = [spare for spare in spares if spare.unit != unit]
    if not others:
        return None
    most = fastest_camera(spare.limits for spare in others)
    device = WorkingDevice(unit=unit, channels=tuple(it.as_channel(most) for it in cameras))
    lent = tuple(spare.as_spare(cameras) for spare in others)
    measured = [fits(device, spare) for spare in lent]
    alone = protection(State(group=Group(devices=(device,), spares=lent)))
    numbers = {camera.channel for camera in alone.singles.get(unit, ())}
    return Room(
        wanted=len(cameras),
        capacity=max(fit.capacity for fit in measured),
        whole=any(
            fit.whole and _takes_each(spare, cameras)
            for spare, fit in zip(others, measured, strict=True)
        ),
        stranded=tuple(channel for channel in channels if channel.number in numbers),
        too_fast=frozenset(channel.number for channel in cameras if channel.bitrate > most),
        full=tuple(spare.title for spare in others if not spare.limits.cameras),
    )


def _takes_each(spare: UnitConfig, cameras: Iterable[ChannelConfig]) -> bool:
    """Tell whether a spare takes as many bits per second of one camera as each of these has."""
    most = fastest_camera((spare.limits,))
    return all(camera.bitrate <= most for camera in cameras)


def wanted(channels: Sequence[ChannelConfig]) -> list[ChannelConfig]:
    """Return the channels that are to be backed up."""
    return [channel for channel in channels if channel.priority is not Priority.NEVER]
