"""What is provisioned ahead: the places that an outage would need, as far as there is room.

In the room that recording leaves, the cameras of protected devices in the order of the group;
a device's all with one spare where that has room, else by priority. They are the first to make
room, and come back when there is room again: idle spares that are online always end up holding
the same places, whatever happened before.
"""

from dataclasses import replace

from .commands import Command
from .look import Look
from .model import Camera, UnitId
from .placing import RANKS, coverable
from .state import Plan, State


def plan_ahead(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """Decide what the spares are to hold beyond what they have to record."""
    if not look.spares:
        return state, ()
    online = [spare for unit, spare in state.spares.items() if state.online(unit)]
    basis = (state.group.devices, *((spare.config, spare.held) for spare in online))
    if basis == state.plan.basis:
        return state, ()
    held = {camera for spare in online for camera in spare.held}
    room = {spare.config.unit: spare.config.capacity - len(spare.held) for spare in online}
    ahead: dict[UnitId, dict[Camera, None]] = {unit: {} for unit in room}
    for device in state.devices.values():
        free = [(channel, camera) for channel, camera in coverable(device) if camera not in held]
        cameras = [camera for _, camera in sorted(free, key=lambda item: RANKS[item[0].priority])]
        others = [unit for unit in room if unit != device.config.unit]
        whole = next((unit for unit in others if room[unit] >= len(cameras)), None)
        for camera in cameras:
            unit = whole or next((unit for unit in others if room[unit] > 0), None)
            if unit is None:
                break
            ahead[unit][camera] = None
            room[unit] -= 1
    return replace(state, plan=Plan(basis=basis, ahead=ahead)), ()
