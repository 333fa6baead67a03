"""The files of fetched scenes: so many bytes of them, and for so long."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
import shutil
import time
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .shelf import ShelfError

MOST: Final = 512 << 20
"""Bytes of one scene: two minutes of 35 Mbit/s."""
_MOST_OF_ALL: Final = 1 << 30
_FREE: Final = 512 << 20
"""Bytes that stay free on the disk."""
_AGE: Final = 3600.0
"""Seconds for which a scene is kept that nobody looks at."""


@dataclass(slots=True)
class _Kept:
    path: Path
    size: int
    used: float


class SceneFolder:
    """Keeps the scenes that were looked at last."""

    def __init__(self, hass: HomeAssistant, folder: Path) -> None:
        """Use a folder, which is emptied and made as need be."""
        self._hass = hass
        self._folder = folder
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._numbers = count()
        self._unsubscribe: CALLBACK_TYPE | None = None

    def find(self, name: str) -> Path | None:
        """Return the file of this name, None where there is none."""
        if (kept := self._kept.get(name)) is None:
            return None
        kept.used = time.monotonic()
        self._kept.move_to_end(name)
        return kept.path

    async def new_path(self, name: str) -> Path:
        """Return where a file of this name may be written: no other has had this path.

        What is remembered of a path, such as a picture, is of this scene even after a restart.

        Raises:
            ShelfError: The disk has no room, or can't be used.
        """
        try:
            free = await self._hass.async_add_executor_job(self._make)
        except OSError as error:
            raise ShelfError("scene_no_room") from error
        if free < MOST + _FREE:
            raise ShelfError("scene_no_room")
        return self._folder / f"{name}-{next(self._numbers)}.mp4"

    async def keep(self, path: Path, name: str) -> Path:
        """Keep a file that was written under a name."""
        size = await self._hass.async_add_executor_job(_size, path)
        self._kept[name] = _Kept(path, size, time.monotonic())
        left = sum(kept.size for kept in self._kept.values())
        old = list[str]()
        for each, kept in self._kept.items():
            if left <= _MOST_OF_ALL or each == name:
                break
            old.append(each)
            left -= kept.size
        await self._remove(old)
        self._watch()
        return path

    async def clear(self) -> None:
        """Remove all."""
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None
        self._kept.clear()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _make(self) -> int:
        """Make the folder, for its owner alone; return the bytes that are free."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free

    @callback
    def _watch(self) -> None:
        """Look again when the oldest may be too old."""
        if self._unsubscribe is None and self._kept:
            job = HassJob(self._expire, cancel_on_shutdown=True)
            self._unsubscribe = async_call_later(self._hass, _AGE, job)

    async def _expire(self, _: object) -> None:
        self._unsubscribe = None
        long_ago = time.monotonic() - _AGE
        await self._remove([name for name, kept in self._kept.items() if kept.used <= long_ago])
        self._watch()

    async def _remove(self, names: list[str]) -> None:
        paths = [self._kept.pop(name).path for name in names]
        if paths:
            await self._hass.async_add_executor_job(_unlink, paths)


def _size(path: Path) -> int:
    return path.stat().st_size


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()
