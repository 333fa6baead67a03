"""What is shown of the group, and how often the manager should look at it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from . import detector
from .coverage import unready
from .model import (
    Camera,
    Cause,
    Connection,
    Reason,
    Silence,
    SpareStatus,
    UnitId,
    WorkingStatus,
)
from .state import DeviceState, SpareState, State


class Phase(StrEnum):
    """Where in an outage a working device is."""

    WATCHING = "watching"
    SUSPECT = "suspect"
    TAKING_OVER = "taking_over"
    BACKING_UP = "backing_up"
    """The takeover is done, as far as it could be: the Working Status says how far."""
    RETURNING = "returning"
    SYNCHRONIZING = "synchronizing"
    """It is back and recording, and footage is owed to it, whether or not it flows now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """What is shown of a working device."""

    connection: Connection
    working_status: WorkingStatus
    phase: Phase
    reason: Reason | None
    """Why it is `not_backed_up`."""
    since: float
    """When the Working Status began, seconds since 1970."""
    outage_since: float | None
    """The last heartbeat before the outage."""
    cause: Cause | None
    """Why spares stand in for it, or are about to."""
    incident: float | None
    """When the first failure was noticed that the outage is one incident with."""
    spares: Mapping[Camera, UnitId]
    """The spare that stands in for each camera, or is about to."""
    backed_up: tuple[Camera, ...]
    not_backed_up: Mapping[Camera, Reason]
    spare_ready: bool
    spare_ready_reason: Reason | None
    """Why no spare is ready."""
    owed_windows: int = 0
    """The stretches of time of which footage is to be given back to it."""
    owed_seconds: float = 0.0
    """How long they are together; it may lack only part of it."""
    sync_problem: str = ""
    """Why the last attempt to give it back failed; empty once another goes well."""

    @property
    def spare(self) -> UnitId | None:
        """Return the spare that stands in for most of the cameras, if any does."""
        standing_in = Counter(self.spares.values()).most_common(1)
        return standing_in[0][0] if standing_in else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpareView:
    """What is shown of a spare; all zero while it is offline."""

    connection: Connection
    status: SpareStatus
    channels_in_use: int
    capacity: int
    serving: tuple[UnitId, ...]
    """The working devices it stands in for."""


def device_view(state: State, unit: UnitId) -> DeviceView:
    """Return what is shown of a working device.

    Raises:
        KeyError: The group has no such working device.
    """
    device = state.devices[unit]
    outage = device.outage
    offline = outage is not None and outage.returned is None
    missed = outage.missed if outage and (offline or outage.alongside) else {}
    reason = unready(state, unit)
    owed = [item.window for item in device.owed] if device.config.gives_back else []
    return DeviceView(
        connection=state.pulses[unit].connection,
        working_status=device.status,
        phase=phase(state, unit),
        reason=device.reason,
        since=device.since,
        outage_since=outage.since if outage else None,
        cause=outage.cause if outage else None,
        incident=outage.incident if outage else None,
        spares={c: spare.config.unit for c in device.cameras if (spare := state.holder(c))},
        backed_up=tuple(
            c for c in device.cameras if outage and c not in missed and state.confirmed(c)
        ),
        not_backed_up=missed,
        spare_ready=reason is None,
        spare_ready_reason=reason,
        owed_windows=len(owed),
        owed_seconds=sum(window.end - window.start for window in owed),
        sync_problem=device.setback.problem if device.setback else "",
    )


def phase(state: State, unit: UnitId) -> Phase:
    """Return where in an outage a working device is.

    Raises:
        KeyError: The group has no such working device.
    """
    device = state.devices[unit]
    if device.outage is None:
        if detector.suspect(state.pulses[unit]):
            return Phase.SUSPECT
        owed = device.owed and device.config.gives_back
        return Phase.SYNCHRONIZING if owed else Phase.WATCHING
    if _returning(device):
        return Phase.RETURNING
    if any(state.pending(camera) for camera in device.cameras):
        return Phase.TAKING_OVER
    return Phase.BACKING_UP


def spare_view(state: State, unit: UnitId) -> SpareView:
    """Return what is shown of a spare.

    Raises:
        KeyError: The group has no such spare.
    """
    spare = state.spares[unit]
    used = spare.places.used if spare.places else {}
    return SpareView(
        connection=state.pulses[unit].connection,
        status=_spare_status(backs_up=bool(used), synchronizes=_synchronizes(state, unit)),
        channels_in_use=len(used),
        capacity=spare.config.capacity,
        serving=tuple(dict.fromkeys(camera.unit for camera in used)),
    )


def _spare_status(*, backs_up: bool, synchronizes: bool) -> SpareStatus:
    match backs_up, synchronizes:
        case True, True:
            return SpareStatus.BACKING_UP_AND_SYNCHRONIZING
        case True, False:
            return SpareStatus.BACKING_UP
        case False, True:
            return SpareStatus.SYNCHRONIZING
        case _:
            return SpareStatus.IDLE


def _synchronizes(state: State, unit: UnitId) -> bool:
    """Tell whether footage that a spare recorded flows back to a device."""
    flows = (it.delivery for it in state.devices.values() if it.delivery and it.delivery.flowing)
    return any(unit in window.spares for delivery in flows for window in delivery.windows)


def next_deadline(state: State) -> float | None:
    """Return when `TimePassed` is to be sent if nothing happens before; None for never."""
    return state.wakes.first if state.wakes.first < inf else None


def probe_pace(state: State, unit: UnitId) -> float:
    """Return the seconds between probes of a unit: many overlap while it is suspect."""
    timing = state.group.timing
    pulse = state.pulses.get(unit)
    if pulse is None or not detector.suspect(pulse):
        return timing.interval
    return timing.slow_pace if pulse.silence is Silence.SLOW else timing.suspect_pace


def watch_pace(state: State, unit: UnitId) -> float:
    """Return the seconds between questions what a device records or a spare holds."""
    timing = state.group.timing
    device, spare = state.devices.get(unit), state.spares.get(unit)
    returning = device is not None and _returning(device)
    busy = returning or (spare is not None and _busy(state, spare))
    return timing.busy_watch if busy else timing.calm_watch


def _returning(device: DeviceState) -> bool:
    """Tell whether a device is back and being given back to.

    Not while it is recorded alongside, nor while it does not let us ask who it is.
    """
    outage = device.outage
    if outage is None or outage.returned is None:
        return False
    return not (outage.alongside or outage.refused)


def _busy(state: State, spare: SpareState) -> bool:
    """Tell whether something is under way on a spare."""
    if spare.places is None or spare.errand:
        return True
    lent = {camera.unit for camera in spare.places.used}
    return any(state.now < at for at in spare.due.values()) or any(
        _returning(device) for unit in lent if (device := state.devices.get(unit))
    )
