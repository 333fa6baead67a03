"""What footage the spares of a group hold, for people to look at."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import override

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util, slugify

from .builtin_config import BuiltinConfig
from .const import CONF_ADMINS_ONLY, DOMAIN
from .failover.model import Camera, UnitId
from .nvr.builtin import channel_of, key_of
from .recorder.archive import Archive, Clip
from .recorder.errors import FootageError
from .recorder.mp4.index import read_length
from .runtime import NvrHotSpareConfigEntry
from .unit_config import UnitConfig, place_camera, place_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A stretch of one camera's footage that is played as one."""

    start: int
    """When it begins: nanoseconds since 1970 UTC, and what it is named by."""
    length: int
    """Nanoseconds."""

    @property
    def begins(self) -> datetime:
        """When it begins, in the user's time zone."""
        return _local(self.start)

    @property
    def lasts(self) -> timedelta:
        """How long it is."""
        return timedelta(microseconds=self.length // 1000)


class Shelf(ABC):
    """The footage on one spare. Every method may raise OSError."""

    def __init__(self, hass: HomeAssistant, recorder: str) -> None:
        self._hass = hass
        self.recorder = recorder
        """Which unit recorded it."""

    @abstractmethod
    async def cameras(self) -> frozenset[Camera]:
        """Return the cameras that there is footage of."""

    @abstractmethod
    async def days(self, camera: Camera) -> Mapping[date, int]:
        """Return how many scenes begin on each of the user's days that has any."""

    @abstractmethod
    async def scenes(self, camera: Camera, day: date) -> list[Scene]:
        """Return the scenes that begin on a day, in order."""

    @abstractmethod
    async def file(self, camera: Camera, start: int) -> Path:
        """Return the file of the scene that begins at this time.

        Raises:
            FileNotFoundError: There is no such scene.
        """


class ArchiveShelf(Shelf):
    """The footage that the built-in spare recorded."""

    def __init__(self, hass: HomeAssistant, config: UnitConfig, options: BuiltinConfig) -> None:
        super().__init__(hass, config.title)
        self._archive = Archive(options.folder, marked=True)

    @override
    async def cameras(self) -> frozenset[Camera]:
        return await self._hass.async_add_executor_job(self._cameras)

    @override
    async def days(self, camera: Camera) -> Mapping[date, int]:
        return await self._hass.async_add_executor_job(self._days, camera)

    @override
    async def scenes(self, camera: Camera, day: date) -> list[Scene]:
        return await self._hass.async_add_executor_job(self._scenes, camera, day)

    @override
    async def file(self, camera: Camera, start: int) -> Path:
        return await self._hass.async_add_executor_job(self._file, camera, start)

    def _cameras(self) -> frozenset[Camera]:
        self._archive.check()
        names = (name for name in self._archive.channels() if self._archive.clips(name))
        return frozenset(camera for name in names if (camera := place_camera(key_of(name))))

    def _days(self, camera: Camera) -> Mapping[date, int]:
        return Counter(_day(clip.start) for clip in self._clips(camera))

    def _scenes(self, camera: Camera, day: date) -> list[Scene]:
        scenes = (_scene(clip) for clip in self._clips(camera) if _day(clip.start) == day)
        return [scene for scene in scenes if scene is not None]

    def _file(self, camera: Camera, start: int) -> Path:
        for clip in self._clips(camera):
            if clip.start == start:
                return clip.path
        raise FileNotFoundError

    def _clips(self, camera: Camera) -> list[Clip]:
        self._archive.check()
        return self._archive.clips(channel_of(place_key(camera)))


class Library:
    """The footage of a group on all its spares. What reads it may raise OSError."""

    def __init__(self, hass: HomeAssistant, entry: NvrHotSpareConfigEntry) -> None:
        self._entry = entry
        self._group = entry.runtime_data
        self._shelves: list[Shelf] = [
            ArchiveShelf(hass, config, config.way)
            for config in self._group.units
            if isinstance(config.way, BuiltinConfig)
        ]

    def open_to(self, user: User) -> bool:
        """Tell whether a user may see the footage."""
        return user.is_admin or not self._entry.options.get(CONF_ADMINS_ONLY, False)

    async def cameras(self) -> frozenset[Camera]:
        """Return the cameras that there is footage of, of removed units too."""
        return frozenset().union(*[await shelf.cameras() for shelf in self._shelves])

    def title(self, unit: UnitId) -> str:
        """Return what a unit is called, or was."""
        return self._group.manager.known_units.get(unit, unit)

    def name(self, camera: Camera) -> str:
        """Return what a camera is called; those of removed units have numbers."""
        for config in self._group.units:
            for channel in config.channels:
                if camera == Camera(config.unit, channel.number):
                    return channel.name
        return str(camera.channel)

    async def days(self, camera: Camera) -> Mapping[date, int]:
        """Return how many scenes begin on each of the user's days that has any."""
        days = Counter[date]()
        for shelf in self._shelves:
            days.update(await shelf.days(camera))
        return days

    async def scenes(self, camera: Camera, day: date) -> list[tuple[Scene, str]]:
        """Return the scenes that begin on a day, in order, each with who recorded it."""
        found = [
            (scene, shelf.recorder)
            for shelf in self._shelves
            for scene in await shelf.scenes(camera, day)
        ]
        return sorted(found, key=lambda item: item[0].start)

    async def file(self, camera: Camera, start: int) -> Path:
        """Return the file of a scene; FileNotFoundError if there is none."""
        for shelf in self._shelves:
            with suppress(FileNotFoundError):
                return await shelf.file(camera, start)
        raise FileNotFoundError

    def file_name(self, camera: Camera, start: int) -> str:
        """Return a name to save a scene under, by the user's clock."""
        who = slugify(f"{self.title(camera.unit)} {self.name(camera)}")
        return f"{who}_{_local(start):%Y-%m-%d_%H-%M-%S}.mp4"


@callback
def loaded_libraries(hass: HomeAssistant) -> Mapping[str, Library]:
    """Return the footage of every group that is loaded, by the entry's id."""
    entries: list[NvrHotSpareConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return {entry.entry_id: Library(hass, entry) for entry in entries}


def _local(time: int) -> datetime:
    """Return a time by the user's clock."""
    return dt_util.as_local(_EPOCH + timedelta(microseconds=time // 1000))


def _day(time: int) -> date:
    return _local(time).date()


def _scene(clip: Clip) -> Scene | None:
    """Return a clip as a scene; None where it can't be read, or was removed a moment ago."""
    with suppress(FootageError, OSError), clip.path.open("rb") as file:
        return Scene(start=clip.start, length=read_length(file))
    return None
