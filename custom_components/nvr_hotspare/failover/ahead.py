"""What is provisioned ahead: the places that an outage would need, as far as there is room.

Each camera of a protected device has a home among all spares, which depends on the group alone:
in its order, a device's cameras all with one spare where that has room, else by priority. While a
spare records, the last of those at home there make room, and come back when there is room again;
those whose home is offline are guests wherever there is room. So an outage moves nothing on the
spares that it does not concern, and idle spares always end up holding the same places, whatever
happened before.
"""

from collections.abc import Iterable, Mapping

from .commands import Command
from .evolving import replace
from .look import Look
from .model import Camera, UnitId
from .placing import RANKS, coverable
from .state import Plan, State

type Places = Mapping[UnitId, Mapping[Camera, None]]


def plan_ahead(state: State, _look: Look) -> tuple[State, tuple[Command, ...]]:
    """Decide what the spares are to hold beyond what they have to record."""
    online = {unit: spare for unit, spare in state.spares.items() if state.online(unit)}
    held_by = ((unit, spare.held) for unit, spare in online.items())
    basis = (state.group.devices, state.group.spares, *held_by)
    if basis == state.plan.basis:
        return state, ()
    held = {camera for spare in online.values() for camera in spare.held}
    homes = state.plan.homes if state.plan.group is state.group else _homes(state)
    ahead: dict[UnitId, dict[Camera, None]] = {}
    away: list[Camera] = []
    for unit, cameras in homes.items():
        idle = [camera for camera in cameras if camera not in held]
        if unit in online:
            spare = online[unit]
            ahead[unit] = dict.fromkeys(idle[: max(0, spare.config.capacity - len(spare.held))])
        else:
            away += idle
    room = {u: s.config.capacity - len(s.held) - len(ahead[u]) for u, s in online.items()}
    for unit, guests in _settle(_by_device(away), room).items():
        ahead[unit] |= guests
    same = state.plan.ahead if ahead == state.plan.ahead else ahead
    plan = Plan(basis=basis, ahead=same, homes=homes, group=state.group)
    return replace(state, plan=plan), ()


def _homes(state: State) -> Places:
    """Return where cameras are provisioned while nothing happens."""
    ranked = (
        [camera for _, camera in sorted(coverable(device), key=lambda c: RANKS[c[0].priority])]
        for device in state.devices.values()
    )
    room = {unit: spare.config.capacity for unit, spare in state.spares.items()}
    return _settle(ranked, room)


def _settle(devices: Iterable[list[Camera]], room: dict[UnitId, int]) -> Places:
    """Give the cameras of each device, in turn, room together, or else one by one."""
    room = dict(room)
    places: dict[UnitId, dict[Camera, None]] = {unit: {} for unit in room}
    for cameras in devices:
        if not any(room.values()):
            break
        others = [unit for unit in room if cameras and unit != cameras[0].unit]
        whole = next((unit for unit in others if room[unit] >= len(cameras)), None)
        for camera in cameras:
            unit = whole or next((unit for unit in others if room[unit] > 0), None)
            if unit is None:
                break
            places[unit][camera] = None
            room[unit] -= 1
    return places


def _by_device(cameras: Iterable[Camera]) -> list[list[Camera]]:
    groups: dict[UnitId, list[Camera]] = {}
    for camera in cameras:
        groups.setdefault(camera.unit, []).append(camera)
    return list(groups.values())
