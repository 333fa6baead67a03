"""The footage of a small world, and the courier that gives it back there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from custom_components.nvr_hotspare.failover.commands import CourierCommand, Synchronize
from custom_components.nvr_hotspare.failover.events import (
    Event,
    FootageFlows,
    SynchronizationEnded,
)
from custom_components.nvr_hotspare.failover.model import Camera, UnitId, Window
from custom_components.nvr_hotspare.recorder.spans import Span, difference, intersection, union

SECOND = 1_000_000
"""Spans count microseconds here."""
UNFLUSHED = 10.0
"""Seconds of footage that a device loses when it dies."""
CHUNK = 20.0
"""Seconds of footage that are given at once, which takes a second."""


@dataclass
class Footage:
    """What one unit has of one camera."""

    recorded: tuple[Span, ...] = ()
    given: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        return union((*self.recorded, *self.given))

    def record(self, start: float, end: float) -> None:
        piece = span(start, end)
        if self.recorded and self.recorded[-1].end == piece.start:
            self.recorded = (*self.recorded[:-1], Span(self.recorded[-1].start, piece.end))
        else:
            self.recorded = union((*self.recorded, piece))

    def lose(self, start: float, end: float) -> None:
        """Lose what was not yet written; what was given was."""
        self.recorded = difference(self.recorded, [span(start, end)])

    def give(self, piece: Span) -> None:
        assert not intersection(self.spans, [piece]), "footage is given twice"
        self.given = union((*self.given, piece))


def span(start: float, end: float) -> Span:
    return Span(round(start * SECOND), round(end * SECOND))


class Site(Protocol):
    """What the courier needs to know of the world."""

    own: dict[Camera, Footage]
    """What devices have of their cameras."""
    spares: dict[Camera, Footage]
    """What the spare has of them."""

    def is_up(self, unit: UnitId) -> bool: ...
    def happens(self, event: Event) -> None: ...
    def later(self, seconds: float, action: Callable[[], None]) -> None: ...


@dataclass
class Courier:
    """Gives footage back, a window after the other, and can be made to fail in many ways."""

    site: Site
    jobs: dict[UnitId, int] = field(default_factory=dict)
    """The number of each device's latest command: what was begun for another comes to nothing."""
    number: int = 0

    def obey(self, command: CourierCommand, **manner: bool) -> None:
        self.number += 1
        self.jobs[command.unit] = self.number
        if isinstance(command, Synchronize):
            Errand(self, command, self.number, **manner).go_on()


@dataclass
class Errand:
    """One command at work."""

    courier: Courier
    command: Synchronize
    number: int
    half: bool = False
    """Give up in the middle, and tell."""
    mute: bool = False
    """Never tell the end."""
    twice: bool = False
    """Tell everything twice."""
    late: bool = False
    """Tell the end late."""
    given: int = 0

    def go_on(self) -> None:
        site, unit = self.courier.site, self.command.unit
        if self.courier.jobs[unit] != self.number:
            return
        window = self.command.windows[0]
        missing = [(c, gap) for c in window.cameras for gap in self.missing(window, c)]
        if not missing:
            self.tell_end((window,), "")
        elif not all(map(site.is_up, (unit, *window.spares))):
            self.tell_end((), "unreachable")
        elif self.half and self.given:
            self.tell_end((), "folder_full")
        else:
            self.tell(FootageFlows(unit, flowing=True))
            self.later(1.0, lambda: self.give(*missing[0]))

    def missing(self, window: Window, camera: Camera) -> tuple[Span, ...]:
        """What the spare has of a window, and of what runs into it, and the device has not."""
        site = self.courier.site
        wanted = span(window.start, window.end)
        touching = [
            each
            for each in site.spares[camera].spans
            if each.start <= wanted.end and wanted.start <= each.end
        ]
        whole = union((wanted, *touching))
        held = intersection(whole, site.spares[camera].spans)
        return difference(held, site.own[camera].spans)

    def give(self, camera: Camera, gap: Span) -> None:
        """Give a piece, if the device and the command are still there."""
        site, unit = self.courier.site, self.command.unit
        if site.is_up(unit) and self.courier.jobs[unit] == self.number:
            end = min(gap.end, gap.start + round(CHUNK * SECOND))
            site.own[camera].give(Span(gap.start, end))
            self.given += 1
        self.go_on()

    def tell_end(self, done: tuple[Window, ...], error: str) -> None:
        event = SynchronizationEnded(self.command.unit, done, error, {"returned": self.given})
        if self.late:
            self.later(70.0, lambda: self.tell(event))
        elif not self.mute:
            self.tell(event)

    def tell(self, event: Event) -> None:
        for _ in range(2 if self.twice else 1):
            self.courier.site.happens(event)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.courier.site.later(seconds, action)
