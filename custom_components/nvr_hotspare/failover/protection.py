"""Whether a group is fully protected: what would be stranded if units fail, told beforehand.

As configured, not as it is now: every single failure of a unit, and of every pair at once. A
place is as good for any camera as for another, except that no unit stands in for itself, and a
unit that fails takes its own places with it. So only counts matter: what finds no room are the
cameras of the lowest priority.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from .model import Camera, Channel, Group, Priority, UnitId, WorkingDevice
from .placing import RANKS, obstacle
from .state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What a group is protected from."""

    singles: Mapping[UnitId, tuple[Camera, ...]]
    """The cameras that would be stranded by the failure of one unit, where there are any."""
    pairs: Mapping[tuple[UnitId, UnitId], tuple[Camera, ...]]
    """The same of two units at once, where it is more than each alone would strand."""
    unproven: tuple[Camera, ...]
    """The cameras that no spare was ever seen to record through their own source."""

    @property
    def full(self) -> bool:
        """Tell whether every single failure and every pair could be served."""
        return not self.singles and not self.pairs and not self.unproven


def protection(state: State) -> Protection:
    """Work out what the group is protected from; to be asked when it or what is proven changes."""
    group = state.group
    devices = {device.unit: device for device in group.devices}
    units = tuple(dict.fromkeys((*devices, *(spare.unit for spare in group.spares))))
    singles = {unit: found for unit in units if (found := _stranded(group, devices, (unit,)))}
    pairs = {}
    for pair in combinations(units, 2):
        known = {camera for unit in pair for camera in singles.get(unit, ())}
        found = _stranded(group, devices, pair)
        if not known.issuperset(found):
            pairs[pair] = found
    unproven = tuple(
        Camera(unit, channel.number)
        for unit, device in state.devices.items()
        for channel in _wanted(device.config)
        if obstacle(channel) is None and channel.number not in device.proven
    )
    return Protection(singles=singles, pairs=pairs, unproven=unproven)


def _wanted(device: WorkingDevice) -> Iterable[Channel]:
    """Yield the channels that the user wants to be backed up."""
    if device.protected:
        yield from (c for c in device.channels if c.priority is not Priority.NEVER)


def _stranded(
    group: Group, devices: Mapping[UnitId, WorkingDevice], failed: tuple[UnitId, ...]
) -> tuple[Camera, ...]:
    """Return the cameras of failed units that could not be recorded."""
    room = sum(spare.capacity for spare in group.spares if spare.unit not in failed)
    wanted = [
        (channel, Camera(unit, channel.number))
        for unit in failed
        if unit in devices
        for channel in _wanted(devices[unit])
    ]
    stranded = [camera for channel, camera in wanted if obstacle(channel)]
    served = [item for item in wanted if obstacle(item[0]) is None]
    if len(served) > room:
        served.sort(key=lambda item: RANKS[item[0].priority])
        stranded += [camera for _, camera in served[room:]]
    return tuple(stranded)
