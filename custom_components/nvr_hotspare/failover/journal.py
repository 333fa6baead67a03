"""The journal: what must outlive a restart, as a dict that JSON can hold.

It holds outages, which camera has which place, and the statuses shown; not heartbeats nor
anything that can be asked again. So it changes only at transitions: the manager saves whenever
`dump` differs from what it saved last, before it carries out the commands of that step, and does
not even write where it is `untouched`.

A journal comes from a disk and is believed only as far as it makes sense: what can't be read is
left out, device by device, and what the spare is seen to record says the rest.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from math import isfinite

from .model import Camera, Connection, Reason, UnitId, WorkingDevice, WorkingStatus
from .state import DeviceState, Outage, Pulse, SpareState, State

VERSION = 1

type Json = dict[str, object]


def dump(state: State) -> Json:
    """Return the journal of a state."""
    return {
        "version": VERSION,
        "offline_spares": _offline_spares(state),
        "held": [list(camera) for camera in state.spare.held],
        "devices": {unit: _dump_device(device) for unit, device in state.devices.items()},
    }


def untouched(before: State, after: State) -> bool:
    """Tell, without writing either, that two states have the same journal; False tells nothing.

    So it is after most steps: a heartbeat changes nothing of what `dump` looks at.
    """
    return (
        before.devices is after.devices
        and before.spare.held == after.spare.held
        and _offline_spares(before) == _offline_spares(after)
    )


def _offline_spares(state: State) -> list[UnitId]:
    return sorted(
        unit for unit in state.pulses if unit not in state.devices and not state.online(unit)
    )


def _dump_device(device: DeviceState) -> Json:
    outage = device.outage
    return {
        "status": device.status.value,
        "reason": None if device.reason is None else device.reason.value,
        "since": device.since,
        "tells": device.tells,
        "outage": None if outage is None else _dump_outage(outage),
    }


def _dump_outage(outage: Outage) -> Json:
    return {
        "since": outage.since,
        "noticed": outage.noticed,
        "backing_up": outage.backing_up,
        "returned": outage.returned,
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
    spares = journal.get("offline_spares")
    offline = [unit for unit in spares if isinstance(unit, str)] if isinstance(spares, list) else []
    pulses = {unit: Pulse(since=0.0, connection=Connection.OFFLINE) for unit in offline}
    for unit, device in devices.items():
        if device.outage is not None and device.outage.returned is None:
            pulses[unit] = Pulse(since=device.outage.since, connection=Connection.OFFLINE)
    held = tuple(dict.fromkeys(_load_cameras(journal.get("held"))))
    return State(pulses=pulses, devices=devices, spare=SpareState(held=held))


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
        outage=_load_outage(unit, _mapping(entry.get("outage"))),
    )


def _load_outage(unit: UnitId, entry: Json) -> Outage | None:
    since, noticed = _seconds(entry.get("since")), _seconds(entry.get("noticed"))
    if since is None or noticed is None:
        return None
    returned = _seconds(entry.get("returned"))
    return Outage(
        since=since,
        noticed=noticed,
        backing_up=_seconds(entry.get("backing_up")),
        returned=returned,
        watched_from=returned or 0.0,
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
    for item in value if isinstance(value, list) else ():
        match item:
            case [str(unit), int(channel)] if not isinstance(channel, bool):
                yield Camera(unit, channel)


def _by_camera(unit: UnitId, value: object) -> Iterator[tuple[Camera, object]]:
    for key, item in _mapping(value).items():
        if key.isascii() and key.isdecimal():
            yield Camera(unit, int(key)), item


def _mapping(value: object) -> Json:
    if not isinstance(value, Mapping):
        return {}
    return {key: item for key, item in value.items() if isinstance(key, str)}


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _word[Word: StrEnum](words: type[Word], value: object) -> Word | None:
    return words(value) if isinstance(value, str) and value in words else None
