"""Giving footage back: when the courier is to work for a device, and what it tells.

It works for a device that is back, of which nothing is lent any more, as long as windows are
owed to it. It is told once, and again when what is owed has changed, when it failed (later each
time), or when it has not told for a while that it works. So whatever is lost on the way, the
command or its end, is made good; and what the courier is told twice it does once.

A window stays owed until the courier told that it was done, and as it is owed now: one that has
grown since is not done. It goes unannounced with the device or the cameras that the user takes
away. That a device keeps its footage on the spare suspends what is owed.
"""

from collections.abc import Iterable, Iterator
from math import inf

from . import detector
from .commands import Announce, Command, Desist, Synchronize
from .events import FootageFlows, SynchronizationEnded
from .evolving import replace
from .look import Look, moved
from .model import Happening, Timing, Window
from .state import Delivery, DeviceState, Owed, Setback, State, with_device

PROBLEMS = 8
"""Different reasons for which a failure is announced for one window."""


def synchronize(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """Let the courier work for the devices that footage is owed to and can be given to."""
    commands: list[Command] = []
    for unit in moved(state, look):
        device = state.devices[unit]
        if device.owed or device.delivery:
            decided, said = _decide(state, device)
            if decided is not device:
                state = with_device(state, decided)
            commands += said
    return state, tuple(commands)


def _decide(state: State, device: DeviceState) -> tuple[DeviceState, tuple[Command, ...]]:
    unit, delivery, now = device.config.unit, device.delivery, state.now
    windows = due(state, device)
    if not windows:
        if delivery is None and device.setback is None:
            return device, ()
        stop = (Desist(unit),) if delivery else ()
        return replace(device, delivery=None, setback=None), stop
    changed = delivery is not None and delivery.windows != windows
    if now < _next_at(device, state.group.timing) and not changed:
        return device, ()
    flowing = delivery is not None and delivery.flowing and changed
    delivery = Delivery(windows=windows, heard=now, flowing=flowing)
    return replace(device, delivery=delivery), (Synchronize(unit, windows),)


def due(state: State, device: DeviceState) -> tuple[Window, ...]:
    """Return what can be given back to a device now.

    After a start it must be heard first: nobody knows whether it is still there.
    """
    unit = device.config.unit
    there = state.online(unit) and state.pulses[unit].heard and device.outage is None
    if not there or not device.config.gives_back:
        return ()
    return tuple(owed.window for owed in device.owed)


def _next_at(device: DeviceState, timing: Timing) -> float:
    """Return when the courier is commanded anew for a device if it tells nothing."""
    if device.delivery is not None:
        return device.delivery.heard + timing.sync_silence
    if device.setback is None:
        return -inf
    patience = timing.sync_retry * 2.0 ** min(device.setback.count - 1, 30)
    return device.setback.ended + min(patience, timing.sync_retry_limit)


def synchronize_at(state: State, device: DeviceState) -> float:
    """Return when the courier that works, or failed, is commanded anew if nothing else happens."""
    return _next_at(device, state.group.timing)


def flows(state: State, event: FootageFlows) -> tuple[State, tuple[Command, ...]]:
    """Take a sign of life of the courier; where it should not work, it missed that it is over."""
    device = state.devices.get(event.unit)
    if device is None or not due(state, device):
        return state, (Desist(event.unit),)
    if device.delivery is None:
        return state, ()
    delivery = replace(device.delivery, heard=state.now, flowing=event.flowing)
    return with_device(state, replace(device, delivery=delivery)), ()


def ended(state: State, event: SynchronizationEnded) -> tuple[State, tuple[Command, ...]]:
    """Take what the courier has done, and what it has not.

    What it has done counts whenever it is told; that it failed, only while it is to work.
    """
    device = state.devices.get(event.unit)
    if device is None:
        return state, ()
    said = [
        Announce(event.unit, Happening.SYNCHRONIZED, _report(owed, event))
        for owed in device.owed
        if owed.window in event.done
    ]
    left = tuple(owed for owed in device.owed if owed.window not in event.done)
    device = replace(device, owed=left)
    if device.delivery and (event.error or not event.done):
        device, complaint = _set_back(state, device, event)
        said += complaint
    elif device.delivery:
        # What is left is commanded at once; meanwhile footage may flow on.
        rest = replace(device.delivery, windows=()) if left else None
        device = replace(device, delivery=rest, setback=None)
    return with_device(state, device), tuple(said)


def _report(owed: Owed, event: SynchronizationEnded) -> dict[str, object]:
    """Return what is told of an outage whose footage was given back."""
    return {**owed.report, "outages": owed.outages, **event.data}


def _set_back(
    state: State, device: DeviceState, event: SynchronizationEnded
) -> tuple[DeviceState, list[Announce]]:
    """Note that the courier failed, and tell of each reason once.

    The failure of a device that is suspect is not worth telling: it dies, or is asked again.
    """
    count = device.setback.count + 1 if device.setback else 1
    setback = Setback(problem=event.error, ended=state.now, count=count)
    device = replace(device, delivery=None, setback=setback)
    if not event.error or detector.suspect(state.pulses[event.unit]):
        return device, []
    told = tuple(_told(device.owed, event.error))
    if told == device.owed:
        return device, []
    data = {**event.data, "reason": event.error}
    return replace(device, owed=told), [Announce(event.unit, Happening.SYNC_FAILED, data)]


def _told(owed: Iterable[Owed], problem: str) -> Iterator[Owed]:
    for item in owed:
        known = problem in item.problems or len(item.problems) >= PROBLEMS
        yield item if known else replace(item, problems=(*item.problems, problem))
