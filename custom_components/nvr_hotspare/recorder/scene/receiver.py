"""The process that receives one scene: a program that has a recorder play it, and writes a file.

It ends with whoever started it, however that ends: when its stdin is closed, and by the kernel's
hand.
"""

import asyncio
import ctypes
from io import FileIO
import json
import os
from pathlib import Path
import resource
import signal
import sys
import threading
from typing import BinaryIO

from ..errors import SourceError, SourceNotFoundError, SourceUnsupportedError
from ..giving.incoming import Group, IncomingClip
from ..model import Frame, Tracks, VideoFrame
from ..plain import dump, load
from ..replay import open_replay
from .messages import MAX_LINE, Order, Outcome, Trouble

_MAX_MEMORY = 1 << 30
_LARGEST = 64 << 20
"""Bytes of a group of pictures, which is kept in memory."""
_PAUSE = 10_000_000_000
"""Nanoseconds without video after which what comes is another scene."""
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Receive the scene that stdin names, unless stdin ends before; return an exit code."""
    orders = open(0, "rb", buffering=0)  # noqa: SIM115 (a descriptor, for good)
    order = load(Order, json.loads(orders.readline(MAX_LINE)))
    _be_bound(order.most)
    threading.Thread(target=_await_end, args=(orders,), daemon=True).start()
    outcome = _receive(order)
    sys.stdout.write(json.dumps(dump(outcome)) + "\n")
    return 0


def _be_bound(most: int) -> None:
    """Outlive nobody, leave no core with a password in it, stay small, and write no more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    os.nice(5)


def _await_end(orders: BinaryIO) -> None:
    while orders.read(MAX_LINE):
        pass
    os._exit(1)


def _receive(order: Order) -> Outcome:
    try:
        with Path(order.path).open("x+b", buffering=0) as file:
            scene = _SceneFile(file, order)
            asyncio.run(_play(order, scene))
        if scene.is_empty:
            return Outcome(trouble=Trouble.NOTHING, text="The recorder plays nothing.")
    except SourceNotFoundError as error:
        return Outcome(trouble=Trouble.NOTHING, text=str(error))
    except SourceError as error:
        return Outcome(trouble=Trouble.SOURCE, text=str(error))
    except OSError as error:
        return Outcome(trouble=Trouble.DISK, text=f"The file can't be written: {error.strerror}.")
    return Outcome()


async def _play(order: Order, scene: _SceneFile) -> None:
    async with open_replay(order.replay, order.span) as stream:
        async for tracks, frame in stream:
            if not scene.add(tracks, frame):
                break
    scene.end()


class _SceneFile:
    """The file of a scene, into which frames are put group by group."""

    def __init__(self, file: FileIO, order: Order) -> None:
        self._file = file
        self._order = order
        self._group: Group | None = None
        self._clip: IncomingClip | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been written."""
        return self._clip is None

    def add(self, tracks: Tracks, frame: Frame) -> bool:
        """Take a frame; return whether the scene goes on."""
        if isinstance(frame, VideoFrame) and frame.key:
            if self._group is not None:
                if not self._parts(self._group, tracks, frame):
                    self._write(self._group, frame)
                elif self._is_wanted(self._group):
                    return False
            self._group = Group(tracks, [frame], size=frame.size)
            return not self._order.picture
        if self._group is not None:
            if isinstance(frame, VideoFrame):
                self._group.video.append(frame)
            else:
                self._group.audio.append(frame)
            self._group.size += frame.size
            if self._group.size > _LARGEST:
                raise SourceUnsupportedError("The recorder's footage has too few key frames.")
        return True

    def end(self) -> None:
        """Write what is left, and the index."""
        if self._group is not None:
            self._write(self._group, None)
        if self._clip is not None:
            self._clip.end()

    def _parts(self, group: Group, tracks: Tracks, key: VideoFrame) -> bool:
        """Tell whether this key frame can't stand in one file with the group before it."""
        return tracks != group.tracks or key.time - group.video[-1].time > _PAUSE

    def _is_wanted(self, group: Group) -> bool:
        """Tell whether a group is of this scene, and not of what was recorded before it."""
        return self._clip is not None or group.video[-1].time >= self._order.span.start

    def _write(self, group: Group, following: VideoFrame | None) -> None:
        if self._clip is None:
            self._clip = IncomingClip(self._file, group)
        self._clip.add(group, following)
