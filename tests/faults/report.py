"""What the trials have shown, in numbers."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
import sys
from typing import override

from .command import Measured
from .kinds import OUTAGES
from .scene import Scene
from .trials import Trial, needless


@dataclass(frozen=True, kw_only=True)
class Spread:
    """What something was in all trials, mostly seconds."""

    median: float
    p95: float
    worst: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Sum up; None where there is nothing."""
        if not values:
            return None
        return cls(
            median=round(median(values), 2),
            p95=round(sorted(values)[ceil(0.95 * len(values)) - 1], 2),
            worst=round(max(values), 2),
            n=len(values),
        )


@dataclass(frozen=True, kw_only=True)
class Report(Measured):
    """What was measured. Seconds are counted from the fault, or from its end."""

    trials: int
    """Outages that were caused."""
    detection_s: dict[str, Spread | None]
    """From an outage until Home Assistant shows the device offline, by kind of fault."""
    backing_up_s: dict[str, Spread | None]
    """The same until a spare is seen recording its camera."""
    starved_s: dict[str, float]
    """For how long, at most, Home Assistant waited for a processor before it noticed an outage:
    that a machine has no time for it is no fault of Home Assistant's."""
    online_s: dict[str, Spread | None]
    """From the end of a fault until Home Assistant shows the device online."""
    missed: int
    """Outages that were not noticed at all."""
    late: int
    """Those noticed later than they should be, but for the time without a processor."""
    not_recovered: int
    needless_takeovers: int
    needless_by_fault: dict[str, int]
    trouble_minutes: dict[str, float]
    """For how long devices were in a trouble that is no outage."""
    total_s: float

    @property
    @override
    def good(self) -> bool:
        return not (self.missed or self.late or self.needless_takeovers or self.not_recovered)


def make_report(scene: Scene, trials: Sequence[Trial], total: float) -> Report:
    """Sum up."""
    outages = [trial for trial in trials if trial.fault in OUTAGES]
    wrong = needless(scene.log, list(scene.devices), list(trials))
    for each in wrong:
        print(f"needless: {each}", file=sys.stderr)
    minutes: defaultdict[str, float] = defaultdict(float)
    for trial in trials:
        if trial.fault not in OUTAGES:
            minutes[trial.fault] += (trial.ended - trial.begun) / 60
    return Report(
        trials=len(outages),
        detection_s=_spreads([(it.fault, it.begun, it.noticed) for it in outages]),
        backing_up_s=_spreads([(it.fault, it.begun, it.backing_up) for it in outages]),
        starved_s={
            kind: round(max((it.starved for it in outages if it.fault == kind), default=0.0), 2)
            for kind in OUTAGES
        },
        online_s=_spreads([(it.fault, it.ended, it.online) for it in outages]),
        missed=sum(trial.noticed is None for trial in outages),
        late=sum(_late(trial) for trial in outages),
        not_recovered=sum(trial.recording is None for trial in trials),
        needless_takeovers=len(wrong),
        needless_by_fault=dict(Counter(it.fault or "none" for it in wrong)),
        trouble_minutes={fault: round(lasted, 1) for fault, lasted in minutes.items()},
        total_s=round(total, 1),
    )


def _late(trial: Trial) -> bool:
    within = OUTAGES[trial.fault].within
    assert within is not None
    return trial.noticed is not None and trial.noticed - trial.begun - trial.starved > within


def _spreads(
    moments: Sequence[tuple[str, float, float | None]],
) -> dict[str, Spread | None]:
    """Sum up from when to when something took, by kind of fault."""
    return {
        kind: Spread.of([end - begin for fault, begin, end in moments if fault == kind and end])
        for kind in OUTAGES
    }
