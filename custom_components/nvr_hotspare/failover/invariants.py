"""What must be true whatever happened; the tests ask after every step.

The machine never asks: each function raises `InvariantError` with the sentence that is not true.
"""

from collections.abc import Collection
from copy import replace
from itertools import pairwise

from .commands import Command, Desist, Provision, Record, Release, Synchronize, Unprovision
from .events import Event, SynchronizationEnded
from .model import Camera, Cause, Connection, Priority, Reason, UnitId, Window, WorkingStatus
from .owed import LIMIT
from .placing import RANKS, coverable, rank
from .pool import next_order_at
from .state import DeviceState, Places, SpareState, State, in_use, records
from .status import RECORDING_STATUSES
from .synchronizing import due
from .view import next_deadline

WELL = (*RECORDING_STATUSES, WorkingStatus.SYNCHRONIZING)
"""What a device can be that has no outage."""


class InvariantError(Exception):
    """The machine broke its word."""


def check_invariants(state: State, now: float) -> None:
    """Check a state between two steps.

    Raises:
        InvariantError: An invariant does not hold.
    """
    _check_held(state)
    for unit in state.devices:
        check_device(state, unit, now)
    deadline = next_deadline(state)
    _require(deadline is None or deadline > state.now, f"deadline {deadline} is over")
    for spare in state.spares.values():
        order_at = next_order_at(state, spare)
        _require(order_at is None or order_at > state.now, f"order of {order_at} was not given")


def check_device(state: State, unit: UnitId, now: float) -> None:
    """Check what a state says of one working device.

    Raises:
        InvariantError: An invariant does not hold.
    """
    device = state.devices[unit]
    outage = device.outage
    offline = state.pulses[unit].connection is Connection.OFFLINE
    if offline != (outage is not None and outage.returned is None):
        raise InvariantError(f"{unit} is {state.pulses[unit].connection} with {outage}")
    _check_status(device, offline=offline)
    if offline:
        _check_covered(state, device, now)
    _check_owed(state, device)


def _check_held(state: State) -> None:
    """The spares have to record what they can, each camera once, and only what is needed."""
    held = [camera for spare in state.spares.values() for camera in spare.held]
    _require(len(set(held)) == len(held), f"a camera is held twice: {held}")
    for unit, spare in state.spares.items():
        mine, capacity = spare.held, spare.config.capacity
        _require(len(mine) <= capacity, f"{len(mine)} cameras are held by {capacity} places")
        _require(not mine or state.online(unit), f"{unit} is offline and holds {mine}")
        _require(set(spare.due) <= set(mine), "a deadline is set for a camera not held")
        for camera in mine:
            device = state.devices.get(camera.unit)
            outage = device.outage if device else None
            needed = device is not None and device.config.protected and camera in device.cameras
            _require(
                needed and outage is not None and camera not in outage.given_back,
                f"{camera} is held but not needed",
            )
            _require(camera.unit != unit, f"{unit} is to stand in for itself")


def _check_owed(state: State, device: DeviceState) -> None:
    """Invariant 3, the present: what can be given back now, the courier is or will be told."""
    if device.owed:
        windows = [owed.window for owed in device.owed]
        apart = all(one.end < other.start for one, other in pairwise(windows))
        _require(apart and len(windows) <= LIMIT, f"windows touch, or are too many: {windows}")
        own = all(w.cameras and set(w.cameras) <= set(device.cameras) for w in windows)
        _require(own and all(w.start < w.end for w in windows), f"there is nothing in {windows}")
    now_due, delivery = due(state, device), device.delivery
    if delivery is not None and delivery.windows != now_due:
        raise InvariantError(f"the courier works at {delivery}, and {now_due} are due")
    if now_due and delivery is None and device.setback is None:
        raise InvariantError(f"{now_due} are due, and the courier does not know")
    flowing = delivery is not None and delivery.flowing
    if (device.status is WorkingStatus.SYNCHRONIZING) != flowing:
        raise InvariantError(f"{device.config.unit} is {device.status} with {delivery}")


def check_footage(before: State, event: Event, after: State) -> None:
    """Check that nothing that was owed is lost by a step.

    Raises:
        InvariantError: A window is gone that the courier has not done, and the user not removed.
    """
    done = event.done if isinstance(event, SynchronizationEnded) else ()
    for unit, device in after.devices.items():
        if (known := before.devices.get(unit)) is None or known is device:
            continue
        for window in (owed.window for owed in known.owed):
            cameras = tuple(camera for camera in window.cameras if camera in device.cameras)
            still = replace(window, cameras=cameras)
            _require(not cameras or window in done or _is_owed(device, still), f"{window} is lost")
        outage = known.outage
        drill = outage is not None and outage.cause is Cause.DRILL
        if outage and device.outage is None and device.config.gives_back and not drill:
            recorded = any(camera in outage.confirmed for camera in device.cameras)
            window = Window(
                outage=outage.since,
                start=outage.since,
                end=max(outage.since, after.now),
                cameras=device.cameras,
                spares=outage.spares,
            )
            _require(not recorded or _is_owed(device, window), f"nothing of {outage} is owed")


def _is_owed(device: DeviceState, window: Window) -> bool:
    """Tell whether a window, or a greater one, is owed to a device."""
    return any(
        owed.window.start <= window.start
        and window.end <= owed.window.end
        and set(window.cameras) <= set(owed.window.cameras)
        and set(window.spares) <= set(owed.window.spares)
        for owed in device.owed
    )


def _check_status(device: DeviceState, *, offline: bool) -> None:
    """Connection and Working Status belong together as in the table of the design."""
    status, unit = device.status, device.config.unit
    missing = status is WorkingStatus.NOT_BACKED_UP
    if missing and not offline:
        raise InvariantError(f"{unit} is online and {status}")
    if device.outage is None and status not in WELL:
        raise InvariantError(f"{unit} is {status} without an outage")
    if (device.reason is not None) != missing:
        raise InvariantError(f"{unit} is {status} for the reason {device.reason}")


def _check_no_room(state: State, device: DeviceState, camera: Camera) -> None:
    """Each spare that could record a camera is full, of cameras that need not make room for it."""
    mine = _rank(device, camera)
    for unit, spare in state.spares.items():
        if unit == camera.unit or not state.online(unit):
            continue
        full = len(spare.held) == spare.config.capacity
        _require(full, f"{camera} is said to have no room, but there is")
        least = max(mine, RANKS[Priority.NORMAL])
        lower = [c for c in spare.held if _rank(state.devices[c.unit], c) > least]
        _require(not lower, f"{camera} has no place, and {lower} have")


def _rank(device: DeviceState, camera: Camera) -> int:
    if device.outage is None:
        raise InvariantError(f"{camera} is held but not needed")
    channel = next(c for c in device.config.channels if c.number == camera.channel)
    return rank(device, device.outage, channel, camera)


def _check_covered(state: State, device: DeviceState, now: float) -> None:
    """Invariant 1: each camera is recorded, within its deadline, or reported with a reason."""
    missed = device.outage.missed if device.outage else {}
    held = {camera for camera in device.cameras if state.holder(camera)}
    backed_up = [camera for camera in device.cameras if camera in held and state.confirmed(camera)]
    for camera in device.cameras:
        if camera in backed_up:
            _require(camera not in missed, f"{camera} is recorded and reported missing")
            continue
        pending = any(now < s.due.get(camera, now) for s in state.spares.values())
        _require(
            pending != (camera in missed), f"{camera} is neither pending nor reported, or both"
        )
        if missed.get(camera) is Reason.NO_ROOM:
            _check_no_room(state, device, camera)
    if backed_up:
        _require(
            device.status is WorkingStatus.BACKING_UP,
            f"{backed_up} are recorded and the status is {device.status}",
        )
    elif len(missed) == len(device.cameras):
        _require(
            device.status is WorkingStatus.NOT_BACKED_UP,
            f"nothing of {device.config.unit} is recorded and the status is {device.status}",
        )


def check_commands(state: State, commands: Collection[Command]) -> None:
    """Check the commands that a step gave, against the state it left.

    Raises:
        InvariantError: A command would break an invariant.
    """
    _check_courier(state, commands)
    orders = [c for c in commands if isinstance(c, Record | Release | Provision | Unprovision)]
    told = [command.spare for command in orders]
    _require(len(set(told)) == len(told), f"more than one command at a time: {orders}")
    for command in orders:
        spare = state.spares.get(command.spare)
        if spare is None or not state.online(command.spare):
            raise InvariantError(f"{command} is for a unit that is no spare, or offline")
        places, held = spare.places or Places({}), spare.held
        match command:
            case Record(cameras=cameras):
                _require(set(cameras) <= set(held), f"{command} is not needed")
            case Release(cameras=cameras):
                for camera in cameras:
                    _require(_may_break(state, spare, camera), f"{camera} is let go of too early")
            case Unprovision(cameras=cameras):
                used = [c for c in cameras if c in held or in_use(places[c])]
                _require(not used, f"{used} are in use and taken away")
            case Provision():
                pass
        if isinstance(command, Record | Provision):
            new = [camera for camera in command.cameras if camera not in places]
            _require(
                not new or len(places) + len(new) <= spare.config.capacity,
                f"{command} exceeds the {spare.config.capacity} places",
            )


def _check_courier(state: State, commands: Collection[Command]) -> None:
    """The courier is told what the state says, and never works for a device that is not back."""
    last = {c.unit: c for c in commands if isinstance(c, Synchronize | Desist)}
    for unit, command in last.items():
        device = state.devices.get(unit)
        delivery = device.delivery if device else None
        told = command.windows if isinstance(command, Synchronize) else None
        wanted = delivery.windows if delivery else None
        _require(told == wanted, f"{command} and the courier is to work at {wanted}")


def _may_break(state: State, spare: SpareState, camera: Camera) -> bool:
    """Invariant 2: a spare lets go of a camera only when its device or another spare has it."""
    device = state.devices.get(camera.unit)
    if device is None or all(camera != c for _, c in coverable(device)):
        return True
    if camera in spare.held:
        return False
    if (holder := state.holder(camera)) is not None:
        return records(holder, camera)
    if device.outage is None or camera in device.outage.given_back:
        return state.online(camera.unit)
    return len(spare.held) >= spare.config.capacity


def _require(holds: bool, sentence: str) -> None:  # noqa: FBT001 - an assertion
    if not holds:
        raise InvariantError(sentence)
