"""One outage of a working device: it begins, goes on, and ends when all is given back.

Taking back what was lent is make before break, camera by camera: the spare lets go of a camera
when the device was seen recording it since it came back, and both have recorded it for a while.
Without that,
- a camera that has no stream left for the device is let go of as soon as the device is back
  (the gap is told in the report);
- a device that can't tell, or has nothing scheduled, must have been well for a few heartbeats;
- and whatever the device does, the spare lets go when its grace has run out (told, too).
Being told nothing is not the same as being told `unknown`: a device that used to tell and does
not yet is busy starting, and has its grace. One that never told is not waited for that long.

What the spare recorded is owed to the device from then on, if it takes footage back: see
`synchronizing`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from . import detector
from .commands import Announce, Command
from .model import Camera, Channel, GivenBack, Happening, Recording, UnitId, Window
from .owed import owe
from .pool import forgotten
from .state import DeviceState, Outage, Owed, State, in_use


def notice(state: State) -> tuple[State, tuple[Command, ...]]:
    """Take units that were silent for too long for offline.

    Only a working device's outage is announced: that of a spare shows in its Connection.
    """
    commands: list[Command] = []
    for unit, pulse in state.pulses.items():
        deadline = detector.offline_at(pulse, state.group.timing)
        if deadline is None or state.now < deadline:
            continue
        state = replace(state, pulses={**state.pulses, unit: detector.offline(pulse)})
        if unit in state.devices:
            state, said = _lost(state, state.devices[unit], pulse.since)
            commands += said
        else:
            state = forgotten(state)
    return state, tuple(commands)


def _lost(state: State, device: DeviceState, since: float) -> tuple[State, tuple[Command, ...]]:
    """Begin an outage, or go on with the one that was about to end: nothing is doubled."""
    said: tuple[Command, ...] = ()
    if device.outage is None:
        outage = Outage(since=since, noticed=state.now)
        data = {"noticed_after": round(state.now - since, 3)}
        said = (Announce(device.config.unit, Happening.HEARTBEAT_LOST, data),)
    else:
        outage = replace(device.outage, returned=None, beats=0, given_back={})
    device = replace(device, outage=outage, recordings=None, recorded_since={}, missing_since={})
    return with_device(state, device), said


def returned(state: State, device: DeviceState, outage: Outage) -> State:
    """The device is back: what it tells from now on counts."""
    outage = replace(outage, returned=state.now, watched_from=state.now, beats=0)
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
    places, now = state.spare.places or {}, state.now
    for device in state.devices.values():
        used = {
            camera: _told(device, channel)
            for channel, camera in zip(device.config.channels, device.cameras, strict=True)
            if camera in places and in_use(places[camera])
        }
        recording = all(told is Recording.YES for told in used.values())
        outage = device.outage or Outage(since=now, noticed=now, returned=now, watched_from=now)
        if device.outage is None and (recording or not device.config.protected):
            outage = replace(outage, confirmed=dict.fromkeys(used, now), spares=(spare,))
            owed = _owing(state, device, outage, report(device, outage))
            state = with_device(state, replace(device, owed=owed))
            continue
        if not device.config.protected:
            continue
        given_back = {c: why for c, why in outage.given_back.items() if c not in used}
        outage = replace(outage, given_back=given_back)
        state = with_device(state, replace(device, outage=outage))
    return state


def give_back(state: State) -> tuple[State, tuple[Command, ...]]:
    """Decide which cameras of returned devices the spare may let go of."""
    for device in state.devices.values():
        outage = device.outage
        if outage is None or outage.returned is None:
            continue
        given = dict(outage.given_back)
        for channel, camera in zip(device.config.channels, device.cameras, strict=True):
            why = _may_let_go(state, device, outage, channel)
            if state.lent(camera) and camera not in given and why is not None:
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
    if told is Recording.YES:
        return GivenBack.SEEN if state.now >= _sure_at(state, device, channel) else None
    if channel.single_stream:
        return GivenBack.FIRST
    uncertain = told in (Recording.UNKNOWN, Recording.NOT_SCHEDULED)
    if uncertain and outage.beats >= timing.return_beats:
        return GivenBack.UNTOLD
    if state.now >= outage.watched_from + timing.return_grace:
        return GivenBack.GRACE
    return None


def _told(device: DeviceState, channel: Channel) -> Recording | None:
    """Return what a returned device told of a channel; None if it is yet to tell."""
    if device.recordings is None:
        return None if device.tells else Recording.UNKNOWN
    return device.recordings.get(channel.number, Recording.UNKNOWN)


def give_back_at(state: State) -> Iterable[float]:
    """Yield when returned devices' grace runs out, or both have recorded for long enough."""
    for device in state.devices.values():
        outage = device.outage
        if outage and outage.returned is not None:
            yield outage.watched_from + state.group.timing.return_grace
            for channel in device.config.channels:
                if channel.number in device.recorded_since:
                    yield _sure_at(state, device, channel)


def _sure_at(state: State, device: DeviceState, channel: Channel) -> float:
    """Return when a channel that is seen recorded has been so for long enough."""
    return device.recorded_since[channel.number] + state.group.timing.overlap


def close(state: State) -> tuple[State, tuple[Command, ...]]:
    """End the outages of returned devices whose cameras the spare has let go of.

    A spare that is offline holds up a return only for as long as a device may take to record:
    what it still records when it is back later is found then.
    """
    commands: list[Command] = []
    for device in state.devices.values():
        outage = device.outage
        if outage and outage.returned is not None and not _lent(state, device, outage):
            data = report(device, outage)
            owed = _owing(state, device, outage, data)
            state = with_device(state, replace(device, outage=None, owed=owed))
            commands.append(Announce(device.config.unit, Happening.RETURNED, data))
    return state, tuple(commands)


def _owing(
    state: State, device: DeviceState, outage: Outage, told: Mapping[str, object]
) -> tuple[Owed, ...]:
    """Return what is owed to a device after an outage of which the spare has let go.

    All its cameras, once any was seen recorded: others may have been, too shortly to be seen.
    """
    recorded = any(camera in outage.confirmed for camera in device.cameras)
    if not recorded or not device.config.gives_back:
        return device.owed
    window = Window(
        outage=outage.since,
        start=outage.since - state.group.timing.lookback,
        end=max(state.now, outage.since),
        cameras=device.cameras,
        spares=outage.spares,
    )
    return owe(device.owed, Owed(window=window, report=told))


def _lent(state: State, device: DeviceState, outage: Outage) -> bool:
    """Tell whether the spare has, or may have, cameras of a device."""
    spare = state.spare
    if any(state.lent(camera) for camera in device.cameras):
        return True
    if not state.spare_online:
        patience = outage.watched_from + state.group.timing.return_grace
        backed_up = outage.backing_up is not None and state.group.spare is not None
        return backed_up and state.now < patience
    busy = spare.errand.command.cameras if spare.errand else ()
    return spare.places is None or not set(busy).isdisjoint(device.cameras)


def report(device: DeviceState, outage: Outage) -> dict[str, object]:
    """Return what is told of an outage that is over; seconds, channels by their numbers.

    `since` is the last heartbeat, seconds since 1970: it names the outage among the device's.
    """

    def after(moment: float) -> float:
        return round(max(0.0, moment - outage.since), 3)

    def given_back(why: GivenBack) -> list[int]:
        return [c.channel for c in device.cameras if outage.given_back.get(c) is why]

    return {
        "since": round(outage.since, 3),
        "noticed_after": after(outage.noticed),
        "backing_up_after": None if outage.backing_up is None else after(outage.backing_up),
        "offline_for": None if outage.returned is None else after(outage.returned),
        "first_confirmed_after": {
            str(c.channel): after(outage.confirmed[c])
            for c in device.cameras
            if c in outage.confirmed
        },
        "released_first": given_back(GivenBack.FIRST),
        "released_on_grace": given_back(GivenBack.GRACE),
        "not_backed_up": {
            str(c.channel): _missed(outage, c) for c in device.cameras if c not in outage.confirmed
        },
    }


def _missed(outage: Outage, camera: Camera) -> str | None:
    """Why a camera was not backed up; None where the outage was over before it was known."""
    reason = outage.missed.get(camera)
    return None if reason is None else reason.value


def with_device(state: State, device: DeviceState) -> State:
    """Return the state with what is now known of a device."""
    return replace(state, devices={**state.devices, device.config.unit: device})
