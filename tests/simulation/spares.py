"""Spares of the simulation: they obey, after a while, mostly, and what they tell may get lost."""

from collections.abc import Callable
from enum import Enum, auto
from math import inf
from random import Random
from typing import Protocol

from custom_components.nvr_hotspare.failover.commands import (
    Provision,
    Record,
    Release,
    SpareCommand,
    Unprovision,
)
from custom_components.nvr_hotspare.failover.events import CommandEnded, Event
from custom_components.nvr_hotspare.failover.model import Camera, UnitId
from tests.simulation.account import Account
from tests.simulation.agenda import Agenda
from tests.simulation.faults import Rates
from tests.simulation.site import NOTICE, START_UP, Site, Unit

GIVES_UP = 10.0
"""Seconds after which a command to a spare that does not answer is given up."""
SAME_RETURN = 60.0
"""A camera that a spare lets go of, and takes back this soon, belongs to a return not yet over."""


class Fate(Enum):
    """How a command can go astray."""

    LOST = auto()
    """It never reaches the spare."""
    UNANSWERED = auto()
    """It is carried out, and the answer never reaches the driver."""
    UNTOLD = auto()
    """It is carried out, and that never reaches the machine."""


class Employer(Protocol):
    """What the workers need of the manager."""

    agenda: Agenda
    site: Site
    rng: Random
    rates: Rates
    account: Account

    def later(self, seconds: float, action: Callable[[], None]) -> None: ...
    def chance(self, odds: float) -> bool: ...
    def happens(self, event: Event) -> bool: ...
    def alter(self, name: UnitId, change: Callable[[Unit], None] | None = None) -> None: ...


class SpareWorkers:
    """Carries out the commands to each spare, one after another."""

    def __init__(self, employer: Employer) -> None:
        self._employer = employer
        self._queues: dict[UnitId, list[SpareCommand]] = {}
        self._let_go: dict[Camera, float] = {}

    def stop(self) -> None:
        """Stop as Home Assistant does: what is under way may or may not have been done."""
        for queue in self._queues.values():
            if queue and self._employer.chance(0.5):
                self._do(queue[0])
        self._queues.clear()

    def put(self, command: SpareCommand) -> None:
        """Take a command."""
        queue = self._queues.setdefault(command.spare, [])
        queue.append(command)
        if len(queue) == 1:
            self._begin(queue)

    def _begin(self, queue: list[SpareCommand]) -> None:
        if self._employer.site.units[queue[0].spare].obeys:
            self._employer.later(self._employer.rng.uniform(0.1, 1.5), lambda: self._end(queue))
        else:
            self._employer.later(GIVES_UP, lambda: self._end(queue))

    def _end(self, queue: list[SpareCommand]) -> None:
        """Carry a command out; now and then it is lost, or its answer, or nobody tells its end.

        What is lost between here and the spare its driver waits for in vain, and tells.
        """
        employer, command = self._employer, queue[0]
        fate = employer.rng.choice(tuple(Fate)) if employer.chance(employer.rates.lost) else None
        errors = {} if fate is Fate.LOST else self._do(command)
        if fate in (Fate.LOST, Fate.UNANSWERED):
            errors = dict.fromkeys(command.cameras, "no answer")
            employer.later(GIVES_UP, lambda: self._tell(queue, errors))
        else:
            self._tell(queue, None if fate is Fate.UNTOLD else errors)

    def _tell(self, queue: list[SpareCommand], errors: dict[Camera, str] | None) -> None:
        """Tell how a command ended, if at all, and go on with the next."""
        command, employer = queue.pop(0), self._employer
        if queue:
            self._begin(queue)
        if errors is not None:
            employer.happens(CommandEnded(command, errors))
            if employer.chance(employer.rates.doubled):
                employer.happens(CommandEnded(command, errors))

    def _do(self, command: SpareCommand) -> dict[Camera, str]:
        """Do what is told, as far as the spare can; return what went wrong."""
        employer, spare = self._employer, self._employer.site.units[command.spare]
        if not spare.obeys:
            return dict.fromkeys(command.cameras, "unreachable")
        errors: dict[Camera, str] = {}
        if employer.chance(employer.rates.failing):
            errors = dict.fromkeys(command.cameras[employer.rng.randint(0, 1) :: 2], "no")
        todo = [camera for camera in command.cameras if camera not in errors]
        now = employer.agenda.now
        for camera in todo:
            if isinstance(command, Record) and spare.places.get(camera) is None:
                self._judge(camera, now)
            elif isinstance(command, Release) and spare.places.get(camera) is not None:
                self._let_go[camera] = now

        def change(unit: Unit) -> None:
            errors.update(_done(unit, command, todo, now))

        employer.alter(command.spare, change)
        if isinstance(command, Record):
            employer.agenda.later(START_UP, lambda: employer.alter(command.spare))
        return errors

    def _judge(self, camera: Camera, now: float) -> None:
        """Note a takeover that nobody needs: the device is well, and not just again, or restarts.

        One that fails, or can't be reached, soon after a restart that was announced is not well.
        One whose password is wrong is not known to be back; that its outage began for nothing
        the manager notes.
        """
        device = self._employer.site.units[camera.unit]
        well = device.obeys and now - device.obeys_since > NOTICE
        returning = now < self._let_go.get(camera, -inf) + SAME_RETURN
        if device.restarting or (well and not returning):
            self._employer.account.needless.append((now, camera))


def _done(
    unit: Unit, command: SpareCommand, cameras: list[Camera], now: float
) -> dict[Camera, str]:
    """Do what is told to the places of a spare."""
    errors = {}
    for camera in cameras:
        match command:
            case Unprovision():
                unit.places.pop(camera, None)
            case Release():
                if camera in unit.places:
                    unit.places[camera] = None
            case Provision() | Record():
                if camera not in unit.places and len(unit.places) >= unit.capacity:
                    errors[camera] = "full"
                elif isinstance(command, Record):
                    unit.places[camera] = unit.places.get(camera) or now + START_UP
                else:
                    unit.places.setdefault(camera, None)
    return errors
