"""Pieces of the archive into files of their own, without a frame being touched.

Where a clip is given back as a whole it is copied as it stands, its index included. Of others,
fragments are copied one by one, with new numbers in their heads. The system moves the bytes.
"""

import errno
from io import FileIO
import os
import threading
from typing import BinaryIO

from ..errors import DamagedFootageError
from ..mp4.index import write_index
from ..mp4.reader import Mp4Reader
from ..mp4.splice import beginning, header, parts, renumber
from .pace import Pace
from .pieces import Piece

_NOT_THERE = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF, errno.EPERM)
"""What file systems say that don't copy by themselves."""
_BUFFER = 1 << 20


def copy(source: BinaryIO, piece: Piece, file: FileIO, pace: Pace, stop: threading.Event) -> None:
    """Copy a piece of a clip into a new file.

    Raises:
        DamagedFootageError: The clip is not what it was.
        StoppedError: `stop` was set.
        OSError: The disk of one of them fails.
    """
    _Copier(source, file, pace, stop).copy(piece)


class _Copier:
    def __init__(self, source: BinaryIO, file: FileIO, pace: Pace, stop: threading.Event) -> None:
        self._file = file
        self._source = source
        self._from = source.fileno()
        self._to = file.fileno()
        self._pace = pace
        self._stop = stop
        self._by_itself = True
        """Whether the system copies."""

    def copy(self, piece: Piece) -> None:
        if piece.whole:
            self._move(0, piece.end)
            return
        reader = Mp4Reader(self._source)
        write(self._file, header(reader, self._from))
        base: int | None = None
        for number, part in enumerate(parts(self._from, piece.start, piece.end), start=1):
            if base is None:
                base = beginning(part, reader.tracks)
            write(self._file, renumber(part, reader.tracks, number, base))
            self._move(part.data, part.end)
        write_index(self._file)

    def _move(self, start: int, end: int) -> None:
        """Append bytes of the clip to the file."""
        while start < end:
            count = min(end - start, self._pace.chunk)
            self._pace.take(count, self._stop)
            count = self._move_some(start, count)
            if not count:
                raise DamagedFootageError("A clip was cut while it was read.")
            start += count

    def _move_some(self, start: int, count: int) -> int:
        if self._by_itself:
            try:
                return os.copy_file_range(self._from, self._to, count, start)
            except OSError as error:
                if error.errno not in _NOT_THERE:
                    raise
                self._by_itself = False
        return self._file.write(os.pread(self._from, min(count, _BUFFER), start))


def write(file: FileIO, data: bytes | bytearray) -> None:
    """Write all of it; OSError where the disk is full or fails."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
