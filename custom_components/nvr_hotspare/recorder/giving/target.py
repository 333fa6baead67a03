"""A recorder's folder: whether it is the right one, and how footage gets into it.

The folder is marked when it is set up, and nothing is written into one without the mark: a network
share that is away leaves an empty folder behind, on a disk that was never meant for footage.
"""

from contextlib import suppress
import errno
import fcntl
import os
from pathlib import Path
import stat
from typing import IO

from .model import TransferError, TransferProblem

MARK = ".nvr-hotspare-returns"
"""The file that marks a recorder's folder as one that footage is given back into."""
PARTIAL = ".partial"
"""What the name of a file ends in that is not whole yet."""
_RESERVE = 64 << 20
"""Bytes that are left for what the recorder itself records meanwhile."""
_PROBLEMS = {
    TransferProblem.FOLDER_FULL: (errno.ENOSPC, errno.EDQUOT),
    TransferProblem.FOLDER_READ_ONLY: (errno.EROFS,),
    TransferProblem.FOLDER_DENIED: (errno.EACCES, errno.EPERM),
    TransferProblem.FOLDER_GONE: (
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ENODEV,
        errno.ENOTCONN,
        errno.ESTALE,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
    ),
}
_SENTENCES = {
    TransferProblem.FOLDER_FULL: "The disk of the recorder's folder is full.",
    TransferProblem.FOLDER_READ_ONLY: "The recorder's folder can only be read.",
    TransferProblem.FOLDER_DENIED: "Writing into the recorder's folder is not permitted.",
    TransferProblem.FOLDER_GONE: "The recorder's folder is not there.",
}
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES)


def problem_of(error: OSError) -> TransferError:
    """Return what an error of the folder's disk means."""
    for problem, numbers in _PROBLEMS.items():
        if error.errno in numbers:
            return TransferError(problem, _SENTENCES[problem])
    why = error.strerror or "its disk fails"
    return TransferError(
        TransferProblem.FOLDER_FAILED, f"The recorder's folder can't be written: {why}."
    )


class Folder:
    """A recorder's folder, below which everything stays. Errors of its disk are OSErrors."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def check(self, size: int = 0) -> None:
        """Make sure that this is the folder, and that so many bytes fit in.

        Raises:
            TransferError: It is not, or they don't.
            OSError: Its disk fails.
        """
        if not self.path.is_dir():
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not (self.path / MARK).is_file():
            raise TransferError(
                TransferProblem.FOLDER_GONE,
                "The recorder's folder is not the one that was set up: its mark is missing.",
            )
        disk = os.statvfs(self.path)
        if disk.f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        if disk.f_bavail * disk.f_frsize < size + _RESERVE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def make(self, name: str) -> Path:
        """Return the place of a recording, in folders that are made if they are not there.

        The folder itself never is. What is made belongs to whom the folder belongs to, so that
        the recorder can read it, and delete it when its time has come.

        Raises:
            TransferError: A link leads out of the folder.
            OSError: The disk fails.
        """
        place = self.path
        *folders, last = name.split("/")
        for each in folders:
            inner = place / each
            with suppress(FileExistsError):
                inner.mkdir()
                adapt(inner, place)
            place = inner
        if not place.resolve(strict=True).is_relative_to(self.path.resolve(strict=True)):
            raise TransferError(
                TransferProblem.FOLDER_DENIED, "A link leads out of the recorder's folder."
            )
        return place / last


def adapt(path: Path, folder: Path) -> None:
    """Give what was made in a folder the owner and the permissions of the folder."""
    like = folder.stat()
    mode = stat.S_IMODE(like.st_mode) & (0o7777 if path.is_dir() else 0o666)
    with suppress(PermissionError):
        os.chown(path, like.st_uid, like.st_gid)
    with suppress(PermissionError):
        path.chmod(mode | stat.S_IRUSR | stat.S_IWUSR)


def publish(partial: Path, final: Path) -> bool:
    """Give a file its name, unless another has it, and bring the name to the disk.

    Returns:
        Whether the file system has hard links. Where it has none, another program could take the
        name in the very same moment.

    Raises:
        FileExistsError: Another file has it.
        OSError: The disk fails.
    """
    try:
        final.hardlink_to(partial)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        partial.rename(final)
        links = False
    else:
        partial.unlink()
        links = True
    sync_folder(final.parent)
    return links


def hold(file: IO[bytes]) -> None:
    """Have others know that a file is in use, for as long as it is open."""
    with suppress(OSError):  # the file system has no locks
        fcntl.flock(file, fcntl.LOCK_SH)


def sweep(folder: Path) -> None:
    """Remove what engines that were killed have left in a folder."""
    for path in folder.glob(f"*.mp4.????????{PARTIAL}"):
        with suppress(OSError), path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where its file system knows of that."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
