"""The courier of the simulation: it gives footage back, more quickly than it was recorded."""

from collections.abc import Callable
from typing import Protocol

from custom_components.nvr_hotspare.failover.commands import CourierCommand, Synchronize
from custom_components.nvr_hotspare.failover.events import Event, SynchronizationEnded
from custom_components.nvr_hotspare.failover.model import UnitId
from tests.simulation.faults import Rates
from tests.simulation.site import Site

SPEED = 50.0
"""Seconds of footage that are given back in a second."""


class Employer(Protocol):
    """What the courier needs of the manager."""

    site: Site
    rates: Rates

    def later(self, seconds: float, action: Callable[[], None]) -> None: ...
    def chance(self, odds: float) -> bool: ...
    def answer(self, event: Event) -> None: ...
    def courier_changed(self, unit: UnitId) -> None: ...


class Couriers:
    """Works for each device that it is told to, a window after the other."""

    def __init__(self, employer: Employer) -> None:
        self._employer = employer
        self._jobs: dict[UnitId, Synchronize] = {}

    def works_for(self, unit: UnitId) -> bool:
        """Tell whether it is at work for a device."""
        return unit in self._jobs

    def stop(self) -> None:
        """Stop as Home Assistant does."""
        self._jobs.clear()

    def obey(self, command: CourierCommand) -> None:
        """Begin, begin anew, or desist; now and then a command goes astray."""
        if self._employer.chance(self._employer.rates.lost):
            return
        self._jobs.pop(command.unit, None)
        if isinstance(command, Synchronize):
            self._jobs[command.unit] = command
            window = command.windows[0]
            seconds = (window.end - window.start) / SPEED
            self._employer.later(seconds, lambda: self._end(command))
        self._employer.courier_changed(command.unit)

    def _end(self, command: Synchronize) -> None:
        """End the first window, if it is still to be done; the others are commanded again."""
        if self._jobs.get(command.unit) is not command:
            return
        del self._jobs[command.unit]
        self._employer.courier_changed(command.unit)
        window = command.windows[0]
        units = self._employer.site.units
        there = all(units[unit].obeys for unit in (command.unit, *window.spares))
        if not there or self._employer.chance(self._employer.rates.failing):
            ended = SynchronizationEnded(command.unit, (), "unreachable", {})
        else:
            ended = SynchronizationEnded(command.unit, (window,), "", {})
        self._employer.answer(ended)
