"""What is told of footage that was given back, and while it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ..recorder.giving.model import TransferReport
from ..recorder.spans import Span, total, union
from .lacking import SECOND

MAX_STRETCHES: Final = 20
"""Stretches of time that are told of one channel; of more the closest are told as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the footage of a device has been given back, for all windows begun so far."""

    seconds: float
    """To be given, all cameras together, as far as it is known."""
    seconds_done: float
    bytes: int
    """Given and verified."""
    channels: Mapping[int, float] = field(default_factory=dict)
    """Percent done, by channel."""
    remaining: float | None = None
    """Seconds until all is given, by the pace so far; None while there is none."""

    @property
    def percent(self) -> float:
        """How much of it is done."""
        return _percent(self.seconds_done, self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What came of one camera's footage of one window."""

    channel: int
    reports: Sequence[TransferReport]
    """What the engine told at the end, of each spare that recorded the camera."""
    missing: Sequence[Span]
    """What the device lacks in the end, and the spares do not have."""
    unread: Sequence[Span]
    """What the device lacks in the end though the spares say that they have it."""

    @property
    def frames(self) -> int:
        """How many were given: also what an engine did for a courier before this one."""
        return sum(report.frames - report.overlap_frames for report in self.reports)

    @property
    def pace(self) -> float:
        """Frames a second; 0 where nothing was given."""
        lasting = sum(report.playing_time for report in self.reports)
        return sum(report.frames for report in self.reports) / lasting if lasting else 0.0

    @property
    def seconds(self) -> float:
        """How long the frames that were given last."""
        return self.frames / self.pace if self.pace else 0.0


def progress(transfers: Mapping[int, Sequence[TransferReport]], running: float) -> Progress:
    """Return how far transfers are that began so many seconds ago, by channel."""
    all_of_them = [report for reports in transfers.values() for report in reports]
    seconds = sum(report.seconds for report in all_of_them)
    done = sum(report.seconds_done for report in all_of_them)
    return Progress(
        seconds=seconds,
        seconds_done=done,
        bytes=sum(report.bytes for report in all_of_them),
        channels={
            channel: _percent(
                sum(report.seconds_done for report in reports),
                sum(report.seconds for report in reports),
            )
            for channel, reports in transfers.items()
        },
        remaining=round(running * (seconds - done) / done, 1) if done and running else None,
    )


def _percent(done: float, whole: float) -> float:
    return round(100 * min(1.0, done / whole), 1) if whole else 0.0


def report(given: Iterable[Given], *, took: float, picked_up: bool | None) -> dict[str, object]:
    """Return what is told of a window whose footage was given back, as JSON.

    Keys: `footage_returned` (seconds, all cameras together), `bytes`, `frames`, `overlap_frames`
    (frames given beside a gap, to begin with a key frame), `clips`, `sync_took` (seconds),
    `picked_up` (whether the recorder tells that it has it by now; None where it can't tell), and
    `channels`, by number: `seconds`, `frames`, `missing_seconds`, `missing_frames` (by the pace
    of the camera, None where nothing of it was given), `not_recovered` (a list of `from`, `to`
    and `reason`: `not_recorded` or `damaged`).
    """
    given = tuple(given)
    channels = {str(each.channel): _channel(each) for each in given}
    reports = [report for each in given for report in each.reports]
    return {
        "footage_returned": round(sum(each.seconds for each in given), 3),
        "bytes": sum(it.bytes for it in reports),
        "frames": sum(it.frames for it in reports),
        "overlap_frames": sum(it.overlap_frames for it in reports),
        "clips": sum(it.clips for it in reports),
        "sync_took": round(took, 3),
        "picked_up": picked_up,
        "channels": channels,
    }


def _channel(given: Given) -> dict[str, object]:
    absent = total([*given.unread, *given.missing]) / SECOND
    known = given.pace or not absent
    return {
        "seconds": round(given.seconds, 3),
        "frames": given.frames,
        "missing_seconds": round(absent, 3),
        "missing_frames": round(absent * given.pace) if known else None,
        "not_recovered": [
            *_stretches(given.missing, "not_recorded"),
            *_stretches(given.unread, "damaged"),
        ],
    }


def _stretches(spans: Sequence[Span], reason: str) -> list[dict[str, str]]:
    bridge = SECOND
    spans = union(spans)
    while len(spans) > MAX_STRETCHES:
        bridge *= 2
        spans = union(spans, bridge=bridge)
    return [{"from": _iso(it.start), "to": _iso(it.end), "reason": reason} for it in spans]


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat(timespec="milliseconds")
