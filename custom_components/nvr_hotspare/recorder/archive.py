"""The recordings on disk: a folder per channel, a file per clip, its name the time it begins.

    <folder>/<channel>/2026-11-23T18-31-00.123456Z.mp4
    <folder>/<channel>/2026-11-23T18-36-00.163456Z.mp4.open     still being written

The files are the truth: there is no index, and whatever stands there with such a name counts.
One process at a time writes into a folder; any number may read. Plain synchronous code.

A folder may be marked by a file in it. What asks for the mark never makes the folder: a network
share that is gone leaves an empty folder behind, on a disk that was never meant for footage.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import errno
import os
from pathlib import Path
import re
import threading
from typing import BinaryIO

from .errors import ArchiveError, DamagedFootageError, EmptyFootageError
from .mp4.index import write_index
from .mp4.reader import Mp4Reader

MARK = ".nvr-hotspare"
"""The file that marks a folder for footage."""
MAX_NAME = 128
"""Characters of a channel's name."""
_MOST_PIECES = os.sysconf("SC_IOV_MAX")
"""How many pieces the kernel takes at once."""
_CLOSED = ".mp4"
_OPEN = ".mp4.open"
_DAMAGED = ".mp4.damaged"
_CHANNEL = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{MAX_NAME - 1}}}", re.ASCII)
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}Z)(\.mp4|\.mp4\.open)", re.ASCII)
_FORMAT = "%Y-%m-%dT%H-%M-%S.%fZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Clip:
    """A file of one channel."""

    path: Path
    start: int
    """When it begins: nanoseconds since 1970 UTC, to the microsecond."""
    open: bool
    """Whether it is still being written, or was when the engine died."""


class OpenClip:
    """A file that is being written. It gets its final name when it is closed."""

    def __init__(self, path: Path, in_hand: set[Path]) -> None:
        """Create the file, in hand until it is closed; FileExistsError where there is one."""
        self.path = path
        self.size = 0
        self._in_hand = in_hand
        self._file = path.open("x+b", buffering=0)
        in_hand.add(path)

    def write(self, *pieces: bytes) -> None:
        """Append a header or a fragment, which may come in pieces, as a whole or not at all.

        Raises:
            OSError: The disk is full or gone.
        """
        size = sum(map(len, pieces))
        try:
            # The kernel puts the pieces together; only what it leaves is put together here.
            written = os.writev(self._file.fileno(), pieces) if len(pieces) <= _MOST_PIECES else 0
            if written < size:
                rest = memoryview(b"".join(pieces))[written:]
                while rest:
                    rest = rest[self._file.write(rest) :]
        except OSError:
            # What follows on half a fragment could never be read.
            self._file.seek(self.size)
            self._file.truncate()
            raise
        self.size += size

    def close(self) -> Path | None:
        """Bring the file to the disk and to its final name, which is returned.

        A file that nothing was written to is removed. One that can't be closed is no longer in
        hand, so that `Archive.recover` may try.
        """
        try:
            with self._file:
                self._file.truncate(self.size)  # where a write failed, cutting back may have too
                if self.size:
                    write_index(self._file)
                os.fsync(self._file.fileno())
            if self.size:
                return _finish(self.path)
            self.path.unlink()
        finally:
            self._in_hand.discard(self.path)
        return None


def mark(folder: Path) -> None:
    """Make a folder for footage, for its owner alone, and mark it; OSError where that fails."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARK).touch(mode=0o600)


class Archive:
    """The clips of all channels in one folder.

    The folder is made when the first clip is, unless it has to be marked.
    """

    def __init__(self, folder: Path, *, marked: bool = False) -> None:
        self.folder = folder
        self._marked = marked
        self._in_hand: set[Path] = set()
        self._opening = threading.Lock()
        self._failed: dict[Path, str] = {}
        """Files that could not be closed, and why."""

    @property
    def left_open(self) -> str:
        """Why a file that should be closed is not, in a sentence; `recover` tries again."""
        why = next(iter(self._failed.copy().values()), "")
        return f"A recording can't be closed: {why}." if why else ""

    def leave_open(self, path: Path, error: OSError) -> None:
        """Remember that a file could not be closed."""
        self._failed[path] = error.strerror or "the disk fails"

    def check(self) -> None:
        """Raise an OSError if the folder should be marked and is not."""
        if self._marked and not (self.folder / MARK).is_file():
            raise OSError(errno.ENOENT, "The folder for footage is gone")

    def open(self, channel: str, start: int) -> OpenClip:
        """Begin a clip of a channel at a time, in nanoseconds since 1970 UTC.

        Where the channel has a clip of that very microsecond, the new one is named after the
        next.

        Raises:
            ArchiveError: The channel can't be the name of a folder.
            OSError: The disk is full or gone.
        """
        folder = self.folder_of(channel)
        self.check()
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)  # brought to the disk with the first clip
        begins = _EPOCH + start // 1000 * _MICROSECOND
        while True:
            final = _unused(folder / (begins.strftime(_FORMAT) + _CLOSED))
            with suppress(FileExistsError), self._opening:
                return OpenClip(final.with_suffix(_OPEN), self._in_hand)
            begins += _MICROSECOND

    def channels(self) -> list[str]:
        """Return the names of the channels that have a folder, in order."""
        if not self.folder.is_dir():
            return []
        return sorted(
            entry.name
            for entry in os.scandir(self.folder)
            if entry.is_dir(follow_symlinks=False) and _CHANNEL.fullmatch(entry.name)
        )

    def clips(self, channel: str) -> list[Clip]:
        """Return the clips of a channel by their start; ArchiveError as in `open`."""
        folder = self.folder_of(channel)
        if not folder.is_dir():
            return []
        found = (_clip(Path(entry)) for entry in os.scandir(folder) if entry.is_file())
        return sorted((clip for clip in found if clip), key=lambda clip: (clip.start, clip.path))

    def recover(self) -> list[Clip]:
        """Close what an engine that was killed, or a disk that failed, left open; return it.

        What is being written is left alone. A file left open is cut back to its last whole
        fragment; one that has none is removed. A file that does not even begin as ours do is not
        footage of ours to delete: it is renamed. One that can't be closed keeps no other from it.
        """
        failed = set(self._failed)
        found = [clip for channel in self.channels() for clip in self.clips(channel) if clip.open]
        with self._opening:  # what is opened after this was not found
            left_open = [clip.path for clip in found if clip.path not in self._in_hand]
        recovered = []
        for path in left_open:
            try:
                with suppress(FileNotFoundError):  # closed since it was found
                    recovered.append(_recover(path))
            except OSError as error:
                failed.discard(path)
                self.leave_open(path, error)
        for path in failed:
            self._failed.pop(path, None)
        return [clip for clip in recovered if clip]

    def folder_of(self, channel: str) -> Path:
        """Return where a channel's clips are; ArchiveError as in `open`. Asks no disk."""
        if not _CHANNEL.fullmatch(channel):
            raise ArchiveError(
                f"A channel's name consists of up to {MAX_NAME} letters, digits, dots, dashes and"
                " underscores, and begins with none of dot and dash."
            )
        return self.folder / channel


def _clip(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        begins = datetime.strptime(match[1], _FORMAT).replace(tzinfo=UTC)
    except ValueError:  # such as a 31st of February
        return None
    return Clip(path, (begins - _EPOCH) // _MICROSECOND * 1000, match[2] == _OPEN)


def _recover(path: Path) -> Clip | None:
    with path.open("r+b") as file:
        try:
            end = _end_of_footage(file)
        except DamagedFootageError:
            path.rename(path.with_suffix("").with_suffix(_DAMAGED))
            return None
        file.truncate(end)
        write_index(file)
        os.fsync(file.fileno())
    if end:
        return _clip(_finish(path))
    path.unlink()
    return None


def _end_of_footage(file: BinaryIO) -> int:
    """Return the end of the last whole fragment, 0 if there is none."""
    try:
        reader = Mp4Reader(file)
    except EmptyFootageError:
        return 0
    header = reader.end
    # After a power cut a file may end in zeros rather than in mid-fragment.
    with suppress(DamagedFootageError):
        for _ in reader.fragments():
            pass
    return reader.end if reader.end > header else 0


def _finish(path: Path) -> Path:
    """Rename an open file into place and return that place."""
    final = _unused(path.with_suffix(""))
    path.rename(final)
    _sync(final.parent)
    _sync(final.parent.parent)  # the channel's folder may be new
    return final


def _unused(path: Path) -> Path:
    """Return the path of a clip, moved on by microseconds until no file has it."""
    while path.exists():
        begins = datetime.strptime(path.name, _FORMAT + _CLOSED).replace(tzinfo=UTC)
        path = path.with_name((begins + _MICROSECOND).strftime(_FORMAT) + _CLOSED)
    return path


def _sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
