"""Which camera gets which place of the spare, and the next step towards that.

What is wanted follows from the outages alone; what is there is what the spare was seen to hold.
The difference between them gives the next command, one at a time, and the next only when it has
ended: whatever fails, is lost or is done without an answer, leaves a difference, and so is found.

The places wanted are, up to the spare's capacity:
- the cameras it has to record, the oldest outage first; one that has its place keeps it;
- then, provisioned ahead, the cameras of protected devices in the order of the group. They are
  the first to make room, and come back when there is room again: an idle spare always ends up
  holding the same places, whatever happened before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from . import detector
from .commands import Command, Provision, Record, Release, SpareCommand, Unprovision
from .model import Camera, PlaceFacts, Recording
from .state import Attempt, DeviceState, Errand, Outage, SpareState, State, in_use


def hold(state: State) -> tuple[State, tuple[Command, ...]]:
    """Give the spare's places to the cameras that need them, and set their deadlines.

    What it is recording it goes on recording; then comes what it is to record already.
    """
    spare, places = state.group.spare, state.spare.places or {}
    needed = dict.fromkeys(_needed(state))
    kept = [camera for camera in state.spare.held if camera in needed]
    ranked = sorted(
        dict.fromkeys((*kept, *needed)),
        key=lambda camera: not (camera in places and in_use(places[camera])),
    )
    held = tuple(ranked[: spare.capacity if spare else 0])
    due = {
        camera: state.spare.due.get(camera, state.now + state.group.timing.confirm)
        for camera in held
        if state.spare_online and not state.confirmed(camera)
    }
    return replace(state, spare=replace(state.spare, held=held, due=due)), ()


def _needed(state: State) -> list[Camera]:
    """Return the cameras that a spare should record now, the oldest outage first."""
    outages = [
        (device.outage, device)
        for device in state.devices.values()
        if device.outage and device.config.protected
    ]
    outages.sort(key=lambda item: item[0].noticed)
    return [camera for outage, device in outages for camera in _needed_of(state, device, outage)]


def _needed_of(state: State, device: DeviceState, outage: Outage) -> Iterator[Camera]:
    for channel, camera in zip(device.config.channels, device.cameras, strict=True):
        if not channel.has_source:
            continue
        # A device that is back keeps what it has, until given back, but takes nothing more.
        if outage.returned is None or (state.lent(camera) and camera not in outage.given_back):
            yield camera


def give_up(state: State) -> tuple[State, tuple[Command, ...]]:
    """Wait no longer for an errand whose end was not told in time: what it did will be seen."""
    errand = state.spare.errand
    if errand is None or state.now < errand.deadline:
        return state, ()
    return end(state, errand.command, dict.fromkeys(errand.command.cameras, "no answer")), ()


def order(state: State) -> tuple[State, tuple[Command, ...]]:
    """Send the spare the most urgent command that is due, unless it is busy with one."""
    for wish in wishes(state):
        ripe = tuple(c for c in wish.cameras if state.now >= _ripe_at(state, type(wish), c))
        if ripe:
            command = replace(wish, cameras=ripe)
            errand = Errand(command=command, deadline=state.now + state.group.timing.command)
            return replace(state, spare=replace(state.spare, errand=errand)), (command,)
    return state, ()


def wishes(state: State) -> Iterator[SpareCommand]:
    """Yield what would make the spare hold what is wanted, the most urgent first.

    Each is safe by itself: it takes no more room than is seen to be there, what is recording is
    released before it is taken away, and nothing is released while its device is suspect, which
    may have died since it was seen recording.
    """
    spare, places = state.group.spare, state.spare.places
    if spare is None or places is None or state.spare.errand or not state.spare_online:
        return
    held = state.spare.held
    ahead = _ahead(state)
    room = max(0, spare.capacity - len(places))
    new = [camera for camera in held if camera not in places][:room]
    idle = [c for c in held if c in places and not (places[c].commanded and state.confirmed(c))]
    strays = [
        camera
        for camera, facts in places.items()
        if in_use(facts) and camera not in held and not _suspect(state, camera)
    ]
    spent = [
        c for c, facts in places.items() if not in_use(facts) and c not in held and c not in ahead
    ]
    coming = [camera for camera in ahead if camera not in places][: room - len(new)]
    for verb, cameras in (
        (Record, idle + new),
        (Release, strays),
        (Unprovision, spent),
        (Provision, coming),
    ):
        if cameras:
            yield verb(spare.unit, tuple(cameras))


def _suspect(state: State, camera: Camera) -> bool:
    device = state.devices.get(camera.unit)
    protected = device is not None and device.config.protected
    return protected and detector.suspect(state.pulses[camera.unit])


def _ahead(state: State) -> tuple[Camera, ...]:
    """Return the cameras to be provisioned ahead in the room that recording leaves."""
    spare = state.group.spare
    room = spare.capacity - len(state.spare.held) if spare else 0
    candidates = (
        camera
        for device in state.devices.values()
        if device.config.protected
        for channel, camera in zip(device.config.channels, device.cameras, strict=True)
        if channel.has_source and camera not in state.spare.held
    )
    return tuple(islice(candidates, max(0, room)))


def _ripe_at(state: State, verb: type[SpareCommand], camera: Camera) -> float:
    """Return from when on a command may be given for a camera: at once, or again.

    After an error, provisioning ahead and clearing up are in no hurry; but while a camera that
    is to be recorded waits for room, making it is.
    """
    attempt = state.spare.attempts.get(camera)
    if attempt is None or attempt.verb is not verb:
        return state.now
    timing = state.group.timing
    places = state.spare.places or {}
    waiting = any(held not in places for held in state.spare.held)
    calm = attempt.error and (verb is Provision or (verb is Unprovision and not waiting))
    return attempt.ended + (timing.provision_retry if calm else timing.retry)


def next_order_at(state: State) -> float | None:
    """Return when a command is to be given or given up, if nothing else happens."""
    if state.spare.errand:
        return state.spare.errand.deadline
    return min(
        (_ripe_at(state, type(wish), c) for wish in wishes(state) for c in wish.cameras),
        default=None,
    )


def end(state: State, command: SpareCommand, errors: Mapping[Camera, str]) -> State:
    """Take the end of the errand: what went well is believed until the spare is seen.

    Recording is never believed; only seeing it confirms it.
    """
    spare = state.spare
    places = dict(spare.places or {})
    attempts = dict(spare.attempts)
    for camera in command.cameras:
        error = errors.get(camera, "")
        attempts[camera] = Attempt(verb=type(command), ended=state.now, error=error)
        if not error:
            _believe(places, command, camera)
    return replace(
        state,
        spare=replace(
            spare,
            errand=None,
            attempts=attempts,
            places=places if spare.places is not None else None,
        ),
    )


def _believe(places: dict[Camera, PlaceFacts], command: SpareCommand, camera: Camera) -> None:
    match command:
        case Provision():
            places.setdefault(camera, PlaceFacts(commanded=False, recording=Recording.NO))
        case Record():
            before = places.get(camera, PlaceFacts(commanded=True, recording=Recording.UNKNOWN))
            places[camera] = replace(before, commanded=True)
        case Release():
            places[camera] = PlaceFacts(commanded=False, recording=Recording.NO)
        case Unprovision():
            places.pop(camera, None)


def seen(state: State, places: Mapping[Camera, PlaceFacts]) -> State:
    """Take what the spare was seen to hold."""
    attempts = {
        camera: attempt
        for camera, attempt in state.spare.attempts.items()
        if camera in places or camera.unit in state.devices
    }
    spare = replace(state.spare, places=dict(places), attempts=attempts)
    return replace(state, spare=spare)


def forgotten(state: State) -> State:
    """Forget all about the spare but what it is wanted to record: it must be seen anew."""
    return replace(state, spare=SpareState(held=state.spare.held))
