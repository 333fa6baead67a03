"""What was given back, one file a job: lines of JSON, each on the disk before what it tells of.

Before a file is made, a line names it: so what an engine that was killed has left is found. When
it is proven, another line tells what is in it, before it gets its name. A line that a power cut
left unfinished counts for nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import json
import os
from pathlib import Path

from ..plain import PlainError, dump, load
from ..spans import Span

_MAX_SIZE = 64 << 20
"""Bytes that are read: a month of clips of a minute."""
_KEPT = 1000
"""Ledgers that are kept, the latest ones."""
_SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file that was given back and verified, or that was only begun."""

    name: str = ""
    """Its path in the recorder's folder."""
    partial: str = ""
    """The path of one that was only begun."""
    covered: tuple[Span, ...] = ()
    """What it covers."""
    frames: int = 0
    """Of video."""
    overlap: int = 0
    """Of these, those that belong into no gap."""
    size: int = 0
    sha256: str = ""


class Ledger:
    """What one job has done. All errors of the disk are OSErrors."""

    def __init__(self, folder: Path, job: str) -> None:
        """Keep a job's ledger in a folder, which is made for the first one."""
        self._path = folder / (job + _SUFFIX)

    def begin(self, partial: str) -> None:
        """Note that a file is about to be made."""
        self._write(Entry(partial=partial))

    def add(self, entry: Entry) -> None:
        """Note that a file is proven."""
        self._write(entry)

    def resume(self, folder: Path) -> list[Entry]:
        """Remove from a folder what was only begun; return what was given into it and is there."""
        given: dict[str, Entry] = {}
        begun: set[str] = set()
        for entry in self._read():
            if entry.partial:
                begun.add(entry.partial)
            else:
                # What was noted twice has the later name: the other one was taken.
                given[entry.sha256] = entry
        for partial in begun:
            (folder / partial).unlink(missing_ok=True)
        return [entry for entry in given.values() if _size(folder / entry.name) == entry.size]

    def _read(self) -> Iterator[Entry]:
        try:
            with self._path.open("rb") as file:
                lines = file.read(_MAX_SIZE).split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            try:
                yield load(Entry, json.loads(line))
            except ValueError, RecursionError, PlainError:
                continue

    def _write(self, entry: Entry) -> None:
        is_new = not self._path.exists()
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, b"\n" + json.dumps(dump(entry)).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _tidy(self._path.parent)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError, NotADirectoryError:
        return None


def _tidy(folder: Path) -> None:
    """Bring the names to the disk, and remove ledgers of long ago."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    files = sorted(folder.glob("*" + _SUFFIX), key=lambda path: path.stat().st_mtime_ns)
    for path in files[:-_KEPT]:
        path.unlink(missing_ok=True)
