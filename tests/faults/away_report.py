"""What the absences of Home Assistant have shown, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any, override

from custom_components.nvr_hotspare.engine.standing import SILENCE
from scripts.lab.integration import DOMAIN
from scripts.lab.spares import StandIn

from . import deciders, frames
from .absences import Absence, Dead
from .command import Measured
from .kinds import DEAD
from .report import Spread
from .scene import Device

LIMIT = SILENCE + DEAD
"""Seconds for which nobody may decide: the limit of silence, and the bound of detection."""
_EARLY = 15.0
"""Seconds before it was killed at which a recorder may have answered for the last time."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One engine, the group that it is the spare of, and what was seen of it."""

    title: str
    entry_id: str
    stand_in: StandIn
    log: Path
    devices: Sequence[Device]
    seen_deciding: list[float]
    """When its file said that it decides."""


@dataclass(frozen=True, kw_only=True)
class Report(Measured):
    """What was measured."""

    trials: int
    """Times that Home Assistant was ended."""
    by_kill: int
    """That it was killed (-9)."""
    in_outage: int
    """That there were outages meanwhile."""
    away_s: Spread | None
    """From its end to the start of its process."""
    outages: int
    two_deciders: int
    """Cases in which two decided for one engine."""
    longest_without_decider_s: float
    limit_s: float
    without_decider_s: Spread | None
    decided: dict[str, int]
    """How often it was whose turn."""
    noticed_s: Spread | None
    """From a recorder's end until somebody had noticed, by the reports. An engine that does not
    decide yet notices too."""
    backing_up_s: Spread | None
    """From its end until an engine was seen recording its camera, by the reports."""
    spare_lost_frames: dict[str, int]
    """That neither the recorder nor the spare has, by camera, from the first trial to the end."""
    returned_missing_frames: int
    """That only the spare has in the end."""
    reports_missing: int
    """Outages without a report."""
    reports_unfinished: int
    """Those that do not tell that the footage was given back."""
    reports_doubled: int
    """Reports of an outage that has another."""
    reports_needless: int
    """Reports of no outage."""
    total_s: float

    @property
    @override
    def good(self) -> bool:
        wrong = (
            self.two_deciders,
            self.longest_without_decider_s > self.limit_s,
            any(self.spare_lost_frames.values()),
            self.returned_missing_frames,
            self.reports_missing,
            self.reports_unfinished,
            self.reports_doubled,
            self.reports_needless,
        )
        return not any(wrong)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that the report is made of; times in seconds since 1970."""

    begun: float
    ended: float
    absences: Sequence[Absence]
    outages: Sequence[Dead]
    lives: Sequence[tuple[float, float]]
    watches: Sequence[Watch]
    config: Path
    """Home Assistant's folder."""


def make_report(seen: Seen) -> Report:
    """Sum up."""
    said = (seen.config / "hass.out").read_text(errors="replace").splitlines()
    conflicts: list[str] = []
    gaps: list[float] = []
    turns = {"home_assistant": 0, "engine": 0}
    for watch in seen.watches:
        manager = deciders.of_home_assistant(said, watch.title, seen.lives)
        engine = deciders.of_engine(
            watch.log.read_text().splitlines(), seen.lives[0][0], seen.ended
        )
        found = deciders.conflicts(manager, engine, watch.seen_deciding)
        conflicts += [f"{watch.title}: {each}" for each in found]
        gaps += deciders.gaps(manager, engine, seen.ended)
        turns["home_assistant"] += len(manager)
        turns["engine"] += len(engine.reigns)
    reports = _matched(seen)
    lost, missing = _frames(seen)
    for each in (*conflicts, *reports.complaints):
        print(each, file=sys.stderr)
    return Report(
        trials=len(seen.absences),
        by_kill=sum(it.how == "kill" for it in seen.absences),
        in_outage=sum(it.outages > 0 for it in seen.absences),
        away_s=Spread.of([it.ended - it.begun for it in seen.absences]),
        outages=len(seen.outages),
        two_deciders=len(conflicts),
        longest_without_decider_s=round(max(gaps, default=0.0), 2),
        limit_s=LIMIT,
        without_decider_s=Spread.of(gaps),
        decided=turns,
        noticed_s=Spread.of(reports.noticed),
        backing_up_s=Spread.of(reports.backing_up),
        spare_lost_frames=lost,
        returned_missing_frames=missing,
        reports_missing=reports.missing,
        reports_unfinished=reports.unfinished,
        reports_doubled=reports.doubled,
        reports_needless=reports.needless,
        total_s=round(seen.ended - seen.begun, 1),
    )


@dataclass(frozen=True, kw_only=True)
class _Matched:
    """The outages that were caused, held against those that were reported."""

    noticed: list[float]
    backing_up: list[float]
    missing: int
    unfinished: int
    doubled: int
    needless: int
    complaints: list[str]


def _matched(seen: Seen) -> _Matched:
    told = {
        (device.recorder.name, number): report
        for watch in seen.watches
        for device in watch.devices
        for number, report in enumerate(_reports(seen.config, watch, device))
    }
    noticed: list[float] = []
    backing_up: list[float] = []
    complaints: list[str] = []
    missing = unfinished = doubled = 0
    for outage in seen.outages:
        name = outage.device.recorder.name
        span = (outage.killed - _EARLY, outage.started)
        mine = [it for it in told if it[0] == name and span[0] <= told[it]["since"] <= span[1]]
        if not mine:
            missing += 1
            complaints.append(f"no report of {name}, killed at {outage.killed:.3f}")
            continue
        first = told[mine[0]]
        heard = first["since"] - outage.killed
        noticed.append(heard + first["noticed_after"])
        if first["backing_up_after"] is not None:
            backing_up.append(heard + first["backing_up_after"])
        if "synchronized" not in first:
            unfinished += 1
            complaints.append(f"unfinished report of {name}: {first}")
        doubled += len(mine) - 1
        complaints += [f"another report of {name}: {told[it]}" for it in mine[1:]]
        for each in mine:
            del told[each]
    complaints += [f"needless report of {name}: {it}" for (name, _), it in told.items()]
    return _Matched(
        noticed=noticed,
        backing_up=backing_up,
        missing=missing,
        unfinished=unfinished,
        doubled=doubled,
        needless=len(told),
        complaints=complaints,
    )


def _reports(config: Path, watch: Watch, device: Device) -> list[Mapping[str, Any]]:
    path = config / ".storage" / f"{DOMAIN}.{watch.entry_id}.reports"
    stored = json.loads(path.read_text())["data"]
    found: list[Mapping[str, Any]] = stored.get(device.recorder.serial, [])
    return found


def _frames(seen: Seen) -> tuple[dict[str, int], int]:
    """Return how many frames nobody has, by camera, and how many only a spare has."""
    lost: dict[str, int] = {}
    returned = 0
    for watch in seen.watches:
        recorders = [device.recorder for device in watch.devices]
        folders = [recorder.folder for recorder in recorders]
        names = {frames.number(name): name for it in recorders for name in it.cameras}
        window = (seen.begun, seen.ended)
        together = frames.missing([*folders, watch.stand_in.folder], names, window)
        lost |= {names[camera]: count for camera, count in together.items()}
        alone = frames.missing(folders, names, window)
        returned += sum(alone.values()) - sum(together.values())
    return lost, returned
