"""The Working Status of each device, and the announcements that go with its changes."""

from collections import Counter
from collections.abc import Container, Iterable

from .commands import Announce, Command
from .coverage import shortfall
from .evolving import replace
from .look import Look, affected
from .model import Camera, Cause, Happening, Reason, Recording, WorkingStatus
from .state import DeviceState, Outage, State, records_any, with_device

RECORDING_STATUSES = (
    WorkingStatus.RECORDING,
    WorkingStatus.NO_RECORD,
    WorkingStatus.UNVERIFIED,
)
"""What a device can be when nobody stands in for it."""


def show(state: State, look: Look) -> tuple[State, tuple[Command, ...]]:
    """Bring Working Statuses up to date."""
    commands: list[Command] = []
    for device in affected(state, look):
        outage = device.outage and _recount(state, device, device.outage)
        shown = device if outage is device.outage else _proven(replace(device, outage=outage))
        status, reason = _status(state, shown)
        if status is not shown.status:
            shown = replace(shown, status=status, since=state.now)
            if status is WorkingStatus.NOT_BACKED_UP:
                commands.append(_not_backed_up(shown, reason))
        if reason is not shown.reason:
            shown = replace(shown, reason=reason)
        if outage and outage.backing_up is None and status is WorkingStatus.BACKING_UP:
            outage = replace(outage, backing_up=state.now)
            shown = replace(shown, outage=outage)
            if outage.cause is not Cause.DRILL:
                commands.append(_backing_up(shown, outage, state.now))
        if shown is not device:
            state = with_device(state, shown)
    return state, tuple(commands)


def _proven(device: DeviceState) -> DeviceState:
    """Note which channels can be recorded without the device."""
    confirmed = device.outage.confirmed if device.outage else ()
    if device.proven.issuperset(camera.channel for camera in confirmed):
        return device
    return replace(device, proven=device.proven.union(camera.channel for camera in confirmed))


def _recount(state: State, device: DeviceState, outage: Outage) -> Outage:
    """Note what is confirmed for the first time and, while it is down, what is missing."""
    first = {
        camera: state.now
        for camera in device.cameras
        if camera not in outage.confirmed and state.confirmed(camera)
    }
    if first:
        outage = replace(outage, confirmed={**outage.confirmed, **first})
    for unit, spare in state.spares.items():
        if unit not in outage.spares and records_any(spare, device.cameras):
            outage = replace(outage, spares=(*outage.spares, unit))
    if outage.returned is None or outage.alongside:
        among = device.cameras if outage.returned is None else outage.alongside
        now_missed = missed(state, device, among)
        if now_missed != outage.missed:
            outage = replace(outage, missed=now_missed)
    return outage


def missed(state: State, device: DeviceState, among: Container[Camera]) -> dict[Camera, Reason]:
    """Return the cameras among some of a device that are not backed up, and why."""
    channels = zip(device.config.channels, device.cameras, strict=True)
    reasons = ((c, shortfall(state, device, channel, c)) for channel, c in channels if c in among)
    return {camera: reason for camera, reason in reasons if reason is not None}


def _status(state: State, device: DeviceState) -> tuple[WorkingStatus, Reason | None]:
    if device.outage is None:
        flowing = device.delivery is not None and device.delivery.flowing
        status = WorkingStatus.SYNCHRONIZING if flowing else _online_status(state, device)
        return status, None
    if device.outage.returned is not None:
        # What a spare has that is online is let go of before anything else is shown.
        lent = device.status is WorkingStatus.BACKING_UP and any(map(state.lent, device.cameras))
        if lent or any(state.confirmed(camera) for camera in device.cameras):
            return WorkingStatus.BACKING_UP, None
        return _online_status(state, device), None
    return _offline_status(state, device, device.outage)


def _offline_status(
    state: State, device: DeviceState, outage: Outage
) -> tuple[WorkingStatus, Reason | None]:
    """Return the status of a device that is down: unchanged until it is known how it is covered."""
    covered = [camera for camera in device.cameras if camera not in outage.missed]
    if any(state.confirmed(camera) for camera in covered):
        return WorkingStatus.BACKING_UP, None
    if not covered:
        return WorkingStatus.NOT_BACKED_UP, _chief(outage.missed.values())
    if device.status is WorkingStatus.SYNCHRONIZING:
        return WorkingStatus.UNVERIFIED, None  # footage flows no more
    return device.status, device.reason


def _chief(reasons: Iterable[Reason]) -> Reason:
    """Return the reason of most cameras; a device without any has nothing to be recorded from."""
    common = Counter(reasons).most_common(1)
    return common[0][0] if common else Reason.NO_SOURCE


def _online_status(state: State, device: DeviceState) -> WorkingStatus:
    """Return the status of a device that answers.

    Only what was told lately proves anything: a device that answers probes but has told nothing
    for as long as it takes to prove a `no` is unverified. So is one of whose channels some are
    recorded and others unknown: it is not proven to record what it should.
    """
    before = device.status if device.status in RECORDING_STATUSES else WorkingStatus.UNVERIFIED
    if state.now >= stale_at(state, device):
        return WorkingStatus.UNVERIFIED
    if device.recordings is None:
        return before
    told = [
        device.recordings.get(channel.number, Recording.UNKNOWN)
        for channel in device.config.channels
    ]
    patience = state.group.timing.no_record
    if any(device.told - since >= patience for since in device.missing_since.values()):
        return WorkingStatus.NO_RECORD
    if Recording.NO in told:
        return before
    scheduled = [recording for recording in told if recording is not Recording.NOT_SCHEDULED]
    if scheduled and all(recording is Recording.YES for recording in scheduled):
        return WorkingStatus.RECORDING
    return WorkingStatus.UNVERIFIED


def stale_at(state: State, device: DeviceState) -> float:
    """Return from when on what a device told proves nothing any more."""
    return device.told + state.group.timing.no_record


def _backing_up(device: DeviceState, outage: Outage, now: float) -> Announce:
    data: dict[str, object] = {
        "backing_up_after": round(max(0.0, now - outage.since), 3),
        "channels": [c.channel for c in device.cameras if c in outage.confirmed],
    }
    return Announce(device.config.unit, Happening.BACKING_UP, data)


def _not_backed_up(device: DeviceState, reason: Reason | None) -> Announce:
    missed = device.outage.missed if device.outage else {}
    data: dict[str, object] = {
        "reason": None if reason is None else reason.value,
        "channels": {str(camera.channel): why.value for camera, why in missed.items()},
    }
    return Announce(device.config.unit, Happening.NOT_BACKED_UP, data)
