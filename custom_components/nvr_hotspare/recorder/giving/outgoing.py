"""Files on their way into a recorder's folder: none has its name before it is whole and proven."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
import hashlib
from io import FileIO
import os
from pathlib import Path
import threading
from typing import BinaryIO

from .checking import forget
from .gops import HEADS
from .ledger import Entry, Ledger
from .model import TransferError, TransferProblem
from .naming import Names
from .pace import StoppedError
from .target import PARTIAL, Folder, adapt, hold, problem_of, publish, sweep


@contextmanager
def folder_errors() -> Iterator[None]:
    """Have errors of the folder's disk be TransferErrors that say what they mean."""
    try:
        yield
    except OSError as error:
        raise problem_of(error) from error


@contextmanager
def own_errors() -> Iterator[None]:
    """Have errors of the engine's own disk be TransferErrors."""
    try:
        yield
    except OSError as error:
        why = error.strerror or "it fails"
        raise TransferError(
            TransferProblem.ENGINE_FAILED, f"What was given back can't be noted on the disk: {why}."
        ) from error


class Outgoing:
    """Brings files of one job into a recorder's folder. Its errors are TransferErrors."""

    def __init__(
        self, job: str, folder: Folder, names: Names, ledger: Ledger, stop: threading.Event
    ) -> None:
        self.folder = folder
        self._names = names
        self._ledger = ledger
        self._stop = stop
        self._suffix = f".{hashlib.sha256(job.encode()).hexdigest()[:8]}{PARTIAL}"
        """No other job's."""
        self._swept: set[Path] = set()

    def resume(self) -> list[Entry]:
        """Clear up what an engine that was killed has left; return what it has given."""
        with folder_errors():
            self.folder.check()
            with own_errors():
                return self._ledger.resume(self.folder.path)

    @contextmanager
    def file(self, time: int, size: int = 0) -> Iterator[OutgoingFile]:
        """Make a file for footage that begins at a time; it is removed if it is not delivered.

        Args:
            time: Nanoseconds since 1970 UTC.
            size: Bytes that it will have at least.
        """
        with folder_errors():
            self.folder.check(size)
            place = self._free(time)
            if place.parent not in self._swept:
                self._swept.add(place.parent)
                sweep(place.parent)
        partial = place.with_name(place.name + self._suffix)
        with own_errors():
            self._ledger.begin(self._name(partial))
        with folder_errors():
            partial.unlink(missing_ok=True)  # nobody else's, but of before the ledger was lost
            file = partial.open("x+b", buffering=0)
            hold(file)
        try:
            with folder_errors():
                adapt(partial, partial.parent)
            yield OutgoingFile(file, partial, time)
        finally:
            file.close()
            with folder_errors():
                partial.unlink(missing_ok=True)

    def deliver(self, file: OutgoingFile, proof: Entry) -> Entry:
        """Note that a file is proven, then give it its name; return what was noted.

        Raises:
            StoppedError: The job is to end: the file does not get its name.
        """
        while True:
            with folder_errors():
                place = self._free(file.time)
            entry = replace(proof, name=self._name(place))
            with own_errors():
                self._ledger.add(entry)
            if self._stop.is_set():  # somebody may be looking at what the recorder lacks still
                raise StoppedError
            with folder_errors(), suppress(FileExistsError):
                _date(file.path, proof.covered[-1].end)
                publish(file.path, place)
                return entry

    def _name(self, place: Path) -> str:
        return str(place.relative_to(self.folder.path))

    def _free(self, time: int) -> Path:
        for name in self._names.candidates(time):
            place = self.folder.make(name)
            if not place.exists():
                return place
        raise TransferError(
            TransferProblem.NAME_TAKEN, "The recorder's folder has too many files of one time."
        )


def _date(path: Path, time: int) -> None:
    """Have a file look as if it was written then, for recorders that delete by age."""
    with suppress(PermissionError):
        os.utime(path, ns=(time, time))


class OutgoingFile:
    """A file that is being written. Its errors are OSErrors."""

    def __init__(self, file: FileIO, path: Path, time: int) -> None:
        self.file = file
        self.path = path
        self.time = time

    @contextmanager
    def written(self) -> Iterator[BinaryIO]:
        """End the writing, bring all to the disk, and open it again to be read from there."""
        self.file.close()
        with self.path.open("rb", HEADS) as file:
            hold(file)
            forget(file)
            yield file
