"""What the engine was told, kept on disk so that it goes on after any interruption.

Where cameras are, and their passwords, is never part of it: whoever gave the orders hands that
over again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import json
import logging
import math
import os
from pathlib import Path
from typing import Final

from .plain import PlainError, dump, load

_LOGGER = logging.getLogger(__name__)
_MAX_SIZE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to stand by, and how much to keep."""

    warm: bool = True
    """Whether cameras that only wait are connected, and their latest footage kept in memory."""
    ring_seconds: float = 30.0
    """How much of it."""
    ring_bytes: int = 64 << 20
    """The most that it may be for each camera, whatever the seconds say."""
    space_limit: int = 0
    """Bytes of footage beyond which what was returned is deleted; 0 for no limit."""
    days: int = 0
    """How long footage is kept; 0 for ever."""
    free_floor: int = 2 << 30
    """Bytes that stay free on the disk whatever the limit says."""

    def __post_init__(self) -> None:
        numbers = (
            self.ring_seconds,
            self.ring_bytes,
            self.space_limit,
            self.days,
            self.free_floor,
        )
        if not all(0 <= number < math.inf for number in numbers):
            raise ValueError("Settings are neither negative nor infinite.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What the owner of the engine's machine allows; 0 for no limit."""

    cameras: int = 0
    """At the same time; only told, for the client to heed."""
    space: int = 0
    """Bytes of footage, as `Settings.space_limit`."""

    def within(self, settings: Settings) -> Settings:
        """Return settings that stay within the limits."""
        limits = [limit for limit in (self.space, settings.space_limit) if limit]
        return replace(settings, space_limit=min(limits, default=0))


ALL: Final = Grants()
"""All that the machine can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """All that an engine has to do."""

    settings: Settings = Settings()
    channels: Mapping[str, bool] = field(default_factory=dict)
    """Every channel that it has to be ready for, and whether it is to be recorded."""


class OrdersFile:
    """Orders in a file for its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def folder(self) -> Path:
        """The engine's private folder."""
        return self._path.parent

    def read(self) -> Orders:
        """Return the orders; none at all where the file is missing or damaged."""
        try:
            with self._path.open("rb") as file:
                return load(Orders, json.loads(file.read(_MAX_SIZE)))
        except FileNotFoundError:
            return Orders()
        except (OSError, ValueError, RecursionError) as error:
            # Who gave them gives them again; no reason not to start.
            why = str(error) if isinstance(error, PlainError) else type(error).__name__
            _LOGGER.warning("The engine's orders can't be read: %s", why)
            return Orders()

    def write(self, orders: Orders) -> None:
        """Bring orders to the disk, whole or not at all; OSError where that fails."""
        new = self._path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 (a descriptor)
            json.dump(dump(orders), file)
            file.flush()
            os.fsync(descriptor)
        new.replace(self._path)
