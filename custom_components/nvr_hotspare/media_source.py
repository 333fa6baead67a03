"""Media > NVR Hot Spare: the footage on the spares, by unit, camera, day and time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final, override

from homeassistant.components.media_player.const import MediaClass, MediaType
from homeassistant.components.media_player.errors import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.components.websocket_api.connection import current_connection
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .failover.model import Camera, UnitId
from .footage.identifier import FootageId
from .footage.library import Library, loaded_libraries
from .footage.shelf import Scene, ShelfError
from .footage.views import MIME_TYPE, clip_path, picture_path

NAME: Final = "NVR Hot Spare"


async def async_get_media_source(hass: HomeAssistant) -> FootageSource:
    """Return the source; there is one for all groups."""
    return FootageSource(hass)


class FootageSource(MediaSource):
    """The footage of all groups."""

    name = NAME

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return one level of the tree.

        Raises:
            BrowseError: There is no such level, it can't be read, or is not for this user.
        """
        libraries = loaded_libraries(self._hass)
        try:
            if not item.identifier:
                return await self._root(libraries)
            wanted = FootageId.parse(item.identifier)
            library = libraries[wanted.group]
            self._check_user(library)
            return await _level(library, wanted)
        except (ValueError, KeyError) as error:
            raise _browse_error("no_footage") from error
        except ShelfError as error:
            raise _browse_error(error.translation_key, error.translation_placeholders) from error

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return where a scene is played from: a view of ours, to be signed by the caller.

        A scene on another recorder is fetched before: what is wrong is told here, and not by a
        player that stays black.

        Raises:
            Unresolvable: It names no scene, or one that can't be had now, or not by this user.
        """
        try:
            wanted = FootageId.parse(item.identifier)
            if wanted.camera is None or wanted.start is None:
                raise _unresolvable("no_footage")
            library = loaded_libraries(self._hass)[wanted.group]
            if not _may_look(library):
                raise _unresolvable("footage_for_admins")
            await library.file(wanted.camera, wanted.start)
        except (ValueError, KeyError, FileNotFoundError) as error:
            raise _unresolvable("no_footage") from error
        except ShelfError as error:
            raise _unresolvable(error.translation_key, error.translation_placeholders) from error
        return PlayMedia(clip_path(wanted), MIME_TYPE)

    async def _root(self, libraries: Mapping[str, Library]) -> BrowseMediaSource:
        """Return the units of all groups that this user may look at."""
        children = []
        for group, library in libraries.items():
            if _may_look(library):
                children += await _units(library, FootageId(group=group))
        return _folder(None, NAME, children, MediaClass.DIRECTORY)

    @callback
    def _check_user(self, library: Library) -> None:
        if not _may_look(library):
            raise _browse_error("footage_for_admins")


def _may_look(library: Library) -> bool:
    """Tell whether who asks may see this footage; the views ask it of everyone who fetches."""
    connection = current_connection.get()
    return connection is None or library.open_to(connection.user)


async def _level(library: Library, wanted: FootageId) -> BrowseMediaSource:
    match wanted:
        case FootageId(unit=None):
            raise KeyError
        case FootageId(unit=str(unit), channel=None):
            title, children = library.title(unit), await _cameras(library, wanted, unit)
        case FootageId(camera=Camera() as camera, day=None):
            title, children = library.name(camera), await _days(library, wanted, camera)
        case FootageId(camera=Camera() as camera, day=date() as day, start=None):
            title, children = f"{library.name(camera)} {day}", await _scenes(library, wanted)
            return _folder(wanted, title, children, MediaClass.VIDEO)
        case _:
            raise KeyError
    return _folder(wanted, title, children, MediaClass.DIRECTORY)


async def _units(library: Library, within: FootageId) -> list[BrowseMediaSource]:
    units = dict.fromkeys(camera.unit for camera in await library.cameras())
    return [
        _folder(replace(within, unit=unit), library.title(unit), None, MediaClass.DIRECTORY)
        for unit in sorted(units, key=library.title)
    ]


async def _cameras(library: Library, within: FootageId, unit: UnitId) -> list[BrowseMediaSource]:
    cameras = sorted(camera for camera in await library.cameras() if camera.unit == unit)
    return [
        _folder(
            replace(within, channel=camera.channel),
            library.name(camera),
            None,
            MediaClass.DIRECTORY,
        )
        for camera in cameras
    ]


async def _days(library: Library, within: FootageId, camera: Camera) -> list[BrowseMediaSource]:
    """Return the days, the latest first."""
    return [
        _folder(replace(within, day=day), f"{day} ({count})", None, MediaClass.VIDEO)
        for day, count in sorted((await library.days(camera)).items(), reverse=True)
    ]


async def _scenes(library: Library, within: FootageId) -> list[BrowseMediaSource]:
    assert within.camera is not None  # noqa: S101 (narrows the type)
    assert within.day is not None  # noqa: S101 (narrows the type)
    found = await library.scenes(within.camera, within.day)
    return [
        BrowseMediaSource(
            domain=DOMAIN,
            identifier=str(named),
            media_class=MediaClass.VIDEO,
            media_content_type=MIME_TYPE,
            title=_title(scene, recorder),
            can_play=True,
            can_expand=False,
            thumbnail=picture_path(named),
        )
        for scene, recorder in found
        for named in (replace(within, start=scene.start),)
    ]


def _title(scene: Scene, recorder: str) -> str:
    """Return time, length and recorder; words would need the user's language."""
    minutes, seconds = divmod(round(scene.lasts.total_seconds()), 60)
    return f"{scene.begins:%H:%M:%S} · {minutes}:{seconds:02} · {recorder}"


def _folder(
    named: FootageId | None,
    title: str,
    children: Iterable[BrowseMediaSource] | None,
    of: MediaClass,
) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=None if named is None else str(named),
        media_class=MediaClass.DIRECTORY,
        media_content_type=MediaType.VIDEO,
        title=title,
        can_play=False,
        can_expand=True,
        children=None if children is None else list(children),
        children_media_class=of,
    )


def _browse_error(key: str | None, placeholders: dict[str, str] | None = None) -> BrowseError:
    return BrowseError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


def _unresolvable(key: str | None, placeholders: dict[str, str] | None = None) -> Unresolvable:
    return Unresolvable(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )
