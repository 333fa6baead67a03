"""One process at a time: a lock on a file that ends with the process, however it ends."""

from contextlib import suppress
import fcntl
import os
from pathlib import Path
import time

from .errors import EngineBusyError

_PAUSE = 0.1
"""Seconds between tries."""


class FileLock:
    """A lock on a file, which may be replaced by another while it is held."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self, within: float = 0.0) -> None:
        """Hold the lock of the file that is there now, and make it if there is none.

        A file system without locks is trusted: network shares have them as a rule.

        Args:
            within: Seconds to wait for another process to let go of it.

        Raises:
            EngineBusyError: Another process holds it.
            OSError: The file can't be opened.
        """
        if self._descriptor is not None:
            if self._holds():
                return
            self.drop()
        # For reading, so that it keeps nobody from making the disk read-only.
        descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + within
        while not _lock(descriptor):
            if time.monotonic() >= until:
                os.close(descriptor)
                raise EngineBusyError(f"Another engine works in {self._path.parent}.")
            time.sleep(_PAUSE)
        self._descriptor = descriptor

    def drop(self) -> None:
        """Let go of the lock."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None

    def _holds(self) -> bool:
        assert self._descriptor is not None  # noqa: S101 (narrows the type)
        with suppress(OSError):
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        return False


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
