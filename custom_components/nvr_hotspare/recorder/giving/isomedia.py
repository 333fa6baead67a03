"""How long a recording of another program lasts: any file of ISO/IEC 14496-12, fragmented or not.

A file may come from anywhere, and may be growing. Heads of boxes are read, and small payloads; what
is cut off at the end counts as not being there.
"""

from collections.abc import Iterator
import io
import struct
from typing import BinaryIO, NamedTuple

_MAX_BOXES = 200_000
"""Of one file: a day of parts of a second has as many."""
_MAX_PAYLOAD = 1 << 20
_MAX_SECONDS = 7 * 86_400
_SECOND = 1_000_000_000
_DURATION, _PER_SAMPLE = 0x000100, (0x000100, 0x000200, 0x000400, 0x000800)
"""Flags of a trun box: the table has durations; each of these takes four bytes a sample."""
_DATA_OFFSET, _FIRST_FLAGS = 0x000001, 0x000004
_BASE, _DESCRIPTION, _DEFAULT = 0x000001, 0x000002, 0x000008
"""Flags of a tfhd box."""


class _Box(NamedTuple):
    kind: bytes
    start: int
    """Of its payload."""
    end: int


def length(file: BinaryIO) -> int | None:
    """Return how long a recording lasts, in nanoseconds; None if it does not tell.

    Raises:
        OSError: The disk fails.
    """
    try:
        return _Film(file).length()
    except struct.error, ValueError, ZeroDivisionError, OverflowError:
        return None


class _Film:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MAX_BOXES
        self._rates: dict[int, int] = {}
        """Ticks per second by track."""
        self._usual: dict[int, int] = {}
        """Ticks of a sample, where nothing else is said."""
        self._begins: dict[int, int] = {}
        self._ends: dict[int, int] = {}

    def length(self) -> int | None:
        size = self._file.seek(0, io.SEEK_END)
        told = 0
        for box in self._boxes(0, size):
            if box.kind == b"moov":
                told = self._read_moov(box)
            elif box.kind == b"moof":
                self._read_moof(box)
        played = (
            max(
                (self._ends[track] - begin) * _SECOND // self._rates[track]
                for track, begin in self._begins.items()
            )
            if self._begins
            else 0
        )
        found = max(told, played)
        return found if 0 < found <= _MAX_SECONDS * _SECOND else None

    def _read_moov(self, moov: _Box) -> int:
        """Take in what all fragments share; return the length that is told, 0 if none is."""
        rate = told = 0
        for box in self._boxes(moov.start, moov.end):
            if box.kind == b"mvhd":
                rate, told = self._scale(box)
            elif box.kind == b"trak":
                self._read_trak(box)
            elif box.kind == b"mvex":
                for inner in self._boxes(box.start, box.end):
                    if inner.kind == b"trex":
                        track, usual = struct.unpack_from(">4xI4xI", self._payload(inner))
                        self._usual[track] = usual
                    elif inner.kind == b"mehd":
                        data = self._payload(inner)
                        told = max(told, int.from_bytes(data[4 : 12 if data[0] else 8]))
        return told * _SECOND // rate

    def _read_trak(self, trak: _Box) -> None:
        track = rate = 0
        for box in self._boxes(trak.start, trak.end):
            if box.kind == b"tkhd":
                data = self._payload(box)
                (track,) = struct.unpack_from(">I", data, 20 if data[0] else 12)
            elif box.kind == b"mdia":
                for inner in self._boxes(box.start, box.end):
                    if inner.kind == b"mdhd":
                        rate, _ = self._scale(inner)
        if rate:
            self._rates[track] = rate

    def _scale(self, box: _Box) -> tuple[int, int]:
        """Return the ticks per second, and the length, that mvhd and mdhd begin with."""
        data = self._payload(box)
        form, offset = (">IQ", 20) if data[0] else (">II", 12)
        rate, told = struct.unpack_from(form, data, offset)
        unknown = 0xFFFFFFFFFFFFFFFF if data[0] else 0xFFFFFFFF
        return rate, 0 if told == unknown else told

    def _read_moof(self, moof: _Box) -> None:
        for traf in self._boxes(moof.start, moof.end):
            if traf.kind == b"traf":
                self._read_traf(traf)

    def _read_traf(self, traf: _Box) -> None:
        track, usual, due, lasts = 0, 0, None, 0
        for box in self._boxes(traf.start, traf.end):
            data = self._payload(box)
            if box.kind == b"tfhd":
                flags, track = struct.unpack_from(">II", data)
                usual = self._usual.get(track, 0)
                if flags & _DEFAULT:
                    before = 8 * bool(flags & _BASE) + 4 * bool(flags & _DESCRIPTION)
                    (usual,) = struct.unpack_from(">I", data, 8 + before)
            elif box.kind == b"tfdt":
                due = int.from_bytes(data[4 : 12 if data[0] else 8])
            elif box.kind == b"trun":
                lasts += _duration(data, usual)
        if track in self._rates:
            begin = self._ends.get(track, 0) if due is None else due
            self._begins.setdefault(track, begin)
            self._ends[track] = max(self._ends.get(track, 0), begin + lasts)

    def _boxes(self, start: int, end: int) -> Iterator[_Box]:
        """Yield the boxes between two places, but for one that is cut off."""
        while start + 8 <= end:
            self._left -= 1
            if self._left < 0:
                raise ValueError
            self._file.seek(start)
            head = self._file.read(16)
            size, kind = struct.unpack_from(">I4s", head)
            begin = start + 8
            if size == 1:
                size, begin = int.from_bytes(head[8:16]), start + 16
            elif size == 0:
                size = end - start
            if size < begin - start or start + size > end:
                return
            yield _Box(kind, begin, start + size)
            start += size

    def _payload(self, box: _Box) -> bytes:
        if box.end - box.start > _MAX_PAYLOAD:
            raise ValueError
        self._file.seek(box.start)
        return self._file.read(box.end - box.start)


def _duration(trun: bytes, usual: int) -> int:
    """Return how long the samples of a run last."""
    flags, count = int.from_bytes(trun[1:4]), int.from_bytes(trun[4:8])
    if not flags & _DURATION:
        return count * usual
    offset = 8 + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    step = 4 * sum(bool(flags & each) for each in _PER_SAMPLE)
    end = min(offset + count * step, len(trun))  # more samples may be told than there are
    return sum(int.from_bytes(trun[at : at + 4]) for at in range(offset, end, step))
