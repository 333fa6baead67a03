"""Reads what the writer wrote: whole files, and files that end in mid-fragment.

A file may come from anywhere. Whatever it holds, the reader keeps the boxes of one fragment
(1 MiB) and one sample (64 MiB), and raises nothing but `FootageError` and `OSError`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import io
import struct
from typing import BinaryIO, NamedTuple

from ..errors import DamagedFootageError, EmptyFootageError
from ..model import CLOCK_RATE, VideoTrack
from ..ntp import from_ntp
from .boxes import HEAD, find, parse_head

MAX_BOX = 1 << 20
"""Bytes of a header box; the writer's stay below 1 KiB plus 12 bytes a frame."""
MAX_MDAT = 64 << 20
"""Bytes of a fragment's frames: a second at 500 Mbit/s."""
MAX_NAL_UNITS = 4096
"""NAL units of a frame: slices of one macroblock row each would be 270 at 4K."""

_PER_SAMPLE = struct.Struct(">III")
_TRUN_FLAGS = 0x000701
_NOT_KEY = 0x00010000
_AVC1_HEAD = 78


class Sample(NamedTuple):
    """One frame within a file."""

    time: int
    """When the camera captured it: nanoseconds since 1970 UTC."""
    ticks: int
    """When it is due, in ticks since the file's first frame."""
    duration: int
    """In ticks."""
    key: bool
    offset: int
    """Where in the file its bytes are."""
    size: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of frames that stands or falls as one."""

    start: int
    """Its first byte in the file."""
    end: int
    """The byte after its last."""
    samples: tuple[Sample, ...]


class Mp4Reader:
    """Reads one file that is open for reading, and for no one else to seek in.

    Attributes:
        track: What a decoder needs before the first frame.
        end: The byte after the last fragment read so far; before any, after the header.

    Raises:
        EmptyFootageError: The file ends within its header.
        DamagedFootageError: It is no file of ours. Fragments and frames raise this too.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = 0
        ftyp = self._find(0, b"ftyp", MAX_BOX)
        moov = self._find(ftyp, b"moov", MAX_BOX) if ftyp is not None else None
        if ftyp is None or moov is None:
            raise EmptyFootageError("The file ends before its first fragment.")
        try:
            self.track = _parse_track(self._read(ftyp, moov))
        except struct.error as error:
            raise DamagedFootageError("The header of the file is cut short.") from error
        self.end = moov

    def fragments(self) -> Iterator[Fragment]:
        """Yield the whole fragments in order, and stop where the file is cut off.

        Called again after the file has grown, it goes on where it stopped.
        """
        while (fragment := self._next()) is not None:
            self.end = fragment.end
            yield fragment

    def nal_units(self, sample: Sample) -> list[bytes]:
        """Return the NAL units of a frame, parameter sets that stand in the header excepted."""
        self._file.seek(sample.offset)
        data = self._file.read(sample.size)
        if len(data) < sample.size:
            raise DamagedFootageError("The file was cut while it was read.")
        units: list[bytes] = []
        position = 0
        while position < len(data):
            start = position + 4
            position = start + int.from_bytes(data[position:start])
            if position == start or position > len(data) or len(units) == MAX_NAL_UNITS:
                raise DamagedFootageError("A frame does not consist of NAL units.")
            units.append(data[start:position])
        return units

    def _next(self) -> Fragment | None:
        start = self.end
        prft = self._find(start, b"prft", MAX_BOX)
        moof = self._find(prft, b"moof", MAX_BOX) if prft is not None else None
        mdat = self._find(moof, b"mdat", MAX_MDAT) if moof is not None else None
        if prft is None or moof is None or mdat is None:
            return None
        try:
            sizes = _parse_moof(self._read(prft, moof), moof - prft, mdat - moof)
            return Fragment(start, mdat, _samples(self._read(start, prft), *sizes, moof + HEAD))
        except struct.error as error:
            raise DamagedFootageError("The header of a fragment is cut short.") from error

    def _find(self, offset: int, kind: bytes, limit: int) -> int | None:
        """Return the end of the box of that kind that begins there, None if it is cut off."""
        if not self._holds(offset + HEAD):
            return None
        found, size = parse_head(self._read(offset - HEAD, offset + HEAD))
        if found != kind:
            raise DamagedFootageError(f"The file has no {kind.decode()} box where one belongs.")
        if size > limit:
            raise DamagedFootageError(f"A {kind.decode()} box of the file is too large.")
        return offset + size if self._holds(offset + size) else None

    def _holds(self, end: int) -> bool:
        """Whether the file has that many bytes; it may be growing."""
        if end > self._size:
            self._size = self._file.seek(0, io.SEEK_END)
        return end <= self._size

    def _read(self, start: int, end: int) -> memoryview:
        """Return the payload of the box from `start` to `end`."""
        self._file.seek(start + HEAD)
        return memoryview(self._file.read(end - start - HEAD))


def _parse_track(moov: memoryview) -> VideoTrack:
    media = find(moov, b"trak", b"mdia")
    (timescale,) = struct.unpack_from(">I", find(media, b"mdhd"), 12)
    if timescale != CLOCK_RATE:
        raise DamagedFootageError("The file counts time in another unit than ours do.")
    entry = find(find(media, b"minf", b"stbl", b"stsd")[8:], b"avc1")
    width, height = struct.unpack_from(">HH", entry, 24)
    configuration = find(entry[_AVC1_HEAD:], b"avcC")
    sps, rest = _parameter_set(configuration[6:])
    pps, _ = _parameter_set(rest[1:])
    return VideoTrack(sps=sps, pps=pps, width=width, height=height)


def _parameter_set(data: memoryview) -> tuple[bytes, memoryview]:
    """Return the parameter set behind its length, and what follows it."""
    (size,) = struct.unpack_from(">H", data)
    if not 0 < size <= len(data) - 2:
        raise DamagedFootageError("The file's parameter sets are cut off.")
    return bytes(data[2 : 2 + size]), data[2 + size :]


def _parse_moof(moof: memoryview, size: int, mdat: int) -> tuple[int, memoryview]:
    """Return the time of the first sample, in ticks, and the table of all samples."""
    traf = find(moof, b"traf")
    (start,) = struct.unpack_from(">Q", find(traf, b"tfdt"), 4)
    trun = find(traf, b"trun")
    flags, count, data_offset = struct.unpack_from(">III", trun)
    table = trun[12:]
    if flags != _TRUN_FLAGS or len(table) != count * _PER_SAMPLE.size or not count:
        raise DamagedFootageError("A fragment does not describe its frames as ours do.")
    total = sum(size for _, size, _ in _PER_SAMPLE.iter_unpack(table))
    if data_offset != size + HEAD or total != mdat - HEAD:
        raise DamagedFootageError("The frames of a fragment do not fill it.")
    return start, table


def _samples(prft: memoryview, start: int, table: memoryview, offset: int) -> tuple[Sample, ...]:
    stamp, anchor = struct.unpack_from(">QQ", prft, 8)
    captured = from_ntp(stamp)
    samples = []
    ticks = start
    for duration, size, flags in _PER_SAMPLE.iter_unpack(table):
        time = captured + (ticks - anchor) * 1_000_000_000 // CLOCK_RATE
        samples.append(Sample(time, ticks, duration, not flags & _NOT_KEY, offset, size))
        ticks += duration
        offset += size
    return tuple(samples)
