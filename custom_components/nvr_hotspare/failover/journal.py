"""The journal: what must outlive a restart, as a dict that JSON can hold.

It holds outages, what is owed to devices, which camera has which place, the statuses shown, and
since when a unit is silent; not heartbeats nor anything that can be asked again. So it changes only
at transitions: the manager saves whenever `dump` differs from what it saved last, before it carries
out the commands of that step, and does not even write where it is `untouched`.

A journal comes from a disk and is believed only as far as it makes sense: what can't be read is
left out, device by device, and what the spare is seen to record says the rest.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from math import isfinite
from typing import TypeIs

from .detector import silent_since
from .model import (
    Camera,
    Cause,
    Connection,
    Reason,
    Spare,
    UnitId,
    Window,
    WorkingDevice,
    WorkingStatus,
)
from .owed import owe
from .state import DeviceState, Outage, Owed, Pulse, SpareState, State

VERSION = 1

type Json = dict[str, object]


def dump(state: State) -> Json:
    """Return the journal of a state."""
    return {
        "version": VERSION,
        "incident": state.incident,
        "offline_spares": _offline_spares(state),
        "silent": {
            unit: since
            for unit, pulse in state.pulses.items()
            if (since := silent_since(pulse)) is not None
        },
        "held": {
            unit: [list(camera) for camera in spare.held] for unit, spare in state.spares.items()
        },
        "devices": {unit: _dump_device(device) for unit, device in state.devices.items()},
    }


def untouched(before: State, after: State) -> bool:
    """Tell, without writing either, that two states have the same journal; False tells nothing.

    So it is after most steps: a heartbeat changes nothing of what `dump` looks at.
    """
    return (
        before.devices is after.devices
        and before.incident == after.incident
        and (before.spares is after.spares or _held(before) == _held(after))
        and (
            before.pulses is after.pulses
            or all(
                _sign(known) == _sign(pulse)
                for unit, pulse in after.pulses.items()
                if pulse is not (known := before.pulses.get(unit))
            )
        )
    )


def _held(state: State) -> list[tuple[UnitId, tuple[Camera, ...]]]:
    return [(unit, spare.held) for unit, spare in state.spares.items()]


def _sign(pulse: Pulse | None) -> object:
    return pulse and (pulse.connection, silent_since(pulse))


def _offline_spares(state: State) -> list[UnitId]:
    pulses = ((unit, state.pulses.get(unit)) for unit in state.spares if unit not in state.devices)
    return sorted(u for u, pulse in pulses if pulse and pulse.connection is Connection.OFFLINE)


def _dump_device(device: DeviceState) -> Json:
    outage = device.outage
    return {
        "status": device.status.value,
        "reason": None if device.reason is None else device.reason.value,
        "since": device.since,
        "tells": device.tells,
        "back_at": device.back_at,
        "flaps": device.flaps,
        "naps": list(device.naps),
        "proven": sorted(device.proven),
        "unrecorded": list(device.unrecorded),
        "outage": None if outage is None else _dump_outage(outage),
        "owed": [_dump_owed(owed) for owed in device.owed],
    }


def _dump_owed(owed: Owed) -> Json:
    window = owed.window
    return {
        "outage": window.outage,
        "start": window.start,
        "end": window.end,
        "channels": [camera.channel for camera in window.cameras],
        "spares": list(window.spares),
        "report": dict(owed.report),
        "outages": owed.outages,
        "problems": list(owed.problems),
    }


def _dump_outage(outage: Outage) -> Json:
    return {
        "since": outage.since,
        "noticed": outage.noticed,
        "incident": outage.incident,
        "cause": outage.cause.value,
        "alongside": [camera.channel for camera in outage.alongside],
        "backing_up": outage.backing_up,
        "returned": outage.returned,
        "refused": outage.refused,
        "allowed": outage.allowed,
        "spares": list(outage.spares),
        "displaced": [camera.channel for camera in outage.displaced],
        "confirmed": {str(c.channel): at for c, at in outage.confirmed.items()},
        "missed": {str(c.channel): reason.value for c, reason in outage.missed.items()},
    }


def load(data: object) -> State:
    """Return the state to start from; an empty one where nothing can be read.

    It waits for `Configured`, the start; devices that are not in the group are forgotten then.
    """
    journal = _mapping(data)
    if journal.get("version") != VERSION:
        return State()
    devices = {
        unit: device
        for unit, entry in _mapping(journal.get("devices")).items()
        if (device := _load_device(unit, _mapping(entry))) is not None
    }
    pulses = {
        unit: Pulse(since=since, before=since)
        for unit, value in _mapping(journal.get("silent")).items()
        if (since := _seconds(value)) is not None
    }
    for unit in _texts(journal.get("offline_spares")):
        pulses[unit] = Pulse(since=0.0, connection=Connection.OFFLINE)
    for unit, device in devices.items():
        if device.outage is not None and device.outage.returned is None:
            pulses[unit] = Pulse(since=device.outage.since, connection=Connection.OFFLINE)
    spares = {
        unit: SpareState(
            config=Spare(unit=unit, capacity=0), held=tuple(dict.fromkeys(_load_cameras(value)))
        )
        for unit, value in _mapping(journal.get("held")).items()
    }
    incident = _seconds(journal.get("incident"))
    return State(pulses=pulses, devices=devices, spares=spares, incident=incident)


def _load_device(unit: UnitId, entry: Json) -> DeviceState | None:
    status, since = _word(WorkingStatus, entry.get("status")), _seconds(entry.get("since"))
    if status is None or since is None:
        return None
    return DeviceState(
        config=WorkingDevice(unit=unit, channels=()),
        since=since,
        status=status,
        reason=_word(Reason, entry.get("reason")),
        told=since,
        tells=entry.get("tells") is True,
        back_at=_seconds(entry.get("back_at")),
        flaps=max(0, flaps) if _is_whole(flaps := entry.get("flaps")) else 0,
        naps=tuple(
            nap for item in _items(entry.get("naps")) if (nap := _seconds(item)) is not None
        ),
        proven=frozenset(_numbers(entry.get("proven"))),
        unrecorded=_numbers(entry.get("unrecorded")),
        outage=_load_outage(unit, _mapping(entry.get("outage"))),
        owed=_load_all_owed(unit, entry.get("owed")),
    )


def _load_all_owed(unit: UnitId, value: object) -> tuple[Owed, ...]:
    owed: tuple[Owed, ...] = ()
    for item in _items(value):
        if (more := _load_owed(unit, _mapping(item))) is not None:
            owed = owe(owed, more)
    return owed


def _load_owed(unit: UnitId, entry: Json) -> Owed | None:
    outage, outages = _seconds(entry.get("outage")), entry.get("outages")
    start, end = _seconds(entry.get("start")), _seconds(entry.get("end"))
    channels = _numbers(entry.get("channels"))
    if outage is None or start is None or end is None or start >= end or not channels:
        return None
    window = Window(
        outage=outage,
        start=start,
        end=end,
        cameras=tuple(Camera(unit, number) for number in channels),
        spares=tuple(_texts(entry.get("spares"))),
    )
    return Owed(
        window=window,
        report=_mapping(entry.get("report")),
        outages=outages if _is_whole(outages) else 1,
        problems=tuple(_texts(entry.get("problems"))),
    )


def _load_outage(unit: UnitId, entry: Json) -> Outage | None:
    since, noticed = _seconds(entry.get("since")), _seconds(entry.get("noticed"))
    if since is None or noticed is None:
        return None
    returned, incident = _seconds(entry.get("returned")), _seconds(entry.get("incident"))
    return Outage(
        since=since,
        noticed=noticed,
        incident=noticed if incident is None else incident,
        backing_up=_seconds(entry.get("backing_up")),
        returned=returned,
        watched_from=returned or 0.0,
        refused=returned is not None and entry.get("refused") is True,
        allowed=returned is not None and entry.get("allowed") is True,
        spares=tuple(_texts(entry.get("spares"))),
        cause=_word(Cause, entry.get("cause")) or Cause.SILENCE,
        alongside=tuple(Camera(unit, n) for n in _numbers(entry.get("alongside"))),
        displaced=tuple(Camera(unit, n) for n in _numbers(entry.get("displaced"))),
        confirmed={
            camera: at
            for camera, value in _by_camera(unit, entry.get("confirmed"))
            if (at := _seconds(value)) is not None
        },
        missed={
            camera: reason
            for camera, value in _by_camera(unit, entry.get("missed"))
            if (reason := _word(Reason, value)) is not None
        },
    )


def _load_cameras(value: object) -> Iterator[Camera]:
    for item in _items(value):
        match item:
            case [str(unit), channel] if _is_whole(channel):
                yield Camera(unit, channel)


def _by_camera(unit: UnitId, value: object) -> Iterator[tuple[Camera, object]]:
    for key, item in _mapping(value).items():
        if key.isascii() and key.isdecimal():
            yield Camera(unit, int(key)), item


def _mapping(value: object) -> Json:
    if not isinstance(value, Mapping):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str)}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [item for item in _items(value) if isinstance(item, str)]


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(dict.fromkeys(item for item in _items(value) if _is_whole(item)))


def _is_whole(value: object) -> TypeIs[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _word[Word: StrEnum](words: type[Word], value: object) -> Word | None:
    return words(value) if isinstance(value, str) and value in words else None
