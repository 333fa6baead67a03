"""Footage over HTTP, for whoever Home Assistant has authenticated.

Clips are files: aiohttp sends the part of one that a Range header asks for, so that players can
seek. Pictures are made from a clip's first frame.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import HomeAssistantView

from ..const import DOMAIN
from ..failover.model import Camera
from .identifier import FootageId
from .library import Library, loaded_libraries
from .pictures import PictureError, Pictures
from .shelf import ShelfError

MIME_TYPE: Final = "video/mp4"
_PRIVATE: Final = {hdrs.CACHE_CONTROL: "private, max-age=3600"}


def clip_path(scene: FootageId) -> str:
    """Return where a scene is to be had, for who signs the path or sends a token with it."""
    return f"/api/{DOMAIN}/clip/{_in_path(scene)}"


def picture_path(scene: FootageId) -> str:
    """Return where a picture of a scene is to be had."""
    return f"/api/{DOMAIN}/picture/{_in_path(scene)}"


def _in_path(scene: FootageId) -> str:
    """Return the name of a scene without slashes, quoted ones too: signing would undo those."""
    return urlsafe_b64encode(str(scene).encode()).decode()


def _from_path(name: str) -> tuple[str, Camera, int]:
    """Return group, camera and start of the scene that `_in_path` named.

    Raises:
        HTTPNotFound: It is no such name.
    """
    try:
        named = FootageId.parse(urlsafe_b64decode(name).decode())
    except ValueError:
        raise web.HTTPNotFound from None
    if named.camera is None or named.start is None:
        raise web.HTTPNotFound
    return named.group, named.camera, named.start


def register_views(hass: HomeAssistant) -> None:
    """Serve the footage of all groups, those that are added later too."""
    hass.http.register_view(ClipView(hass))
    hass.http.register_view(PictureView(hass))


class _SceneView(HomeAssistantView):
    """Finds the scene that a path names."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass

    def _find(self, request: web.Request, name: str) -> tuple[Library, Camera, int]:
        """Return where a scene is, its camera, and when it begins.

        Raises:
            HTTPNotFound: There is no such scene.
            HTTPForbidden: It is not for this user.
        """
        group, camera, start = _from_path(name)
        library = loaded_libraries(self._hass).get(group)
        if library is None:
            raise web.HTTPNotFound
        if not library.open_to(request[KEY_HASS_USER]):
            raise web.HTTPForbidden
        return library, camera, start


async def _had(file: Awaitable[Path]) -> Path:
    """Return the file of a scene.

    Raises:
        HTTPNotFound: There is no such scene.
        HTTPServiceUnavailable: It can't be had now; the text says why.
    """
    try:
        return await file
    except FileNotFoundError:
        raise web.HTTPNotFound from None
    except ShelfError as error:
        raise web.HTTPServiceUnavailable(text=str(error)) from None


class ClipView(_SceneView):
    """A scene as a file."""

    url = f"/api/{DOMAIN}/clip/{{scene}}"
    name = f"api:{DOMAIN}:clip"

    async def get(self, request: web.Request, scene: str) -> web.StreamResponse:
        """Send a scene, or the asked part of it."""
        library, camera, start = self._find(request, scene)
        path = await _had(library.file(camera, start))
        name = library.file_name(camera, start)
        # Shown where it is, and saved under a name that says what it is.
        disposition = f"inline; filename*=utf-8''{quote(name, safe='')}"
        headers = {hdrs.CONTENT_TYPE: MIME_TYPE, hdrs.CONTENT_DISPOSITION: disposition}
        return web.FileResponse(path, headers=headers | _PRIVATE)

    head = get


class PictureView(_SceneView):
    """The first picture of a scene, small."""

    url = f"/api/{DOMAIN}/picture/{{scene}}"
    name = f"api:{DOMAIN}:picture"

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(hass)
        self._pictures = Pictures()

    async def get(self, request: web.Request, scene: str) -> web.Response:
        """Send the picture."""
        library, camera, start = self._find(request, scene)
        path = await _had(library.beginning(camera, start))
        try:
            picture = await self._pictures.of(path)
        except PictureError:
            raise web.HTTPNotFound from None
        return web.Response(body=picture, content_type="image/jpeg", headers=_PRIVATE)
