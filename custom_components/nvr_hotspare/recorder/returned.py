"""Which clips were given back and verified: their names in a file beside them, one a line."""

from collections.abc import Iterable
import os
from pathlib import Path

_NAME = ".returned"
_MAX_SIZE = 64 << 20


def mark_returned(folder: Path, clips: Iterable[str]) -> None:
    """Add clips of a channel's folder, by file name; OSError where the disk fails."""
    new = set(clips) - returned(folder)
    descriptor = os.open(folder / _NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 (a descriptor)
        # A line that a power cut left unfinished spoils no other.
        file.writelines(f"\n{name}\n" for name in sorted(new) if "\n" not in name)
        file.flush()
        os.fsync(descriptor)


def returned(folder: Path) -> frozenset[str]:
    """Return the names of the clips of a channel's folder that were given back."""
    try:
        with (folder / _NAME).open("rb") as file:
            return frozenset(file.read(_MAX_SIZE).decode(errors="replace").split("\n"))
    except FileNotFoundError:
        return frozenset()


def forget_returned(folder: Path) -> None:
    """Remove the list, when the clips are gone."""
    (folder / _NAME).unlink(missing_ok=True)
