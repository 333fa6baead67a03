"""Small files for their owner alone, written whole or not at all. Plain synchronous code."""

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Bring a file to the disk, in place of any other; OSError where that fails."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
