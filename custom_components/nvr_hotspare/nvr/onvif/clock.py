"""How far a unit's clock is ahead of ours, and how well that is known.

A unit tells its time in whole seconds (`GetSystemDateAndTime`). So one answer tells the offset to
half a second each way, and several at other moments of the second narrow it down.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from .client import OnvifClient

_SAMPLES: Final = 8
_BETWEEN: Final = 0.137
"""Seconds: eight times that falls upon eight different eighths of a second."""
_GOOD_ENOUGH: Final = 0.3
_UNTOLD: Final = 2.0
"""Seconds by which the clock of a unit that never tells the time is believed to be off at most."""
_RESOLUTION: Final = 0.5
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ClockBounds:
    """The unit's clock is ahead of ours by something between these two, in seconds."""

    least: float
    most: float

    @property
    def ahead(self) -> int:
        """Nanoseconds to take off the unit's times; none where its clock may well agree."""
        if self.least <= 0 <= self.most:
            return 0
        return round((self.least + self.most) / 2 * _SECOND)

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


async def measure(client: OnvifClient) -> ClockBounds:
    """Ask the unit for its time until it is known well enough; takes about a second.

    Raises:
        UnitError: As `OnvifClient.heartbeat`.
    """
    known = await glance(client)
    for _ in range(_SAMPLES - 1):
        if known.most - known.least <= _GOOD_ENOUGH:
            break
        await asyncio.sleep(_BETWEEN)
        known = known.narrowed(await glance(client))
    return known


async def glance(client: OnvifClient) -> ClockBounds:
    """Ask the unit for its time, once.

    Raises:
        UnitError: As `OnvifClient.heartbeat`.
    """
    beat = await client.heartbeat(fresh=False)
    if beat.clock_offset is None:
        return ClockBounds(-_UNTOLD, _UNTOLD)
    reach = _RESOLUTION + beat.round_trip / 2
    return ClockBounds(beat.clock_offset - reach, beat.clock_offset + reach)
