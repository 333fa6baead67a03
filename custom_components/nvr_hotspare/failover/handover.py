"""From the manager to an engine's deputy and back: an outage goes on, whoever decides.

The journal travels. A deputy begins where the manager's journal ends (`take_charge`), decides by
the same machine, and hands over its own journal when the manager is back (`take_back`). Each
knows only what it saw, so for every device three journals are compared: the manager's now, the
deputy's, and the one that the deputy began with.

- A manager that was away takes over what the deputy came to, and keeps what it has noticed itself
  since it started: where both noticed the same failure it is one outage.
- A manager that was there all the time, and could only not reach the engine, knows better. It
  takes over nothing but what the engine has recorded of outages that both know.
- Footage that the deputy came to owe is owed in either case: what the device has of it is not
  given back again anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite

from . import journal
from .commands import Announce, Command
from .events import Configured, Event, HeartbeatReceived, Planned
from .evolving import replace
from .journal import Json
from .machine import step
from .model import Connection, Group, Happening, UnitId
from .owed import only, owe
from .placing import coverable
from .pool import forgotten
from .state import (
    DeviceState,
    Outage,
    Owed,
    Pulse,
    State,
    Wakes,
    with_device,
    with_pulse,
    with_spare,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a deputy announced, to be told when the manager is back."""

    at: float
    """Seconds since 1970."""
    announcement: Announce


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What became of an engine's charge while the manager was away."""

    spare: UnitId
    """The engine."""
    since: float
    """From when on it listened for the manager, seconds since 1970."""
    began: Json
    """The journal that its deputy began with."""
    journal: Json
    """The one that it ended with."""
    said: tuple[Said, ...] = ()


def take_charge(
    began: object, group: Group, planned: Iterable[Planned], lost: float
) -> tuple[State, tuple[Command, ...]]:
    """Return the state from which a deputy listens, and later decides, and what is to be done.

    Until the manager was lost it had heard all devices but those in an outage, and those whose
    silence its journal tells, or it would have said so: none has to be heard once more before its
    silence counts.

    Args:
        began: The manager's journal; not believed any further than one from a disk.
        group: The engine and what it has in charge.
        planned: The silences that are excused.
        lost: When the manager was heard last, seconds since 1970.
    """
    state, commands = step(journal.load(began), Configured(group), lost)
    heard = (
        HeartbeatReceived(unit)
        for unit, device in state.devices.items()
        if device.outage is None or device.outage.returned is not None
    )
    silent = {unit: state.pulses[unit].before for unit in state.devices}
    events: tuple[Event, ...] = (*heard, *planned)
    for event in events:
        state, more = step(state, event, lost)
        commands += more
    for unit, since in silent.items():
        if since is not None:
            state = with_pulse(state, unit, replace(state.pulses[unit], since=since))
    return state, commands


def take_back(
    state: State, absence: Absence, now: float, *, present: bool
) -> tuple[State, tuple[Command, ...], tuple[Said, ...]]:
    """Return the state in which the manager goes on, what is to be done, and what is to be told.

    What concerns no device of the group any more is left out. To take back the same twice changes
    nothing the second time.

    Args:
        state: The manager's.
        absence: What the engine tells.
        now: Seconds since 1970.
        present: Whether the manager was there all the time and only could not reach the engine.
    """
    state = replace(state, now=now)
    before, left = journal.load(absence.began), journal.load(absence.journal)
    known = [unit for unit in left.devices if unit in state.devices and unit in before.devices]
    said: list[Said] = []
    for unit in known:
        ours, then, theirs = state.devices[unit], before.devices[unit], left.devices[unit]
        told = [item for item in absence.said if item.announcement.unit == unit]
        if present:
            device = _joined_there(ours, then, theirs)
        else:
            device = _joined_away(ours, then, theirs, told, now)
            said += _news(told, ours, then, absence.since)
            state = _connected(state, unit, device.outage)
        state = with_device(state, device)
    if not present:
        state = _held(state, absence.spare, left, known)
        state = replace(state, incident=_latest(state.incident, left.incident))
    wakes = Wakes({**state.wakes, **dict.fromkeys((*known, absence.spare), now)})
    state, commands = step(replace(state, wakes=wakes), Configured(replace(state.group)), now)
    return state, commands, tuple(sorted(said, key=lambda item: item.at))


def _joined_there(ours: DeviceState, then: DeviceState, theirs: DeviceState) -> DeviceState:
    """Return a device that the manager has watched all the time."""
    outage = ours.outage
    if outage is not None and theirs.outage is not None:
        outage = _with_recorded(outage, theirs.outage)
    return replace(ours, outage=outage, owed=_owed(ours, then, theirs))


def _joined_away(
    ours: DeviceState, then: DeviceState, theirs: DeviceState, told: Iterable[Said], now: float
) -> DeviceState:
    """Return a device that the manager has not watched, or only since it started."""
    ends = [it.at for it in told if it.announcement.happening is Happening.RETURNED]
    outage = _outage(ours.outage, then.outage, theirs.outage, max(ends, default=-inf))
    if outage is not None:
        wanted = {camera for _, camera in coverable(ours)}
        alongside = tuple(camera for camera in outage.alongside if camera in wanted)
        outage = replace(outage, alongside=alongside, watched_from=now)
    shown = theirs if theirs.outage or (ours.outage and outage is None) else ours
    return replace(
        ours,
        outage=outage,
        owed=_owed(ours, then, theirs),
        status=shown.status,
        since=shown.since,
        reason=shown.reason,
        tells=ours.tells or theirs.tells,
        proven=ours.proven | theirs.proven,
        unrecorded=theirs.unrecorded,
        back_at=_latest(ours.back_at, theirs.back_at),
        flaps=theirs.flaps,
        naps=theirs.naps,
    )


def _outage(
    ours: Outage | None, then: Outage | None, theirs: Outage | None, last_end: float
) -> Outage | None:
    """Return the outage that goes on after the manager was away.

    An outage is told by its `since`: the one that the deputy began with may have ended under it,
    or been ended by the manager since; and another may have begun. One that the manager noticed
    just before it left, and could not tell of any more, the deputy noticed by itself, later.
    """
    if theirs is None:
        ended = ours is not None and (_same(ours, then) or ours.noticed <= last_end)
        return None if ended else ours
    if ours is None:
        return None if _same(theirs, then) else theirs
    if _same(ours, then) and not _same(theirs, then):
        return theirs
    unchanged = then is None or ours.returned == then.returned
    joined = theirs if unchanged else replace(theirs, returned=ours.returned, refused=ours.refused)
    joined = replace(
        joined,
        since=min(ours.since, theirs.since),
        noticed=min(ours.noticed, theirs.noticed),
        incident=min(ours.incident, theirs.incident),
        displaced=tuple(dict.fromkeys((*ours.displaced, *theirs.displaced))),
        allowed=joined.returned is not None and (ours.allowed or theirs.allowed),
    )
    return _with_recorded(joined, ours)


def _same(one: Outage | None, other: Outage | None) -> bool:
    return one is not None and other is not None and one.since == other.since


def _with_recorded(outage: Outage, other: Outage) -> Outage:
    """Return an outage with what was recorded of it in the eyes of somebody else."""
    confirmed = dict(outage.confirmed)
    for camera, at in other.confirmed.items():
        confirmed[camera] = min(at, confirmed.get(camera, at))
    begun = [at for at in (outage.backing_up, other.backing_up) if at is not None]
    return replace(
        outage,
        confirmed=confirmed,
        backing_up=min(begun, default=None),
        spares=tuple(dict.fromkeys((*outage.spares, *other.spares))),
    )


def _owed(ours: DeviceState, then: DeviceState, theirs: DeviceState) -> tuple[Owed, ...]:
    """Return what is owed to a device: all that either knows and nobody has given back.

    A deputy gives nothing back, so of what it owes that is old the manager knows better.
    """
    left = only(theirs.owed, ours.cameras)
    if ours.owed == only(then.owed, ours.cameras):
        return left
    owed = ours.owed
    for item in left:
        if item not in then.owed and not _contained(item, owed):
            owed = owe((it for it in owed if not _contained(it, (item,))), item)
    return owed


def _contained(item: Owed, owed: Iterable[Owed]) -> bool:
    """Tell whether any of some windows covers all of a window."""
    window = item.window
    return any(
        it.window.start <= window.start
        and window.end <= it.window.end
        and set(window.cameras) <= set(it.window.cameras)
        and set(window.spares) <= set(it.window.spares)
        for it in owed
    )


def _news(
    said: Iterable[Said], ours: DeviceState, then: DeviceState, since: float
) -> Iterable[Said]:
    """Return what a deputy has said of a device, without what the manager announced itself.

    It did so of an outage that the deputy was not told of: one noticed just before it left, which
    is the deputy's first then, or since it started, which is the last.
    """
    outage, news = ours.outage, list(said)
    if outage is None:
        return news
    known = then.outage if _same(outage, then.outage) else None
    announced = {Happening.HEARTBEAT_LOST} if known is None else set()
    if outage.backing_up is not None and (known is None or known.backing_up is None):
        announced.add(Happening.BACKING_UP)
    in_order = news if outage.noticed <= since else list(reversed(news))
    for happening in announced:
        if one := next((it for it in in_order if it.announcement.happening is happening), None):
            news.remove(one)
    return news


def _connected(state: State, unit: UnitId, outage: Outage | None) -> State:
    """Take a device for as dead or alive as its outage says: probes tell how it is now.

    One that is heard already is asked who it is, as any that is back.
    """
    pulse = state.pulses[unit]
    down = outage is not None and outage.returned is None
    if down is (pulse.connection is Connection.OFFLINE):
        return state
    if outage is not None and down:
        fresh = Pulse(since=outage.since, heard=True, connection=Connection.OFFLINE)
        state = with_pulse(state, unit, fresh)
        return forgotten(state, unit) if unit in state.spares else state
    return with_pulse(state, unit, Pulse(since=state.now))


def _held(state: State, engine: UnitId, left: State, known: Iterable[UnitId]) -> State:
    """Leave the cameras with the engine that it was given meanwhile, as far as nobody has them."""
    spare, lent = state.spares.get(engine), left.spares.get(engine)
    if spare is None or lent is None or not state.online(engine):
        return state
    cameras = {
        camera
        for unit in known
        if state.devices[unit].outage is not None
        for _, camera in coverable(state.devices[unit])
    }
    more = [c for c in lent.held if c in cameras and state.holder(c) is None]
    held = (*spare.held, *more)[: spare.config.capacity]
    return with_spare(state, replace(spare, held=held)) if more else state


def _latest(one: float | None, other: float | None) -> float | None:
    return max((at for at in (one, other) if at is not None), default=None)


# As JSON


def dump_said(said: Said) -> Json:
    """Return what was announced as JSON has it."""
    it = said.announcement
    return {
        "at": said.at,
        "unit": it.unit,
        "happening": it.happening.value,
        "data": dict(it.data),
    }


def load_said(data: object) -> Said | None:
    """Return what `dump_said` wrote, None where it makes no sense."""
    match data:
        case {
            "at": int() | float() as at,
            "unit": str(unit),
            "happening": str(word),
            "data": dict(told),
        } if word in Happening and isfinite(at) and not isinstance(at, bool):
            return Said(float(at), Announce(unit, Happening(word), told))
    return None
