"""Starting the engine's process, and where it is reached. Plain synchronous code."""

from collections.abc import Iterator
from contextlib import suppress
import hashlib
import os
from pathlib import Path
import socket
import stat
import subprocess
import sys
import tempfile

from .errors import EngineGoneError
from .program import MAIN

_SOCKET = "engine.sock"
_MAX_PATH = 107
"""Bytes of a Unix socket's path on Linux (unix(7))."""
_START = 20.0
"""Seconds that an engine may take to listen."""


def sockets(state: Path) -> Iterator[Path]:
    """Yield where an engine with this private folder may listen, the best place first."""
    if len(os.fsencode(state / _SOCKET)) <= _MAX_PATH:
        yield state / _SOCKET
    # A folder's path may be too long, or its file system, as of a network share, have no sockets.
    name = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:16]
    yield Path(tempfile.gettempdir()) / f"nvr-hotspare-{os.geteuid()}-{name}" / _SOCKET


def launch(state: Path, folder: Path) -> None:
    """Start an engine that goes on by itself, and wait until it listens.

    Args:
        state: Its private folder, which is made if there is none.
        folder: Marked for footage.

    Raises:
        EngineGoneError: It does not start; the text says why.
    """
    try:
        make_private(state)
        state.chmod(0o700)
        address = next(filter(_takes_sockets, sockets(state)), None)
        if address is None:
            raise EngineGoneError("There is no place for the engine's socket.")
        subprocess.run(  # noqa: S603 (no shell, and no argument from outside)
            [
                sys.executable,
                "-I",
                MAIN,
                *("--socket", address, "--folder", folder, "--state", state, "--detach"),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            timeout=_START,
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason"])[-1]
        raise EngineGoneError(f"The engine does not start: {last}") from None
    except subprocess.TimeoutExpired:
        raise EngineGoneError("The engine does not start in time.") from None
    except OSError as error:
        raise EngineGoneError(f"The engine can't be started: {error.strerror}.") from error


def make_private(folder: Path) -> None:
    """Make a folder for its owner alone, if there is none; OSError if it is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError(None, "The engine's folder belongs to somebody else")


def _takes_sockets(address: Path) -> bool:
    """Tell whether a socket can be made at an address, by making one beside it."""
    trial = address.with_name("trial.sock")
    with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        make_private(address.parent)
        trial.unlink(missing_ok=True)
        probe.bind(os.fspath(trial))
        trial.unlink()
        return True
    return False
