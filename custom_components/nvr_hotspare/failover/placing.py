"""Which spare has to record which camera.

A camera stays where it is recorded, and with the spare that it was given to while that is online.
What needs a place gets it so:
- A device's cameras go together to a spare that is ready for all of them, else to the first one
  that has room for all; else each goes to the first with room, by priority.
- Where there is no room for all that wait, the cameras of a higher priority come first, then
  those of the older outage.
- A camera that then still has no place takes that of a lower one among those that are low, or
  lower still: of a device that is back and only does not let us ask what it records, or records
  it and gets it back when the user says so.
- What finds no place waits, and gets the next free one.
- What a spare was given and did not take in its time goes to another one with room, if there is.

A spare has to record no more than it can; what it was provided with ahead makes room.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import inf

from . import calm
from .commands import Command, Record
from .evolving import replace
from .look import Look, places_moved
from .model import Camera, Channel, Priority, Reason, UnitId
from .state import (
    DeviceState,
    Outage,
    SpareState,
    State,
    records,
    uses,
    with_device,
    with_spare,
)

RANKS = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}
"""The order of priorities; what is never to be backed up has none."""
LAST = 3
"""The rank of what may well be recorded already: its device is back, but lets nobody ask; or of
what is, and is given back only when the user says so."""


def obstacle(channel: Channel) -> Reason | None:
    """Tell why no spare can ever record a channel as it is; None if one may."""
    if not channel.has_source:
        return Reason.NO_SOURCE
    return Reason.TOO_FAST if channel.too_fast else None


def coverable(device: DeviceState) -> Iterator[tuple[Channel, Camera]]:
    """Yield the channels of a device that a spare can and may record."""
    if device.config.protected:
        for channel, camera in zip(device.config.channels, device.cameras, strict=True):
            if obstacle(channel) is None and channel.priority in RANKS:
                yield channel, camera


def hold(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """Give the cameras that need one a place, and set their deadlines."""
    if not places_moved(state, look):
        return state, ()
    needed = dict(_needed(state, look))
    table = _Table(state, needed)
    waiting = sorted(
        (camera for camera in needed if camera not in table.keeper), key=needed.__getitem__
    )
    table.place(waiting)
    table.move_on(state)
    displaced = tuple(table.displace(waiting))
    for spare in state.spares.values():
        state = _note(state, spare, tuple(table.held.get(spare.config.unit, ())))
    for camera in displaced:
        state = _displaced(state, camera)
    return state, ()


def _needed(state: State, look: Look) -> Iterator[tuple[Camera, int]]:
    """Yield the cameras that a spare should record now and their ranks, the oldest outage first."""
    devices = (state.devices[unit] for unit in look.units)
    outages = [(device.outage, device) for device in devices if device.outage]
    outages.sort(key=lambda item: item[0].noticed)
    for outage, device in outages:
        for channel, camera in coverable(device):
            if _needs(state, outage, camera):
                yield camera, rank(device, outage, channel, camera)


def rank(device: DeviceState, outage: Outage, channel: Channel, camera: Camera) -> int:
    """Return which place a camera has among those that need one, from 0 on.

    What nobody knows the device not to record, or what it is seen to record, comes last.
    """
    recorded = channel.number in device.recorded_since and calm.holds_back(device, outage)
    doubtful = (outage.refused or recorded) and camera not in outage.alongside
    return LAST if doubtful else RANKS[channel.priority]


def _needs(state: State, outage: Outage, camera: Camera) -> bool:
    """Tell whether a camera needs a place.

    A device that is back keeps what it has, until given back, but takes nothing more, unless it
    is to be recorded alongside: a spare that was to record it and was not told yet is not told.
    Where a spare that recorded it died another goes on, if we know whom it goes on for.
    """
    if outage.returned is None:
        return True
    if camera in outage.given_back:
        return False
    if camera in outage.alongside:
        return True
    goes_on = _may_move(outage, camera)
    return any(
        (goes_on and camera in spare.holding) or _may_record(state, spare, camera)
        for spare in state.spares.values()
    )


def _may_move(outage: Outage, camera: Camera) -> bool:
    """Tell whether another spare may begin to record a camera."""
    if outage.returned is None or camera in outage.alongside:
        return True
    return camera in outage.confirmed and not outage.refused


def _may_record(state: State, spare: SpareState, camera: Camera) -> bool:
    """Tell whether a spare was told to record a camera, for all that is known."""
    if uses(spare, camera):
        return True
    errand = spare.errand and spare.errand.command
    told = isinstance(errand, Record) and camera in errand.cameras
    unseen = spare.places is None and state.online(spare.config.unit)
    return camera in spare.holding and (told or unseen)


class _Table:
    """Who has to record what, while that is worked out; of the spares that are online."""

    def __init__(self, state: State, needed: dict[Camera, int]) -> None:
        """Begin with the cameras that keep their places."""
        self.needed = needed
        self.spares = {u: spare for u, spare in state.spares.items() if state.online(u)}
        self.held: dict[UnitId, list[Camera]] = {}
        self.keeper: dict[Camera, UnitId] = {}
        keepers = self._keepers()
        staying = {
            unit: [camera for camera in spare.held if keepers.get(camera) == unit]
            for unit, spare in self.spares.items()
        }
        for camera in needed:
            unit = keepers.get(camera)
            if unit is not None and camera not in self.spares[unit].holding:
                staying[unit].append(camera)
        for unit, spare in self.spares.items():
            self.held[unit] = self._ranked(spare, staying[unit])[: spare.config.capacity]
            self.keeper |= dict.fromkeys(self.held[unit], unit)

    def _keepers(self) -> dict[Camera, UnitId]:
        """Return who records a camera, else who was told to, else who has to."""
        keepers: dict[Camera, UnitId] = {}
        best: dict[Camera, tuple[bool, bool, bool]] = {}
        for unit, spare in self.spares.items():
            for camera in {*spare.held, *(spare.places.used if spare.places else ())}:
                if camera not in self.needed or camera.unit == unit:
                    continue
                claim = records(spare, camera), uses(spare, camera), camera in spare.holding
                if camera not in best or claim > best[camera]:
                    keepers[camera], best[camera] = unit, claim
        return keepers

    def _ranked(self, spare: SpareState, cameras: list[Camera]) -> list[Camera]:
        """Sort cameras: a spare that can hold fewer than it has records on what it records."""
        normal = RANKS[Priority.NORMAL]
        return sorted(cameras, key=lambda c: (max(self.needed[c], normal), not uses(spare, c)))

    def place(self, waiting: list[Camera]) -> None:
        """Give free places to waiting cameras, given in the order of their ranks."""
        served = set(waiting[: sum(map(self._room, self.spares))])
        in_order = [camera for camera in self.needed if camera in served]
        for unit, group in groupby(in_order, key=lambda camera: camera.unit):
            cameras = tuple(group)
            whole = self._best(cameras, unit)
            if whole is not None:
                self._give(cameras, whole)
        for camera in waiting:
            if camera not in self.keeper and (spare := self._best((camera,), camera.unit)):
                self._give((camera,), spare)

    def _room(self, unit: UnitId) -> int:
        return self.spares[unit].config.capacity - len(self.held[unit])

    def _best(self, cameras: tuple[Camera, ...], *excluded: UnitId) -> UnitId | None:
        """Return the spare with room for all of some cameras that is ready for them, or first."""
        count = len(cameras)
        roomy = [u for u in self.spares if u not in excluded and self._room(u) >= count]
        ready = (u for u in roomy if all(c in (self.spares[u].places or ()) for c in cameras))
        return next(ready, roomy[0] if roomy else None)

    def _give(self, cameras: Iterable[Camera], unit: UnitId) -> None:
        for camera in cameras:
            self.held[unit].append(camera)
            self.keeper[camera] = unit

    def move_on(self, state: State) -> None:
        """Try another spare with room for what is not recorded, nor was taken in its time."""
        for camera, unit in tuple(self.keeper.items()):
            spare = self.spares[unit]
            if uses(spare, camera) or state.now < spare.due.get(camera, inf):
                continue
            device = state.devices[camera.unit]
            own = camera.channel in device.recorded_since
            if own or not (device.outage and _may_move(device.outage, camera)):
                continue
            if other := self._best((camera,), camera.unit, unit):
                self.held[unit].remove(camera)
                self._give((camera,), other)

    def displace(self, waiting: Iterable[Camera]) -> Iterator[Camera]:
        """Give those that have no place that of a lower camera, the last first; yield these."""
        low = RANKS[Priority.LOW]
        victims = [c for c, its in self.needed.items() if its >= low and c in self.keeper]
        victims.sort(key=self.needed.__getitem__)
        for camera in waiting:
            if camera in self.keeper:
                continue
            for victim in reversed(victims):
                unit = self.keeper[victim]
                if unit != camera.unit and self.needed[victim] > self.needed[camera]:
                    victims.remove(victim)
                    self.held[unit].remove(victim)
                    del self.keeper[victim]
                    self._give((camera,), unit)
                    yield victim
                    break


def _note(state: State, spare: SpareState, held: tuple[Camera, ...]) -> State:
    """Note what a spare has to record; an offline one, nothing until it is back."""
    due = {
        camera: spare.due.get(camera, state.now + state.group.timing.confirm)
        for camera in held
        if not records(spare, camera)
    }
    if held == spare.held and due == spare.due:
        return state
    return with_spare(state, replace(spare, held=held, due=due))


def _displaced(state: State, camera: Camera) -> State:
    device = state.devices[camera.unit]
    if device.outage is None or camera in device.outage.displaced:
        return state
    outage = replace(device.outage, displaced=(*device.outage.displaced, camera))
    return with_device(state, replace(device, outage=outage))
