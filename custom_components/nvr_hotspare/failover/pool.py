"""What each spare is told next, so that it comes to hold what is wanted.

What is wanted follows from `placing` and `ahead`; what is there is what the spare was seen to
hold. The difference between them gives the next command, one at a time for each spare, and the
next only when it has ended: whatever fails, is lost or is done without an answer, leaves a
difference, and so is found.
"""

from collections.abc import Iterator, Mapping

from . import detector
from .commands import Command, Provision, Record, Release, SpareCommand, Unprovision
from .evolving import replace
from .look import Look, stirred
from .model import Camera, PlaceFacts, Recording, UnitId
from .state import (
    Attempt,
    Errand,
    Places,
    SpareState,
    State,
    records,
    with_spare,
)


def give_up(state: State, _look: Look) -> tuple[State, tuple[Command, ...]]:
    """Wait no longer for errands whose end was not told in time: what they did will be seen."""
    for spare in state.spares.values():
        if (errand := spare.errand) and state.now >= errand.deadline:
            silence = dict.fromkeys(errand.command.cameras, "no answer")
            state = end(state, spare, errand.command, silence)
    return state, ()


def order(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """Send each spare the most urgent command that is due, unless it is busy with one."""
    commands: list[Command] = []
    for spare in state.spares.values():
        if not stirred(state, spare, look):
            continue
        for wish in wishes(state, spare):
            ripe = tuple(c for c in wish.cameras if state.now >= _ripe_at(state, spare, wish, c))
            if ripe:
                command: SpareCommand = type(wish)(spare.config.unit, ripe)
                errand = Errand(command=command, deadline=state.now + state.group.timing.command)
                state = with_spare(state, replace(spare, errand=errand))
                commands.append(command)
                break
    return state, tuple(commands)


def wishes(state: State, spare: SpareState) -> Iterator[SpareCommand]:
    """Yield what would make a spare hold what is wanted, the most urgent first.

    Each is safe by itself: it takes no more room than is seen to be there, what is recording is
    released before it is taken away, and only when who has to record it does.
    """
    unit, places = spare.config.unit, spare.places
    if places is None or spare.errand or not state.online(unit):
        return
    ahead = state.plan.ahead.get(unit, {})
    room = max(0, spare.config.capacity - len(places))
    new = [camera for camera in spare.held if camera not in places][:room]
    if cameras := [c for c in spare.held if c in places and not _recording(places, c)] + new:
        yield Record(unit, tuple(cameras))
    if cameras := [c for c in places.used if c not in spare.holding and _may_release(state, c)]:
        yield Release(unit, tuple(cameras))
    unused = places.keys() - ahead.keys() - places.used.keys() - spare.holding
    if cameras := [camera for camera in places if camera in unused]:
        yield Unprovision(unit, tuple(cameras))
    if cameras := [camera for camera in ahead if camera not in places][: room - len(new)]:
        yield Provision(unit, tuple(cameras))


def _recording(places: Places, camera: Camera) -> bool:
    """Tell whether a spare does what it was told: what records by itself may stop so, too."""
    return places[camera].commanded and camera in places.recorded


def _may_release(state: State, camera: Camera) -> bool:
    """Tell whether a spare that a camera is not to be recorded by may let go of it.

    Not before another spare that has to records it; and not while its device is suspect, which
    may have died since it was seen recording.
    """
    holder = state.holder(camera)
    if holder is not None:
        return records(holder, camera)
    device = state.devices.get(camera.unit)
    protected = device is not None and device.config.protected
    return not (protected and detector.suspect(state.pulses[camera.unit]))


def _ripe_at(state: State, spare: SpareState, wish: SpareCommand, camera: Camera) -> float:
    """Return from when on a command may be given for a camera: at once, or again.

    After an error, provisioning ahead and clearing up are in no hurry, and to let go is in ever
    less; but while a camera that is to be recorded waits for room, making it is.
    """
    attempt, verb = spare.attempts.get(camera), type(wish)
    if attempt is None or attempt.verb is not verb:
        return state.now
    timing = state.group.timing
    urgent = verb is Record or (
        verb is not Provision and any(held not in (spare.places or ()) for held in spare.held)
    )
    if urgent or not attempt.error:
        return attempt.ended + timing.retry
    if verb is Release:
        growing = timing.retry * 2.0 ** min(attempt.failed - 1, 30)
        return attempt.ended + min(growing, timing.provision_retry)
    return attempt.ended + timing.provision_retry


def next_order_at(state: State, spare: SpareState) -> float | None:
    """Return when a command is to be given or given up, if nothing else happens."""
    if spare.errand:
        return spare.errand.deadline
    return min(
        (
            _ripe_at(state, spare, wish, camera)
            for wish in wishes(state, spare)
            for camera in wish.cameras
        ),
        default=None,
    )


def taken_at(state: State, unit: UnitId) -> float | None:
    """Return when spares had last taken the command to record cameras of a device, if any did.

    Known until they are told something else.
    """
    attempts = (
        attempt
        for spare in state.spares.values()
        for camera, attempt in spare.attempts.items()
        if camera.unit == unit and attempt.verb is Record and not attempt.error
    )
    return max((attempt.ended for attempt in attempts), default=None)


def end(
    state: State, spare: SpareState, command: SpareCommand, errors: Mapping[Camera, str]
) -> State:
    """Take the end of the errand: what went well is believed until the spare is seen.

    Recording is never believed; only seeing it confirms it.
    """
    places: dict[Camera, PlaceFacts] = dict(spare.places) if spare.places else {}
    attempts = dict(spare.attempts)
    for camera in command.cameras:
        error = errors.get(camera, "")
        last, verb = attempts.get(camera), type(command)
        failed = last.failed if last and last.verb is verb else 0
        attempts[camera] = Attempt(
            verb=verb, ended=state.now, error=error, failed=failed + 1 if error else 0
        )
        if not error:
            _believe(places, command, camera)
    known = None if spare.places is None else Places(places)
    return with_spare(state, replace(spare, errand=None, attempts=attempts, places=known))


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


def seen(state: State, spare: SpareState, places: Mapping[Camera, PlaceFacts]) -> State:
    """Take what a spare was seen to hold; mostly it is what was known."""
    attempts = {
        camera: attempt
        for camera, attempt in spare.attempts.items()
        if camera in places or camera.unit in state.devices
    }
    if places == spare.places and len(attempts) == len(spare.attempts):
        return state
    return with_spare(state, replace(spare, places=Places(places), attempts=attempts))


def forgotten(state: State, unit: str) -> State:
    """Forget all about a spare but what it is wanted to record: it must be seen anew."""
    spare = state.spares[unit]
    return with_spare(state, SpareState(config=spare.config, held=spare.held))
