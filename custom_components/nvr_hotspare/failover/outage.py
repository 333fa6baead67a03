"""The end of an outage: the device is back, and gets back what was lent.

Taking back what was lent is make before break, camera by camera: the spare lets go of a camera
when the device was seen recording it since it came back, and both have recorded it for a while.
Without that,
- a camera that has no stream left for the device is let go of as soon as the device is back
  (the gap is told in the report);
- a device that can't tell, or has nothing scheduled, must have been well for a few heartbeats;
- and whatever the device does, the spare lets go when its grace has run out (told, too).
One that came back with another password is recorded on: nobody can tell who it is, nor what it
records. It has a longer grace, in which its places are the first to make way for others.
A device that flaps is given nothing back until it was quiet for a while, one that holds back until
the user says so (see `calm`).
Being told nothing is not the same as being told `unknown`: a device that used to tell and does
not yet is busy starting, and has its grace. One that never told is not waited for that long.

What the spare recorded is owed to the device from then on, if it takes footage back: see
`synchronizing`.
"""

from . import alongside, calm
from .commands import Announce, Command
from .evolving import replace
from .look import Look, affected
from .model import Camera, Cause, Channel, GivenBack, Happening, Recording, UnitId
from .report import owing, report
from .state import DeviceState, Outage, State, uses, with_device


def returned(state: State, device: DeviceState, outage: Outage, *, refused: bool = False) -> State:
    """The device is back: what it tells from now on counts, if it lets us ask who it is."""
    device = calm.back(device, outage, state.now, state.group.timing)
    first = state.now if outage.returned is None else outage.returned
    outage = replace(outage, returned=first, watched_from=state.now, refused=refused)
    return with_device(state, replace(device, outage=outage, told=state.now))


def found(state: State, spare: UnitId) -> State:
    """Take for lent what the spare is found to record after nothing was known of it.

    What was decided before Home Assistant started or the spare was away no longer counts: a
    device that was seen recording may have died since. And where there is no outage that it
    would be lent for, the last thing written was older than the last thing done, or the outage
    ended while the spare was away. Whichever it is: unless the device is recording all that by
    now, nothing is let go of before it is seen to. If it is, the outage that nobody knew of is
    over; what the spare recorded is owed all the same.
    """
    now = state.now
    for device in state.devices.values():
        used = {
            camera: _told(device, channel)
            for channel, camera in zip(device.config.channels, device.cameras, strict=True)
            if uses(state.spares[spare], camera)
        }
        if not used:
            continue
        recording = all(told is Recording.YES for told in used.values())
        outage = device.outage or Outage(
            since=now, noticed=now, incident=now, returned=now, watched_from=now
        )
        if device.outage is None and (recording or not device.config.protected):
            outage = replace(outage, confirmed=dict.fromkeys(used, now), spares=(spare,))
            owed = owing(state, device, outage, report(device, outage))
            state = with_device(state, replace(device, owed=owed))
            continue
        if not device.config.protected:
            continue
        given_back = {c: why for c, why in outage.given_back.items() if c not in used}
        outage = replace(outage, given_back=given_back)
        state = with_device(state, replace(device, outage=outage))
    return state


def give_back(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """Decide which cameras of returned devices the spare may let go of."""
    for device in affected(state, look):
        outage = device.outage
        if outage is None or outage.returned is None:
            continue
        given = dict(outage.given_back)
        for channel, camera in zip(device.config.channels, device.cameras, strict=True):
            why = _may_let_go(state, device, outage, channel)
            lent = state.lent(camera) or camera in outage.alongside
            if lent and camera not in given and why is not None:
                given[camera] = why
        if given != outage.given_back:
            outage = replace(outage, given_back=given)
            state = with_device(state, replace(device, outage=outage))
    return state, ()


def _may_let_go(
    state: State, device: DeviceState, outage: Outage, channel: Channel
) -> GivenBack | None:
    timing = state.group.timing
    told = _told(device, channel)
    camera = Camera(device.config.unit, channel.number)
    if told is Recording.YES and not (camera in outage.alongside or _may_record(state, camera)):
        return GivenBack.SEEN
    held_down = calm.held_down(state, device, outage)
    if (
        held_down
        or calm.holds_back(device, outage)
        or not alongside.may_let_go(outage, camera, told)
    ):
        return None
    if told is Recording.YES:
        return GivenBack.SEEN if state.now >= _sure_at(state, device, channel.number) else None
    if channel.single_stream and not outage.refused:
        return GivenBack.FIRST
    uncertain = not outage.refused and told in (Recording.UNKNOWN, Recording.NOT_SCHEDULED)
    if uncertain and state.pulses[camera.unit].beats >= timing.return_beats:
        return GivenBack.UNTOLD
    return GivenBack.GRACE if state.now >= _grace_ends(state, device, outage) else None


def _may_record(state: State, camera: Camera) -> bool:
    """Tell whether a spare records a camera, or is just told to: what it failed to is over."""
    return any(
        uses(spare, camera)
        or (spare.errand is not None and camera in spare.errand.command.cameras)
        or (spare.places is None and camera in spare.holding and state.online(unit))
        for unit, spare in state.spares.items()
    )


def _grace_ends(state: State, device: DeviceState, outage: Outage) -> float:
    """Return when a returned device has had its time to record, or to let itself be asked."""
    timing = state.group.timing
    grace = timing.refused_grace if outage.refused else timing.return_grace
    return max(outage.watched_from + grace, calm.held_down_until(device, outage, timing))


def _told(device: DeviceState, channel: Channel) -> Recording | None:
    """Return what a returned device told of a channel; None if it is yet to tell."""
    if device.recordings is None:
        return None if device.tells else Recording.UNKNOWN
    return device.recordings.get(channel.number, Recording.UNKNOWN)


def give_back_at(state: State, device: DeviceState, outage: Outage) -> list[float]:
    """Return when a returned device's grace runs out, or both have recorded for long enough."""
    if outage.returned is None:
        return []
    return [
        outage.watched_from + state.group.timing.return_grace,
        _grace_ends(state, device, outage),
        calm.held_down_until(device, outage, state.group.timing),
        *(_sure_at(state, device, channel) for channel in device.recorded_since),
    ]


def _sure_at(state: State, device: DeviceState, channel: int) -> float:
    """Return when a channel that is seen recorded has been so for long enough."""
    return device.recorded_since[channel] + state.group.timing.overlap


def close(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """End the outages of returned devices whose cameras the spare has let go of.

    A spare that is offline holds up a return only for as long as a device may take to record:
    what it still records when it is back later is found then.
    """
    commands: list[Command] = []
    for device in affected(state, look):
        outage = device.outage
        if outage and outage.returned is not None and not _lent(state, device, outage):
            data = report(device, outage)
            drill = outage.cause is Cause.DRILL
            owed = device.owed if drill else owing(state, device, outage, data)
            state = with_device(state, replace(device, outage=None, owed=owed))
            told = Happening.DRILLED if drill else Happening.RETURNED
            commands.append(Announce(device.config.unit, told, data))
    return state, tuple(commands)


def _lent(state: State, device: DeviceState, outage: Outage) -> bool:
    """Tell whether a spare has, or may have, cameras of a device."""
    if any(state.lent(camera) for camera in device.cameras):
        return True
    if any(camera not in outage.given_back for camera in outage.alongside):
        return True
    waits = state.now < outage.watched_from + state.group.timing.return_grace
    for unit, spare in state.spares.items():
        if not state.online(unit):
            if waits and outage.backing_up is not None and unit in outage.spares:
                return True
        elif spare.places is None:
            if waits:
                return True
        elif spare.errand and not set(spare.errand.command.cameras).isdisjoint(device.cameras):
            return True
    return False
