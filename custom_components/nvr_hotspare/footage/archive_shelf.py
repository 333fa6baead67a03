"""The footage that the built-in spare recorded: files, each of which is a scene."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import override

from homeassistant.core import HomeAssistant

from ..failover.model import Camera
from ..nvr.builtin import channel_of, key_of
from ..recorder.archive import Archive, Clip
from ..recorder.errors import FootageError
from ..recorder.mp4.index import read_length
from ..settings.builtin import BuiltinConfig
from ..settings.unit import UnitConfig, place_camera, place_key
from .shelf import Scene, Shelf, ShelfError, day_of


class ArchiveShelf(Shelf):
    """The clips in the built-in spare's folder."""

    def __init__(self, hass: HomeAssistant, config: UnitConfig, options: BuiltinConfig) -> None:
        super().__init__(config.title)
        self._hass = hass
        self._archive = Archive(options.folder, marked=True)

    @override
    async def cameras(self) -> frozenset[Camera]:
        return await self._look(self._cameras)

    @override
    async def days(self, camera: Camera) -> Mapping[date, int]:
        return await self._look(self._days, camera)

    @override
    async def scenes(self, camera: Camera, day: date) -> list[Scene]:
        return await self._look(self._scenes, camera, day)

    @override
    async def file(self, camera: Camera, start: int) -> Path:
        path = await self._look(self._file, camera, start)
        if path is None:
            raise FileNotFoundError
        return path

    async def _look[*Ts, T](self, look: Callable[[*Ts], T], *arguments: *Ts) -> T:
        try:
            return await self._hass.async_add_executor_job(look, *arguments)
        except OSError as error:
            raise ShelfError("footage_unreadable") from error

    def _cameras(self) -> frozenset[Camera]:
        self._archive.check()
        names = (name for name in self._archive.channels() if self._archive.clips(name))
        return frozenset(camera for name in names if (camera := place_camera(key_of(name))))

    def _days(self, camera: Camera) -> Mapping[date, int]:
        return Counter(day_of(clip.start) for clip in self._clips(camera))

    def _scenes(self, camera: Camera, day: date) -> list[Scene]:
        scenes = (_scene(clip) for clip in self._clips(camera) if day_of(clip.start) == day)
        return [scene for scene in scenes if scene is not None]

    def _file(self, camera: Camera, start: int) -> Path | None:
        clips = (clip for clip in self._clips(camera) if clip.start == start)
        return next((clip.path for clip in clips), None)

    def _clips(self, camera: Camera) -> list[Clip]:
        self._archive.check()
        return self._archive.clips(channel_of(place_key(camera)))


def _scene(clip: Clip) -> Scene | None:
    """Return a clip as a scene; None where it can't be read, or was removed a moment ago."""
    with suppress(FootageError, OSError), clip.path.open("rb") as file:
        return Scene(start=clip.start, length=read_length(file))
    return None
