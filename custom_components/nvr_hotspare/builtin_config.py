"""What the user decides about the built-in spare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any, Final, Self

from .const import (
    CONF_DAYS,
    CONF_FOLDER,
    CONF_RING_SECONDS,
    CONF_SPACE_LIMIT,
    CONF_STANDBY,
    Standby,
)
from .failover.model import Timing
from .recorder.orders import Settings

CAPACITY: Final = 32
"""Cameras that the built-in spare records at the same time."""
GIGABYTE: Final = 10**9
FREE_FLOOR: Final = 2 * GIGABYTE
"""Bytes that stay free on the disk whatever the limit says: Home Assistant may live there."""
_FASTEST: Final = 20_000_000 // 8
"""Bytes per second of the fastest cameras, for which the memory of each is bounded."""


def shortest_ring(gops: Iterable[float]) -> int:
    """Return the seconds that bridge the time until a failure is noticed.

    What is held begins with a key frame, so that the longest way from one to the next (`gops`,
    in seconds, by camera) is added to the bound for a unit to be found offline: two heartbeats.
    """
    return math.ceil(2 * Timing().interval + max(gops, default=0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinConfig:
    """The options of the built-in spare."""

    folder: Path
    space_limit: int
    """Gigabytes of footage; 0 for no limit."""
    days: int
    """How long footage is kept at least; 0 for ever."""
    standby: Standby
    ring_seconds: int
    """How much of each camera is held in memory while `standby` is warm."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote, or what was entered into the form."""
        return cls(
            folder=Path(data[CONF_FOLDER]),
            space_limit=data[CONF_SPACE_LIMIT],
            days=data[CONF_DAYS],
            standby=Standby(data[CONF_STANDBY]),
            ring_seconds=data[CONF_RING_SECONDS],
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as a subentry keeps it."""
        return {
            CONF_FOLDER: str(self.folder),
            CONF_SPACE_LIMIT: self.space_limit,
            CONF_DAYS: self.days,
            CONF_STANDBY: self.standby,
            CONF_RING_SECONDS: self.ring_seconds,
        }

    def bridges(self, gops: Iterable[float]) -> bool:
        """Tell whether no frame is lost until a failure is noticed, as far as standing by goes."""
        return self.standby is Standby.COLD or self.ring_seconds >= shortest_ring(gops)

    def settings(self) -> Settings:
        """Return it as the engine takes it."""
        return Settings(
            warm=self.standby is Standby.WARM,
            ring_seconds=self.ring_seconds,
            ring_bytes=self.ring_seconds * _FASTEST,
            space_limit=self.space_limit * GIGABYTE,
            days=self.days,
            free_floor=FREE_FLOOR,
        )
