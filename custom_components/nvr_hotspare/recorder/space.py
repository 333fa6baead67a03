"""How much footage is kept: within a limit, for as long as promised, above a floor of free disk.

Footage goes when its promised days are over or, where room is needed, when its copy was given
back and verified, the oldest first. No other footage is ever deleted: that room runs out is
reported instead, and at the floor nothing more is written until there is room again.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
import os
import time

from .archive import Archive, Clip
from .orders import Settings
from .report import StorageReport, StorageState
from .returned import forget_returned, returned

_DAY = 86_400_000_000_000
_LONGEST_CLIP = 300_000_000_000
"""Nanoseconds that a clip lasts at most, its last GOP included."""
_SOON = 3600.0
"""Seconds until nothing can be written any more that are worth a warning."""
_MARGIN = 64 << 20
"""Bytes above the floor that are needed to write again, so that it does not stop at once."""
_RECOUNT = 60.0
"""Seconds from one count of all files to the next."""


@dataclass(frozen=True, slots=True)
class _File:
    clip: Clip
    channel: str
    size: int
    returned: bool


class Space:
    """Keeps an archive within its space. Plain synchronous code.

    `look` is quick; `tidy` and `delete` go through all files, which may take minutes on a network
    share, in one thread at a time.

    Attributes:
        holding: The channels that there is footage of.
        stopping: Set to end what takes long.
    """

    def __init__(self, archive: Archive) -> None:
        self.holding: frozenset[str] = frozenset()
        self.stopping = False
        self._archive = archive
        self._used = 0
        self._deletable = 0
        """Bytes of footage that may go when room is needed."""
        self._free = 0
        self._count_at = 0.0
        self._full = False

    def look(self, settings: Settings, rate: float) -> StorageReport:
        """Tell how things stand.

        Args:
            settings: What is wanted.
            rate: Bytes that are written each second.
        """
        try:
            self._archive.check()
            disk = os.statvfs(self._archive.folder)
        except OSError as error:
            return unavailable(error.strerror or "The disk fails", settings)
        if disk.f_flag & os.ST_RDONLY:
            return unavailable("The disk can only be read", settings)
        return self._judge(settings, disk, rate)

    def recount(self) -> None:
        """Have `tidy` called at once: something has changed that no look sees."""
        self._count_at = 0.0

    def due(self, settings: Settings) -> bool:
        """Tell whether it is time for `tidy`."""
        crowded = self._deletable and _crowded(settings, self._free, self._used)
        return bool(crowded) or time.monotonic() >= self._count_at

    def tidy(self, settings: Settings) -> None:
        """Count the files and delete what is over its time or, for want of room, returned."""
        self._count_at = time.monotonic() + _RECOUNT
        free = _free(os.statvfs(self._archive.folder))
        files = sorted(self._files(), key=lambda file: file.clip.start)
        used = sum(file.size for file in files)
        promised = time.time_ns() - settings.days * _DAY - _LONGEST_CLIP
        kept = []
        for file in files:
            over = settings.days > 0 and file.clip.start < promised
            crowded = _crowded(settings, free, used)
            if not file.clip.open and (over or (file.returned and crowded)):
                file.clip.path.unlink(missing_ok=True)
                used -= file.size
                free += file.size
            else:
                kept.append(file)
        self._used = used
        self._deletable = sum(file.size for file in kept if file.returned)
        self.holding = frozenset(file.channel for file in kept)

    def delete(self, channel: str) -> None:
        """Delete all footage of a channel that is not being written; OSError as the disk has it."""
        folder = self._archive.folder / channel
        for clip in self._archive.clips(channel):
            if not clip.open and not self.stopping:
                clip.path.unlink(missing_ok=True)
        if folder.is_dir():
            forget_returned(folder)
            with suppress(OSError):  # somebody else's files stand in it
                folder.rmdir()

    def _files(self) -> Iterator[_File]:
        for channel in self._archive.channels():
            if self.stopping:
                return
            marks = returned(self._archive.folder / channel)
            for clip in self._archive.clips(channel):
                with suppress(FileNotFoundError):  # closed, and so renamed, a moment ago
                    size = clip.path.stat().st_size
                    yield _File(clip, channel, size, clip.path.name in marks)

    def _judge(self, settings: Settings, disk: os.statvfs_result, rate: float) -> StorageReport:
        free = self._free = _free(disk)
        state, error = StorageState.OK, ""
        self._full = free < settings.free_floor + (_margin(settings) if self._full else 0)
        left = free - settings.free_floor + self._deletable
        if self._full:
            state, error = StorageState.FULL, "The disk has no more than its reserve left"
        elif 0 < settings.space_limit < self._used:
            state = StorageState.FULL_SOON
            error = "There is more footage than the limit allows, and none of it may be deleted"
        elif left < rate * _SOON:
            state, error = StorageState.FULL_SOON, "The disk will be full within an hour"
        return StorageReport(
            state=state,
            error=error,
            used=self._used,
            limit=settings.space_limit,
            free=free,
            total=disk.f_blocks * disk.f_frsize,
            floor=settings.free_floor,
        )


def _crowded(settings: Settings, free: int, used: int) -> bool:
    return free < settings.free_floor + _margin(settings) or 0 < settings.space_limit < used


def _margin(settings: Settings) -> int:
    return min(_MARGIN, settings.free_floor // 4)


def _free(disk: os.statvfs_result) -> int:
    return disk.f_bavail * disk.f_frsize


def unavailable(error: str, settings: Settings) -> StorageReport:
    """Return what is told of a disk that can't be used."""
    return StorageReport(
        state=StorageState.UNAVAILABLE,
        error=error,
        limit=settings.space_limit,
        floor=settings.free_floor,
    )
