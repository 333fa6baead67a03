"""Taking an event as a fact: what is known after it, before anything is decided.

Few facts ask for something at once: a heartbeat of an offline unit, who is there; a courier that
works for nobody, to desist; and what it has done is told.
"""

from collections.abc import Callable
from functools import singledispatch

from . import alongside, calm, detector, isolation, pool, regroup, synchronizing
from .commands import Command, Desist, Identify
from .events import (
    CommandEnded,
    Configured,
    Drill,
    Event,
    FootageFlows,
    GiveBack,
    HeartbeatReceived,
    HostLink,
    Identified,
    IdentityRefused,
    PlacesSeen,
    Planned,
    PowerReturned,
    ProbeUnanswered,
    RecordingsSeen,
    Started,
    StorageFailed,
    SynchronizationEnded,
    SynchronizeNow,
    TakeOver,
    TimePassed,
    WitnessSeen,
)
from .evolving import replace
from .model import Cause, Connection, Recording, UnitId
from .noticing import lost
from .outage import found, returned
from .state import DeviceState, State, with_device, with_pulse

type Taken = tuple[State, tuple[Command, ...]]


def take(event: Event, state: State) -> Taken:
    """Return the state that knows of the event."""
    return _TAKERS[type(event)](event, state)


@singledispatch
def _take(event: Event, state: State) -> Taken:
    raise NotImplementedError


@_take.register
def _(event: Configured, state: State) -> Taken:
    """Take over a group; whom the user removed nothing is given back to."""
    after = regroup.configured(state, event.group)
    gone = [d for unit, d in state.devices.items() if d.delivery and unit not in after.devices]
    return after, tuple(Desist(device.config.unit) for device in gone)


@_take.register
def _(_event: Started, state: State) -> Taken:
    return regroup.started(state), ()


@_take.register
def _(event: HeartbeatReceived, state: State) -> Taken:
    pulse = state.pulses.get(event.unit)
    if pulse is None:
        return state, ()
    state = isolation.answered(state, event.unit)
    pulse = state.pulses[event.unit]
    known = not _refused(state, event.unit)
    if pulse.connection is Connection.ONLINE:
        pulse = detector.heard(pulse, state.now)
        state = with_pulse(state, event.unit, pulse)
        if known:
            return state, ()
    if not detector.may_ask(pulse, state.group.timing, state.now):
        return state, ()
    state = with_pulse(state, event.unit, replace(pulse, asked=state.now))
    return state, (Identify(event.unit),)


@_take.register
def _(event: ProbeUnanswered, state: State) -> Taken:
    """Suspect a unit; what a device told before it was suspect gives nothing back to it."""
    pulse = state.pulses.get(event.unit)
    if pulse is None or pulse.connection is Connection.OFFLINE:
        return state, ()
    device = state.devices.get(event.unit)
    if device is not None and not pulse.unanswered and calm.habitual(device, pulse.since):
        until = pulse.since + state.group.timing.restart_grace
        pulse = detector.excuse(pulse, until)
    state = with_pulse(state, event.unit, detector.unanswered(pulse, event.silence))
    if device is not None and (device.recordings is not None or _given_back(device)):
        outage = device.outage and replace(device.outage, given_back={})
        device = replace(device, recordings=None, recorded_since={}, outage=outage)
        state = with_device(state, device)
    return state, ()


@_take.register
def _(event: Identified, state: State) -> Taken:
    """Only the unit that went silent is back, and only if it was asked since it did.

    Another one, taken for it while it let nobody ask, is not: the unit is gone still.
    """
    pulse, device = state.pulses.get(event.unit), state.devices.get(event.unit)
    if pulse is None or pulse.asked is None:
        return state, ()
    if event.same:
        state = with_pulse(state, event.unit, detector.back(pulse, state.now))
        if device is not None and device.outage is not None:
            state = returned(state, device, device.outage)
    elif device is not None and pulse.connection is Connection.ONLINE:
        state = with_pulse(state, event.unit, detector.offline(pulse))
        return lost(state, device, pulse.since)
    return state, ()


@_take.register
def _(event: IdentityRefused, state: State) -> Taken:
    """Take a working device for back, but not for known."""
    pulse, device = state.pulses.get(event.unit), state.devices.get(event.unit)
    if pulse is None or pulse.connection is Connection.ONLINE or pulse.asked is None:
        return state, ()
    if device is None or device.outage is None:
        return state, ()
    back = replace(detector.back(pulse, state.now), asked=pulse.asked)
    state = with_pulse(state, event.unit, back)
    return returned(state, device, device.outage, refused=True), ()


@_take.register
def _(event: RecordingsSeen, state: State) -> Taken:
    """Note what a device told; while it is offline, its answers are late ones.

    What one tells of which it is not known who it is proves nothing.
    """
    device = state.devices.get(event.unit)
    if device is None or not state.online(event.unit) or _refused(state, event.unit):
        return state, ()
    recorded = {
        number: device.recorded_since.get(number, state.now)
        for number, told in event.recordings.items()
        if told is Recording.YES
    }
    missing = {
        channel.number: device.missing_since.get(channel.number, state.now)
        for channel in device.config.channels
        if event.recordings.get(channel.number) is Recording.NO
    }
    certain = not {Recording.YES, Recording.NO}.isdisjoint(event.recordings.values())
    device = replace(
        device,
        told=state.now,
        tells=device.tells or certain,
        recordings=dict(event.recordings),
        recorded_since=recorded,
        missing_since=missing,
    )
    return with_device(state, device), ()


@_take.register
def _(event: PlacesSeen, state: State) -> Taken:
    """Note what a spare holds; while it is offline, its answers are late ones."""
    spare = state.spares.get(event.spare)
    if spare is None or not state.online(event.spare):
        return state, ()
    state = pool.seen(state, spare, event.places)
    return (found(state, event.spare) if spare.places is None else state), ()


@_take.register
def _(event: CommandEnded, state: State) -> Taken:
    """Take the end of the command that is waited for; what comes later is seen anyway."""
    for spare in state.spares.values():
        if spare.errand and event.command == spare.errand.command:
            return pool.end(state, spare, spare.errand.command, event.errors), ()
    return state, ()


@_take.register
def _(event: StorageFailed, state: State) -> Taken:
    """Take it as told for long enough that nothing is recorded."""
    device = state.devices.get(event.unit)
    if device is None or not state.online(event.unit):
        return state, ()
    numbers = [channel.number for channel in device.config.channels]
    device = replace(
        device,
        told=state.now,
        tells=True,
        recordings=dict.fromkeys(numbers, Recording.NO),
        recorded_since={},
        missing_since=dict.fromkeys(numbers, state.now - state.group.timing.no_record),
    )
    return with_device(state, device), ()


@_take.register
def _(event: TakeOver, state: State) -> Taken:
    return alongside.take_over(state, event.unit, Cause.MANUAL), ()


@_take.register
def _(event: Drill, state: State) -> Taken:
    return alongside.take_over(state, event.unit, Cause.DRILL), ()


@_take.register
def _(event: GiveBack, state: State) -> Taken:
    return alongside.give_back_now(state, event.unit), ()


@_take.register
def _(event: SynchronizeNow, state: State) -> Taken:
    """Forget that the last attempt failed: the next one is due at once."""
    device = state.devices.get(event.unit)
    if device is None or device.setback is None:
        return state, ()
    return with_device(state, replace(device, setback=None)), ()


@_take.register
def _(event: Planned, state: State) -> Taken:
    """Excuse a silence to come; one that was noticed already is an outage.

    That of a spare at work is not excused: another is to record for it as soon as it is silent.
    """
    pulse, spare = state.pulses.get(event.unit), state.spares.get(event.unit)
    if pulse is None or pulse.connection is Connection.OFFLINE or (spare and spare.held):
        return state, ()
    if not event.once:
        pulse = detector.maintain(pulse, event.until)
    elif event.until > state.now:
        pulse = detector.excuse(pulse, event.until)
    else:
        pulse = detector.excuse_no_more(pulse)
    return with_pulse(state, event.unit, pulse), ()


@_take.register
def _(_event: PowerReturned, state: State) -> Taken:
    timing = state.group.timing
    until = state.now + max(timing.boot_grace, timing.window)
    for unit, pulse in state.pulses.items():
        if pulse.connection is Connection.ONLINE:
            state = with_pulse(state, unit, detector.excuse(pulse, until))
    return state, ()


@_take.register
def _(event: HostLink, state: State) -> Taken:
    return isolation.link(state, up=event.up), ()


@_take.register
def _(event: WitnessSeen, state: State) -> Taken:
    return isolation.witnessed(state, event.witness, answers=event.answers), ()


@_take.register
def _(event: FootageFlows, state: State) -> Taken:
    return synchronizing.flows(state, event)


@_take.register
def _(event: SynchronizationEnded, state: State) -> Taken:
    return synchronizing.ended(state, event)


@_take.register
def _(_event: TimePassed, state: State) -> Taken:
    return state, ()


_TAKERS: dict[type, Callable[[Event, State], Taken]] = dict(_take.registry)
"""Asked directly, since each step does."""


def _refused(state: State, unit: UnitId) -> bool:
    """Tell whether a unit that came back lets nobody ask who it is."""
    device = state.devices.get(unit)
    return device is not None and device.outage is not None and device.outage.refused


def _given_back(device: DeviceState) -> bool:
    return device.outage is not None and bool(device.outage.given_back)
