"""Who recorded what of a device in the last 24 hours: the rules, without a clock and I/O.

From three sources: what the device itself was seen to record (`Own`), what spares recorded for it
(`Cover`), and what is proven lacking of an outage whose footage was given back (`Lack`). What the
device has counts as its own, though a spare may have it, too. What it surely did not record and
nobody else did is lost; what nobody could know is said to be unknown, never guessed.

Times are seconds since 1970.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from ..failover.model import Recording
from ..failover.state import DeviceState, State
from ..failover.status import stale_at

DAY: Final = 86_400.0
"""Seconds that a timeline reaches back."""


class Own(StrEnum):
    """What is known of a device's own recording of a camera."""

    RECORDED = "recorded"
    MISSING = "missing"
    """It was away, or said that it did not record."""
    NOT_SCHEDULED = "not_scheduled"
    UNTOLD = "untold"
    """It was there and did not say."""
    UNWATCHED = "unwatched"
    """Home Assistant was not there to ask."""


class Kind(StrEnum):
    """What became of a stretch of time of a camera, the worst first."""

    LOST = "lost"
    SPARE = "spare"
    UNWATCHED = "unwatched"
    UNTOLD = "untold"
    OWN = "own"
    NOT_SCHEDULED = "not_scheduled"


_WITHOUT_SPARE: Final = {
    Own.MISSING: Kind.LOST,
    Own.NOT_SCHEDULED: Kind.NOT_SCHEDULED,
    Own.UNTOLD: Kind.UNTOLD,
    Own.UNWATCHED: Kind.UNWATCHED,
}
_RANK: Final = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Change:
    """From when on something is known of a device's own recording, until the next change."""

    at: float
    own: Own


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What spares recorded of a camera."""

    start: float
    end: float | None
    """None while they do."""
    by: str = ""
    """Their titles."""
    returned: bool = False
    """Whether the device has it by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """An outage of which it is proven, frame by frame, what of a camera nobody has."""

    start: float
    end: float
    lost: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of a timeline."""

    start: float
    end: float | None
    """None where it goes on."""
    kind: Kind
    by: str = ""
    """Which spares recorded it, if any did."""
    returned: bool = False
    """Whether what they recorded was given back."""
    cameras: Mapping[Kind, int] = field(default_factory=dict)
    """Of several cameras that differ: how many are of which kind."""


def own_recording(state: State, device: DeviceState, channel: int) -> Change | None:
    """Return what is known now of a device's own recording of a camera.

    None where there is no news: a device that is suspected, or that was just heard again, has
    told nothing since, which proves nothing yet.
    """
    outage = device.outage
    if outage is not None and outage.returned is None:
        return Change(outage.since, Own.MISSING)
    if state.now >= stale_at(state, device):
        return Change(device.told, Own.UNTOLD)
    return None if device.recordings is None else _told(device, device.recordings, channel)


def _told(device: DeviceState, recordings: Mapping[int, Recording], channel: int) -> Change | None:
    match recordings.get(channel, Recording.UNKNOWN):
        case Recording.YES:
            return Change(device.recorded_since[channel], Own.RECORDED)
        case Recording.NO:
            proven = channel in device.unrecorded
            return Change(device.missing_since[channel], Own.MISSING) if proven else None
        case Recording.NOT_SCHEDULED:
            return Change(device.told, Own.NOT_SCHEDULED)
        case _:
            return Change(device.told, Own.UNTOLD)


def noted(changes: Sequence[Change], news: Change) -> Sequence[Change]:
    """Return what is known with what is new; the same object where nothing is.

    News may reach back: a device is known to be away only some time after its last heartbeat.
    """
    if changes and changes[-1].own is news.own:
        return changes
    before = [change for change in changes if change.at < news.at]
    return before if before and before[-1].own is news.own else [*before, news]


def trimmed(changes: Sequence[Change], begin: float) -> Sequence[Change]:
    """Return the changes that say what was known from a time on."""
    first = sum(change.at <= begin for change in changes) - 1
    return changes[first:] if first > 0 else changes


def camera_timeline(
    changes: Sequence[Change],
    covers: Sequence[Cover],
    lacks: Sequence[Lack],
    begin: float,
    now: float,
) -> tuple[Stretch, ...]:
    """Return the stretches of one camera, in order, from `begin` or since it is known."""
    marks = {begin, *(change.at for change in changes)}
    for cover in covers:
        marks |= {cover.start, now if cover.end is None else cover.end}
    for lack in lacks:
        marks |= {lack.start, lack.end, *(moment for span in lack.lost for moment in span)}
    pieces = [
        found
        for start, end in _between(moment for moment in marks if begin <= moment < now)
        if (found := _piece(start, end, changes, covers, lacks)) is not None
    ]
    return _joined(pieces)


def _between(marks: Iterable[float]) -> Iterable[tuple[float, float | None]]:
    """Return the stretches between some moments, the last of which has no end."""
    times = sorted(marks)
    return zip(times, [*times[1:], None], strict=False)


def _piece(
    start: float,
    end: float | None,
    changes: Sequence[Change],
    covers: Sequence[Cover],
    lacks: Sequence[Lack],
) -> Stretch | None:
    """Return a stretch in which nothing changes, None where nothing is known of it."""
    own = next((change.own for change in reversed(changes) if change.at <= start), None)
    if own is Own.RECORDED:
        return Stretch(start=start, end=end, kind=Kind.OWN)
    lack = next((it for it in lacks if it.start <= start < it.end), None)
    if lack and any(lost <= start < until for lost, until in lack.lost):
        return Stretch(start=start, end=end, kind=Kind.LOST)
    for cover in reversed(covers):
        if cover.start <= start and (cover.end is None or start < cover.end):
            return Stretch(
                start=start, end=end, kind=Kind.SPARE, by=cover.by, returned=cover.returned
            )
    if own is None:
        return None
    # It died after its last heartbeat, and has what it recorded until then.
    kind = Kind.OWN if lack and own is Own.MISSING else _WITHOUT_SPARE[own]
    return Stretch(start=start, end=end, kind=kind)


def _joined(pieces: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return the stretches with those that touch and are alike as one."""
    found: list[Stretch] = []
    for piece in pieces:
        last = found[-1] if found else None
        alike = last and replace(piece, start=last.start, end=last.end) == last
        if last and alike and last.end == piece.start:
            found[-1] = replace(last, end=piece.end)
        else:
            found.append(piece)
    return tuple(found)


def device_timeline(cameras: Sequence[Sequence[Stretch]]) -> tuple[Stretch, ...]:
    """Return the stretches of a whole device: each moment is what is worst of its cameras."""
    marks = {stretch.start for camera in cameras for stretch in camera}
    marks |= {it.end for camera in cameras for it in camera if it.end is not None}
    pieces = []
    for start, end in _between(marks):
        alike = [
            stretch
            for camera in cameras
            for stretch in camera
            if stretch.start <= start and (stretch.end is None or start < stretch.end)
        ]
        if alike:
            pieces.append(_worst(alike, start, end))
    return _joined(pieces)


def _worst(stretches: Sequence[Stretch], start: float, end: float | None) -> Stretch:
    counts = Counter(stretch.kind for stretch in stretches)
    worst = min(stretches, key=lambda stretch: _RANK[stretch.kind])
    of_spares = [stretch for stretch in stretches if stretch.kind is Kind.SPARE]
    return Stretch(
        start=start,
        end=end,
        kind=worst.kind,
        by=", ".join(dict.fromkeys(stretch.by for stretch in of_spares)),
        returned=bool(of_spares) and all(stretch.returned for stretch in of_spares),
        cameras=dict(counts) if len(counts) > 1 else {},
    )
