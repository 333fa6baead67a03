"""Small pictures of footage. Decoding is done in a process of its own: files may be damaged."""

import asyncio
from collections import OrderedDict
from pathlib import Path
import sys
from typing import Final

_PROGRAM: Final = Path(__file__).parents[1] / "recorder" / "picture.py"
_TIME: Final = 15.0
"""Seconds that a picture may take, the start of the process included."""
_AT_ONCE: Final = 2
_KEPT: Final = 256
"""Pictures of some 10 kB each."""
_MAX_SIZE: Final = 1 << 20


class PictureError(Exception):
    """There is no picture to be had."""


class Pictures:
    """Makes pictures, and keeps the latest."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, bytes] = OrderedDict()
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def of(self, path: Path) -> bytes:
        """Return the first picture of a file as a JPEG.

        Raises:
            PictureError: It can't be decoded, or not in time.
        """
        if path not in self._kept:
            async with self._places:
                self._kept[path] = await _make(path)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(path)
        return self._kept[path]


async def _make(path: Path) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", _PROGRAM, path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_TIME):
            picture, _ = await process.communicate()
    except TimeoutError:
        raise PictureError("The picture takes too long.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not 0 < len(picture) <= _MAX_SIZE:
        raise PictureError("The footage can't be decoded.")
    return picture
