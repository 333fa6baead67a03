"""Some years of a site, lived through from one seed, and what came of them."""

from dataclasses import dataclass
from random import Random
import time

from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Group,
    Spare,
    WorkingDevice,
)
from tests.simulation.agenda import START, Agenda
from tests.simulation.faults import DAY, Rates
from tests.simulation.manager import Manager
from tests.simulation.site import Site, Unit
from tests.simulation.weather import Weather

YEAR = 365.25 * DAY
CHANNELS = (2, 3, 4, 6, 8)
"""Cameras of the devices, in turn."""
CAPACITY = 8
"""Of each spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What is told of a simulation; seconds are camera-seconds."""

    seed: int
    outages: int
    failures: int
    steps: int
    steps_per_second: int
    """Of the processor's time, since much else may run beside it."""
    invariants_broken: int
    needless_takeovers: int
    unprotected_s: int
    unavoidable_s: int
    shortage_s: int
    noticing_s: int
    planned_s: int
    busy_s: float
    """The processor's time."""
    elapsed_s: float


def site_of(devices: int, spares: int) -> Group:
    """Return a group: every second device takes its footage back."""
    return Group(
        devices=tuple(
            WorkingDevice(
                unit=f"device {n}",
                channels=tuple(
                    Channel(number=number) for number in range(1, CHANNELS[n % len(CHANNELS)] + 1)
                ),
                gives_back=n % 2 == 0,
            )
            for n in range(devices)
        ),
        spares=tuple(Spare(unit=f"spare {n}", capacity=CAPACITY) for n in range(spares)),
    )


class Years:
    """One run; the same seed, the same run, and the same faults whatever is decided."""

    def __init__(
        self,
        group: Group,
        *,
        seed: int,
        rates: Rates | None = None,
        skips: bool = True,
        listens: bool = False,
    ) -> None:
        rates = Rates() if rates is None else rates
        self.seed = seed
        self.agenda = Agenda()
        fate, luck = Random(f"faults {seed}"), Random(f"answers {seed}")
        self.site = Site(
            {device.unit: Unit(cameras=_cameras(device)) for device in group.devices}
            | {spare.unit: Unit(capacity=spare.capacity) for spare in group.spares},
            START,
        )
        self.manager = Manager(
            self.agenda, self.site, luck, rates, group, skips=skips, listens=listens
        )
        self.weather = Weather(self.agenda, self.site, self.manager, fate, rates)

    def live(self, seconds: float) -> Result:
        """Let time pass, and tell what came of it."""
        began, busy = time.perf_counter(), time.process_time()
        self.manager.run(START + seconds)
        elapsed, busy = time.perf_counter() - began, time.process_time() - busy
        for unit in self.site.units:
            self.manager.alter(unit)
        account, measures = self.manager.account, self.site.measures
        return Result(
            seed=self.seed,
            outages=account.outages,
            failures=self.weather.failures,
            steps=account.steps,
            steps_per_second=round(account.steps / busy),
            invariants_broken=len(account.broken),
            needless_takeovers=len(account.needless),
            unprotected_s=round(measures.unprotected),
            unavoidable_s=round(measures.unavoidable),
            shortage_s=round(measures.shortage),
            noticing_s=round(measures.noticing),
            planned_s=round(measures.planned),
            busy_s=round(busy, 1),
            elapsed_s=round(elapsed, 1),
        )


def _cameras(device: WorkingDevice) -> tuple[Camera, ...]:
    return tuple(Camera(device.unit, channel.number) for channel in device.channels)
