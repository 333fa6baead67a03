"""Whether a recorder's folder is of use for giving footage back, tried out."""

import errno
import os
from pathlib import Path
import tempfile

from ..archive import MARK as ARCHIVE_MARK
from .lookout import count
from .model import Inspection, Target, TransferError, TransferProblem
from .naming import Names
from .target import MARK, PARTIAL, adapt, problem_of, publish


def inspect(target: Target, own: Path, *, mark: bool) -> Inspection:
    """Find out whether footage can be given into a folder, by making a file and renaming it.

    Args:
        target: The folder, and how the recorder names what is in it.
        own: The engine's own footage.
        mark: Whether to mark the folder if all is well.
    """
    folder = Path(target.folder)
    try:
        names = Names(target)
        _refuse_own(_resolve(folder), own.resolve())
        recognised, newest = count(names, folder)
        links = _try(_nearest(names, folder))
        if mark:
            (folder / MARK).touch()
            adapt(folder / MARK, folder)
        disk = os.statvfs(folder)
    except OSError as error:
        problem = problem_of(error)
        return Inspection(problem=problem.problem, error=str(problem))
    except TransferError as error:
        return Inspection(problem=error.problem, error=str(error))
    return Inspection(
        free=disk.f_bavail * disk.f_frsize,
        total=disk.f_blocks * disk.f_frsize,
        links=links,
        recognised=recognised,
        newest=newest,
    )


def _resolve(folder: Path) -> Path:
    """Return where a folder really is; OSError if it is none."""
    if not folder.is_absolute():
        raise TransferError(TransferProblem.FOLDER_GONE, "The folder's path is not a whole one.")
    if not folder.is_dir():
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return folder.resolve()


def _refuse_own(folder: Path, own: Path) -> None:
    """Raise a TransferError if footage given back would be taken for an engine's own."""
    if own.is_relative_to(folder) or any(
        place == own or (place / ARCHIVE_MARK).is_file() for place in (folder, *folder.parents)
    ):
        raise TransferError(
            TransferProblem.FOLDER_DENIED, "The folder is that of a spare's own footage."
        )


def _nearest(names: Names, folder: Path) -> Path:
    """Return the folder that recordings of the channel are in, as far as it is there."""
    for depth in range(names.depth - 1):
        literal = names.literal(depth)
        if literal is None or not (folder / literal).is_dir():
            break
        folder /= literal
    return folder


def _try(folder: Path) -> bool:
    """Make a file, rename it and remove it; return whether there are links."""
    descriptor, name = tempfile.mkstemp(suffix=PARTIAL, prefix=".nvr-hotspare-", dir=folder)
    partial, final = Path(name), Path(name).with_suffix(".trial")
    try:
        os.write(descriptor, b"trial")
        os.fsync(descriptor)
        links = publish(partial, final)
        final.unlink()
    finally:
        os.close(descriptor)
        partial.unlink(missing_ok=True)
    return links
