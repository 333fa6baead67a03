"""What footage the spares of a group hold, for people to look at."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import date
import logging
from pathlib import Path

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import slugify

from ..const import CONF_ADMINS_ONLY, DOMAIN
from ..failover.model import Camera, Connection, UnitId
from ..links.link import UnitLink
from ..runtime import NvrHotSpareConfigEntry
from ..settings.builtin import BuiltinConfig
from .archive_shelf import ArchiveShelf
from .network_shelf import NetworkShelf
from .shelf import Scene, Shelf, ShelfError, local

_LOGGER = logging.getLogger(__name__)


class Library:
    """The footage of a group on all its spares.

    One that can't be looked at hides nothing of the others. So a `ShelfError` comes only where
    no other spare has anything.
    """

    def __init__(self, hass: HomeAssistant, entry: NvrHotSpareConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._group = entry.runtime_data
        self._shelves = [self._shelf(link) for link in self._group.links if link.config.is_spare]

    def _shelf(self, link: UnitLink) -> Shelf:
        if isinstance(options := link.config.way, BuiltinConfig):
            return ArchiveShelf(self._hass, link.config, options)
        manager, unit = self._group.manager, link.config.unit
        return NetworkShelf(
            link,
            self._group.scenes,
            lambda: manager.spare_view(unit).connection is Connection.ONLINE,
        )

    def open_to(self, user: User) -> bool:
        """Tell whether a user may see the footage."""
        return user.is_admin or not self._entry.options.get(CONF_ADMINS_ONLY, False)

    async def cameras(self) -> frozenset[Camera]:
        """Return the cameras that there is footage of, of removed units too.

        A spare that can't be looked at may hold some of every camera: who looks there is told.
        """
        found = set[Camera]()
        for shelf in self._shelves:
            try:
                found |= await shelf.cameras()
            except ShelfError as error:
                _LOGGER.debug("%s: %s", shelf.recorder, error)
                found |= self._configured
        return frozenset(found)

    @property
    def _configured(self) -> set[Camera]:
        return {
            Camera(config.unit, channel.number)
            for config in self._group.units
            for channel in config.channels
        }

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
        for _, found in await self._look(lambda shelf: shelf.days(camera)):
            days.update(found)
        return days

    async def scenes(self, camera: Camera, day: date) -> list[tuple[Scene, str]]:
        """Return the scenes that begin on a day, in order, each with who recorded it."""
        shelves = await self._look(lambda shelf: shelf.scenes(camera, day))
        found = [(scene, shelf.recorder) for shelf, scenes in shelves for scene in scenes]
        return sorted(found, key=lambda item: item[0].start)

    async def file(self, camera: Camera, start: int) -> Path:
        """Return the file of a scene; FileNotFoundError if there is none."""
        return await self._find(lambda shelf: shelf.file(camera, start))

    async def beginning(self, camera: Camera, start: int) -> Path:
        """Return a file that has the first picture of a scene; FileNotFoundError if none is."""
        return await self._find(lambda shelf: shelf.beginning(camera, start))

    def file_name(self, camera: Camera, start: int) -> str:
        """Return a name to save a scene under, by the user's clock."""
        who = slugify(f"{self.title(camera.unit)} {self.name(camera)}")
        return f"{who}_{local(start):%Y-%m-%d_%H-%M-%S}.mp4"

    async def _look[T](self, look: Callable[[Shelf], Awaitable[T]]) -> list[tuple[Shelf, T]]:
        """Look at all shelves; return what was found on those that have anything."""
        found, problems = list[tuple[Shelf, T]](), list[ShelfError]()
        for shelf in self._shelves:
            try:
                if on_it := await look(shelf):
                    found.append((shelf, on_it))
            except ShelfError as error:
                problems.append(error)
        if problems and not found:
            raise problems[0]
        return found

    async def _find(self, find: Callable[[Shelf], Awaitable[Path]]) -> Path:
        problems = list[ShelfError]()
        for shelf in self._shelves:
            try:
                with suppress(FileNotFoundError):
                    return await find(shelf)
            except ShelfError as error:
                problems.append(error)
        raise problems[0] if problems else FileNotFoundError


@callback
def loaded_libraries(hass: HomeAssistant) -> Mapping[str, Library]:
    """Return the footage of every group that is loaded, by the entry's id."""
    entries: list[NvrHotSpareConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return {entry.entry_id: Library(hass, entry) for entry in entries}
