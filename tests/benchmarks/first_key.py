"""How long a contender takes from a camera's first key frame to a file that shows it."""

import asyncio
from pathlib import Path
import time

from virtual_nvr.cameras import sending_time
from virtual_nvr.clip import ClipFormat

from .contenders import Contender
from .site import Site

_WITHIN = 60.0
_INTERVAL = 0.004
"""Seconds between looks at the files: what is told may be that much too long."""


async def first_keys_to_disk(contender: Contender, site: Site, folder: Path) -> dict[int, float]:
    """Wait until every camera's first key frame can be read, and return after how long it could.

    The time runs from when the camera sent the first key frame after PLAY, even where a
    contender's file begins with a later one. In milliseconds, by camera.
    """
    watched = {camera: _Watched(contender, folder, camera) for camera in site.uris}
    waiting = list(watched.values())
    async with asyncio.timeout(_WITHIN):
        while waiting := [file for file in waiting if not file.look()]:
            await asyncio.sleep(_INTERVAL)
    played = site.played()
    return {
        camera: (file.seen - _sent(camera, file.key, played[camera])) / 1e6
        for camera, file in watched.items()
    }


class _Watched:
    """The growing file of one camera.

    Attributes:
        key: The number of its first key frame, once there is one.
        seen: When it could be read.
    """

    def __init__(self, contender: Contender, folder: Path, camera: int) -> None:
        self.key = 0
        self.seen = 0
        self._contender = contender
        self._folder = folder
        self._camera = camera
        self._size = 0

    def look(self) -> bool:
        """Return whether the first key frame can be read."""
        for path in self._contender.files(self._folder, self._camera):
            size = path.stat().st_size
            if size == self._size:
                continue
            self._size = size
            now = time.time_ns()
            for stamp, key in self._contender.frames(path):
                if key:
                    self.key, self.seen = stamp.frame, now
                    return True
        return False


def _sent(camera: int, key: int, played: int) -> int:
    """Return when the first key frame since PLAY was sent, of which `key` is one or a later."""
    gop = ClipFormat().gop
    while sending_time(camera, key - gop) >= played:
        key -= gop
    return sending_time(camera, key)
