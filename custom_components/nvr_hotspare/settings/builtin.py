"""What the user decides about the built-in spare, and about any engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any, Final, Self

from ..const import (
    CONF_DAYS,
    CONF_FOLDER,
    CONF_RING_SECONDS,
    CONF_SPACE_LIMIT,
    CONF_STANDBY,
    Standby,
)
from ..recorder.orders import Settings

CAPACITY: Final = 32
"""Cameras that the built-in spare records at the same time."""
GIGABYTE: Final = 10**9
FREE_FLOOR: Final = 2 * GIGABYTE
"""Bytes that stay free on the disk whatever the limit says: Home Assistant may live there."""
_FASTEST: Final = 20_000_000 // 8
"""Bytes per second of the fastest cameras, for which the memory of each is bounded."""


def shortest_ring(gops: Iterable[float], acted_on_after: int) -> int:
    """Return the seconds that bridge the time until a failure is acted on.

    What is held begins with a key frame, so that the longest way from one to the next (`gops`,
    in seconds, by camera) is added to what it takes at most (see `GroupOptions`).
    """
    return math.ceil(acted_on_after + max(gops, default=0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What the user decides about any engine that is a spare."""

    space_limit: int
    """Gigabytes of footage; 0 for no limit."""
    days: int
    """How long footage is kept at least; 0 for ever."""
    standby: Standby
    ring_seconds: int
    """How much of each camera is held in memory while `standby` is warm."""

    def bridges(self, shortest: int) -> bool:
        """Tell whether as many seconds of each camera are held in memory, if any are to be."""
        return self.standby is Standby.COLD or self.ring_seconds >= shortest

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


def options_data(options: EngineOptions) -> dict[str, Any]:
    """Return what a subentry keeps of the options of any engine."""
    return {
        CONF_SPACE_LIMIT: options.space_limit,
        CONF_DAYS: options.days,
        CONF_STANDBY: options.standby,
        CONF_RING_SECONDS: options.ring_seconds,
    }


def options_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Read what `options_data` wrote, or what was entered into the form, by field."""
    return {
        "space_limit": data[CONF_SPACE_LIMIT],
        "days": data[CONF_DAYS],
        "standby": Standby(data[CONF_STANDBY]),
        "ring_seconds": data[CONF_RING_SECONDS],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinConfig(EngineOptions):
    """The options of the built-in spare."""

    folder: Path

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote, or what was entered into the form."""
        return cls(folder=Path(data[CONF_FOLDER]), **options_of(data))

    def as_data(self) -> dict[str, Any]:
        """Return it as a subentry keeps it."""
        return {CONF_FOLDER: str(self.folder), **options_data(self)}
