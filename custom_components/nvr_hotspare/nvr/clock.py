"""How far a unit's clock is ahead of ours, and how well that is known.

A unit tells its time in whole seconds, so one answer tells the offset to
half a second each way. The next question is asked so that its second begins where the offset is in
the middle of what is possible: each answer halves that.
"""

import asyncio
from dataclasses import dataclass
import time
from typing import Final, Protocol

from .model import Heartbeat

YEARS: Final = range(1970, 3000)
"""Where clocks without a battery begin; and no further than dates can be reckoned with."""
_SAMPLES: Final = 9
_ROUGH: Final = 0.3
"""Seconds between least and most that are enough for a clock that may well agree with ours."""
_FINE: Final = 0.05
"""The same for one that does not."""
_UNTOLD: Final = 2.0
"""Seconds by which the clock of a unit that never tells the time is believed to be off at most."""
_RESOLUTION: Final = 0.5
_DRIFT: Final = 0.0001
"""Seconds of a second by which clocks may drift apart."""
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ClockBounds:
    """The unit's clock is ahead of ours by something between these two, in seconds."""

    least: float
    most: float

    @property
    def width(self) -> float:
        """Seconds."""
        return self.most - self.least

    @property
    def middle(self) -> float:
        """Seconds."""
        return (self.least + self.most) / 2

    @property
    def agree(self) -> bool:
        """Whether both clocks may be the same."""
        return self.least <= 0 <= self.most

    @property
    def ahead(self) -> int:
        """Nanoseconds to take off the unit's times; none where its clock may well agree."""
        return 0 if self.agree else round(self.middle * _SECOND)

    def doubt(self, ahead: int) -> int:
        """Return by how much a time may be off, either way, off which `ahead` was taken."""
        return max(round(self.most * _SECOND) - ahead, ahead - round(self.least * _SECOND))

    def narrowed(self, other: ClockBounds) -> ClockBounds:
        """Return what both agree on; the other alone if the clock was set in between."""
        least, most = max(self.least, other.least), min(self.most, other.most)
        return ClockBounds(least, most) if least <= most else other

    def widened(self, other: ClockBounds) -> ClockBounds:
        """Return what is true of both, if they contradict each other; else this."""
        if self.least <= other.most and other.least <= self.most:
            return self
        return ClockBounds(min(self.least, other.least), max(self.most, other.most))


class Telling(Protocol):
    """Whatever tells its time."""

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for it; raises `UnitError`."""


class ClockMeter:
    """Measures a unit's clock, and remembers what it found."""

    def __init__(self, unit: Telling) -> None:
        self._unit = unit
        self._known: ClockBounds | None = None
        self._since = 0.0
        self._round_trip = 0.0

    async def measure(self) -> ClockBounds:
        """Ask the unit for its time until it is known well enough.

        That takes up to 5 s, and a single question when it was known shortly before.

        Raises:
            UnitError: As `Telling.heartbeat`.
        """
        seen = await self.glance()
        known = seen if self._known is None else self._drifted(self._known).narrowed(seen)
        for _ in range(_SAMPLES):
            if known.width <= (_ROUGH if known.agree else _FINE):
                break
            arrival = time.time() + self._round_trip / 2 + known.middle
            await asyncio.sleep(-arrival % 1.0)
            before, known = known, known.narrowed(await self.glance())
            if known == before:  # it tells no time, or takes too long to
                break
        self._known, self._since = known, time.monotonic()
        return known

    async def glance(self) -> ClockBounds:
        """Ask the unit for its time, once.

        Raises:
            UnitError: As `Telling.heartbeat`.
        """
        beat = await self._unit.heartbeat(fresh=False)
        self._round_trip = beat.round_trip
        if beat.clock_offset is None:
            return ClockBounds(-_UNTOLD, _UNTOLD)
        reach = _RESOLUTION + beat.round_trip / 2
        return ClockBounds(beat.clock_offset - reach, beat.clock_offset + reach)

    def _drifted(self, known: ClockBounds) -> ClockBounds:
        drift = (time.monotonic() - self._since) * _DRIFT
        return ClockBounds(known.least - drift, known.most + drift)
