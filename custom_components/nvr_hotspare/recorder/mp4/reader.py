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
from ..model import CLOCK_RATE, NAL_CODECS
from ..ntp import from_ntp
from .boxes import HEAD, boxes, find, parse_head
from .header import AUDIO_ID, KEY_SAMPLE, VIDEO_ID, parse_header
from .writer import (
    AUDIO_RUN,
    AUDIO_SAMPLE,
    REORDERED_RUN,
    REORDERED_SAMPLE,
    VIDEO_RUN,
    VIDEO_SAMPLE,
)

MAX_BOX = 1 << 20
"""Bytes of a header box; the writer's stay below 2 KiB plus 16 bytes a frame."""
MAX_MDAT = 64 << 20
"""Bytes of a fragment's frames: a second at 500 Mbit/s."""
MAX_NAL_UNITS = 4096
"""NAL units of a frame: slices of one macroblock row each would be 270 at 4K."""

_BEFORE_FRAGMENTS = {b"sidx", b"free"}
_RUNS = {
    VIDEO_RUN: (VIDEO_ID, VIDEO_SAMPLE),
    REORDERED_RUN: (VIDEO_ID, REORDERED_SAMPLE),
    AUDIO_RUN: (AUDIO_ID, AUDIO_SAMPLE),
}


class Sample(NamedTuple):
    """One frame of video or audio within a file."""

    time: int
    """When the camera captured it: nanoseconds since 1970 UTC."""
    ticks: int
    """When it is shown or heard: ticks of its track since the file's first frame of video."""
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
    """Of the video, in decoding order."""
    audio: tuple[Sample, ...] = ()


class Mp4Reader:
    """Reads one file that is open for reading, and for no one else to seek in.

    Attributes:
        tracks: What a decoder needs before the first frame.
        room: Bytes between the header and the first fragment: an index, or room for it.
        end: The byte after the last fragment read so far; before any, where the first begins.

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
        self.tracks, self._lead = parse_header(self._read(ftyp, moov))
        self.end = self._skip_index(moov)
        self.room = self.end - moov

    def fragments(self) -> Iterator[Fragment]:
        """Yield the whole fragments in order, and stop where the file is cut off.

        Called again after the file has grown, it goes on where it stopped.
        """
        while (fragment := self._next()) is not None:
            self.end = fragment.end
            yield fragment

    def nal_units(self, sample: Sample) -> list[bytes]:
        """Return the NAL units of a frame of video, parameter sets in the header excepted.

        Of a codec that has none, the whole frame is the only one.
        """
        data = self.data(sample)
        if self.tracks.video.codec not in NAL_CODECS:
            return [data]
        units: list[bytes] = []
        position = 0
        while position < len(data):
            start = position + 4
            position = start + int.from_bytes(data[position:start])
            if position == start or position > len(data) or len(units) == MAX_NAL_UNITS:
                raise DamagedFootageError("A frame does not consist of NAL units.")
            units.append(data[start:position])
        return units

    def data(self, sample: Sample) -> bytes:
        """Return a frame as it stands in the file, which for audio is as it was recorded."""
        self._file.seek(sample.offset)
        data = self._file.read(sample.size)
        if len(data) < sample.size:
            raise DamagedFootageError("The file was cut while it was read.")
        return data

    def _next(self) -> Fragment | None:
        start = self.end
        prft = self._find(start, b"prft", MAX_BOX)
        moof = self._find(prft, b"moof", MAX_BOX) if prft is not None else None
        mdat = self._find(moof, b"mdat", MAX_MDAT) if moof is not None else None
        if prft is None or moof is None or mdat is None:
            return None
        try:
            runs = _parse_moof(self._read(prft, moof), moof - prft, mdat - moof)
            ntp, shown = struct.unpack_from(">QQ", self._read(start, prft), 8)
            clock = _Clock(ntp, shown - self._lead)
            seen = runs[VIDEO_ID]
            seen = seen._replace(start=seen.start - self._lead)
            video = tuple(_samples(seen, clock, CLOCK_RATE, prft))
            audio: tuple[Sample, ...] = ()
            if AUDIO_ID in runs and self.tracks.audio is not None:
                audio = tuple(_samples(runs[AUDIO_ID], clock, self.tracks.audio.rate, prft))
            return Fragment(start, mdat, video, audio)
        except struct.error as error:
            raise DamagedFootageError("The header of a fragment is cut short.") from error

    def _skip_index(self, offset: int) -> int:
        """Return where the first fragment begins.

        Raises:
            EmptyFootageError: The file ends before.
        """
        begin = offset
        while self._holds(offset + HEAD):
            kind, size = parse_head(self._read(offset - HEAD, offset + HEAD))
            if kind not in _BEFORE_FRAGMENTS:
                return offset
            if size > MAX_BOX or not self._holds(offset + size):
                break
            offset += size
        if offset == begin:
            raise EmptyFootageError("The file ends before its first fragment.")
        return offset

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


class _Clock(NamedTuple):
    """A moment by the camera's clock and in the file."""

    ntp: int
    ticks: int


class _Run(NamedTuple):
    """The samples of one track in a fragment."""

    start: int
    """When the first one is decoded."""
    offset: int
    """Where its bytes are, counted from the moof box."""
    samples: list[tuple[int, int, int, int]]
    """Duration, size, flags and by how much each is shown after it is decoded."""


def _parse_moof(moof: memoryview, size: int, mdat: int) -> dict[int, _Run]:
    """Return what a moof of this size says about the samples of each track in the mdat."""
    runs: dict[int, _Run] = {}
    offset = size + HEAD
    for kind, traf in boxes(moof):
        if kind != b"traf":
            continue
        (track,) = struct.unpack_from(">I", find(traf, b"tfhd"), 4)
        (start,) = struct.unpack_from(">Q", find(traf, b"tfdt"), 4)
        trun = find(traf, b"trun")
        flags, count, data_offset = struct.unpack_from(">III", trun)
        belongs, layout = _RUNS.get(flags & 0xFFFFFF, (0, VIDEO_SAMPLE))
        table = trun[12:]
        if belongs != track or track in runs or len(table) != count * layout.size or not count:
            raise DamagedFootageError("A fragment does not describe its frames as ours do.")
        samples = [_fields(*each) for each in layout.iter_unpack(table)]
        if data_offset != offset:
            raise DamagedFootageError("The frames of a fragment do not fill it.")
        runs[track] = _Run(start, offset, samples)
        offset += sum(size for _, size, _, _ in samples)
    if VIDEO_ID not in runs or offset != size + mdat:
        raise DamagedFootageError("The frames of a fragment do not fill it.")
    return runs


def _fields(
    duration: int, size: int, flags: int = KEY_SAMPLE, later: int = 0
) -> tuple[int, int, int, int]:
    return duration, size, flags, later


def _samples(run: _Run, clock: _Clock, rate: int, moof: int) -> Iterator[Sample]:
    """Yield the samples of a run in the fragment whose moof box begins there."""
    captured, anchor = from_ntp(clock.ntp), clock.ticks * rate // CLOCK_RATE
    decoded, offset = run.start, moof + run.offset
    for duration, size, flags, later in run.samples:
        ticks = decoded + later
        time = captured + (ticks - anchor) * 1_000_000_000 // rate
        yield Sample(time, ticks, duration, flags == KEY_SAMPLE, offset, size)
        decoded += duration
        offset += size
