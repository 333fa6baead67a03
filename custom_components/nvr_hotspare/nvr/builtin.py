"""The built-in spare: the project's own engine, in a process of its own on this machine."""

import asyncio
from pathlib import Path
import shutil
from typing import override

from ..recorder.archive import mark
from ..recorder.giving.model import Replay
from ..recorder.orders import Settings
from ..recorder.supervisor import Supervisor
from .engine_places import channel_of, key_of, places_of
from .engine_spare import CAPACITY, EngineSpare
from .errors import UnitUnsupportedError

__all__ = [
    "CAPACITY",
    "BuiltinSpare",
    "channel_of",
    "disk_of",
    "key_of",
    "places_of",
    "prepare_folder",
]


def prepare_folder(folder: Path) -> None:
    """Make a folder and mark it for footage; OSError where that fails. Blocks."""
    mark(folder)


def disk_of(folder: Path) -> tuple[int, int]:
    """Return how large the disk of a folder is, and how much is free, in bytes. Blocks.

    The folder need not be there yet; OSError where the disk fails.
    """
    there = next(each for each in (folder, *folder.parents) if each.exists())
    usage = shutil.disk_usage(there)
    return usage.total, usage.free


class BuiltinSpare(EngineSpare):
    """The driver. It also keeps the engine running, from `start` to `detach` or `stop`."""

    model = "Built-in recorder"

    def __init__(
        self,
        unit: str,
        folder: Path,
        state: Path,
        settings: Settings,
        *,
        capacity: int = CAPACITY,
    ) -> None:
        """Make a driver.

        Args:
            unit: The serial that it identifies itself by.
            folder: For footage; made by `prepare_folder` and by nothing else.
            state: The engine's private folder, on a disk that is always there.
            settings: How to stand by, and how much to keep.
            capacity: Cameras at the same time.
        """
        super().__init__(unit, settings, capacity)
        self._state = state
        self._supervisor = Supervisor(
            state, folder, on_attached=self._hand_over, on_report=self._take
        )

    @property
    @override
    def _attendant(self) -> Supervisor:
        return self._supervisor

    async def stop(self) -> None:
        """End the engine for good, and forget what it was told; the footage stays."""
        await self._supervisor.stop()
        await asyncio.to_thread(shutil.rmtree, self._state, ignore_errors=True)

    @override
    async def replay(self, key: str) -> Replay:
        raise UnitUnsupportedError("The engine reads its own archive")
