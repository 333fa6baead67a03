"""What is shown of the group, and how often the manager should look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from . import detector
from .coverage import unready
from .model import (
    Camera,
    Connection,
    Reason,
    Silence,
    SpareStatus,
    UnitId,
    WorkingStatus,
)
from .outage import give_back_at
from .pool import next_order_at
from .state import State, in_use
from .status import stale_at
from .synchronizing import synchronize_at


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
    spare: UnitId | None
    """The spare that stands in, or is about to."""
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
    spare, outage = state.group.spare, device.outage
    stands_in = spare is not None and not set(state.spare.held).isdisjoint(device.cameras)
    offline = outage is not None and outage.returned is None
    missed = outage.missed if outage and offline else {}
    reason = unready(state, unit)
    owed = [item.window for item in device.owed] if device.config.gives_back else []
    return DeviceView(
        connection=state.pulses[unit].connection,
        working_status=device.status,
        phase=phase(state, unit),
        reason=device.reason,
        since=device.since,
        outage_since=outage.since if outage else None,
        spare=spare.unit if spare and stands_in else None,
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
    if device.outage.returned is not None:
        return Phase.RETURNING
    if any(state.pending(camera) for camera in device.cameras):
        return Phase.TAKING_OVER
    return Phase.BACKING_UP


def spare_view(state: State, unit: UnitId) -> SpareView:
    """Return what is shown of a spare.

    Raises:
        KeyError: The group has no such spare.
    """
    spare = state.group.spare
    if spare is None or spare.unit != unit:
        raise KeyError(unit)
    used = [camera for camera, facts in (state.spare.places or {}).items() if in_use(facts)]
    return SpareView(
        connection=state.pulses[unit].connection,
        status=SpareStatus.BACKING_UP if used else SpareStatus.IDLE,
        channels_in_use=len(used),
        capacity=spare.capacity,
        serving=tuple(dict.fromkeys(camera.unit for camera in used)),
    )


def next_deadline(state: State) -> float | None:
    """Return when `TimePassed` is to be sent if nothing happens before; None for never."""
    deadlines = [
        *(detector.offline_at(pulse, state.group.timing) for pulse in state.pulses.values()),
        *state.spare.due.values(),
        *give_back_at(state),
        *synchronize_at(state),
        *(stale_at(state, device) for device in state.devices.values()),
        next_order_at(state),
    ]
    return min((at for at in deadlines if at is not None and at > state.now), default=None)


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
    device = state.devices.get(unit)
    if device is not None:
        returning = device.outage is not None and device.outage.returned is not None
        return timing.busy_watch if returning else timing.calm_watch
    busy = (
        state.spare.places is None
        or state.spare.errand is not None
        or any(state.pending(camera) for camera in state.spare.held)
        or any(phase(state, unit) is Phase.RETURNING for unit in state.devices)
    )
    return timing.busy_watch if busy else timing.calm_watch
