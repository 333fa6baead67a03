"""Scenes of other recorders, fetched when somebody looks at them, and kept for a while.

A process of its own fetches each (`recorder.scene`), into a folder that no backup includes. The
engine that gives footage back could do it too, but is not there while nothing is owed, counts and
proves what it does for a folder that is kept, and does it one after the other: who looks at a
scene would wait for hours of others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import hashlib
from pathlib import Path
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..recorder.giving.model import Replay
from ..recorder.scene.child import receive
from ..recorder.scene.messages import Order, Trouble
from ..recorder.spans import Span
from .scene_folder import MOST, SceneFolder
from .shelf import ShelfError

_WITHIN: Final = 120.0
"""Seconds that a scene may take."""
_PICTURE_WITHIN: Final = 20.0
_AT_ONCE: Final = 2
"""Scenes, and pictures: recorders have few replay sessions."""


@dataclass(slots=True)
class _Fetch:
    """A scene on its way, for so many who wait for it."""

    task: asyncio.Task[Path]
    waiting: int = 0


class Scenes:
    """Fetches scenes, each once however many want it, and as long as anybody does."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, folder: Path) -> None:
        self._hass = hass
        self._entry = entry
        self._folder = SceneFolder(hass, folder)
        self._fetches: dict[str, _Fetch] = {}
        self._places = {picture: asyncio.Semaphore(_AT_ONCE) for picture in (False, True)}

    async def open(self) -> None:
        """Begin with nothing, whatever was left."""
        await self._folder.clear()

    async def close(self) -> None:
        """End all fetches and remove what was fetched."""
        tasks = [fetch.task for fetch in self._fetches.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._folder.clear()

    async def file(
        self,
        camera: str,
        span: Span,
        recorder: str,
        replay: Callable[[], Awaitable[Replay]],
        *,
        picture: bool,
    ) -> Path:
        """Return the file of a scene.

        Args:
            camera: Names spare and camera, for good.
            span: When the scene is.
            recorder: What the spare is called.
            replay: Asks where it plays the camera.
            picture: Whether the first key frame will do.

        Raises:
            FileNotFoundError: The recorder has no footage of that time.
            ShelfError: It does not play it, or it can't be kept.
        """
        name = _name(camera, span.start, picture=False)
        if (path := self._folder.find(name)) is not None:
            return path
        if picture:
            name = _name(camera, span.start, picture=True)
            if (path := self._folder.find(name)) is not None:
                return path
        fetch = self._fetches.get(name)
        if fetch is None:
            work = self._fetch(name, span, recorder, replay, picture=picture)
            task = self._entry.async_create_background_task(self._hass, work, "fetch a scene")
            fetch = self._fetches[name] = _Fetch(task)
            task.add_done_callback(lambda _: self._forget(name, fetch))
        fetch.waiting += 1
        try:
            return await asyncio.shield(fetch.task)
        finally:
            fetch.waiting -= 1
            if not fetch.waiting:
                fetch.task.cancel()
                self._forget(name, fetch)

    def _forget(self, name: str, fetch: _Fetch) -> None:
        if self._fetches.get(name) is fetch:
            del self._fetches[name]

    async def _fetch(
        self,
        name: str,
        span: Span,
        recorder: str,
        replay: Callable[[], Awaitable[Replay]],
        *,
        picture: bool,
    ) -> Path:
        async with self._places[picture]:
            path = await self._folder.new_path(name)
            order = Order(
                replay=await replay(), span=span, path=str(path), most=MOST, picture=picture
            )
            outcome = await receive(order, _PICTURE_WITHIN if picture else _WITHIN)
            match outcome.trouble:
                case None:
                    return await self._folder.keep(path, name)
                case Trouble.NOTHING:
                    raise FileNotFoundError
                case Trouble.DISK:
                    raise ShelfError("scene_no_room")
                case _:
                    raise ShelfError("scene_not_played", name=recorder, reason=outcome.text)


def _name(camera: str, start: int, *, picture: bool) -> str:
    """Return what a scene's file is called: nothing that others choose stands in it."""
    return hashlib.sha256(f"{camera}\n{start}\n{picture}".encode()).hexdigest()[:32]
