"""The index of a finished file, with which a player seeks without reading through it.

The header of a file ends with room for one. Browsers find their way in a file without it too, but
only by asking for one fragment after the other, which over a network may take long.
"""

from collections.abc import Iterator
from itertools import batched, pairwise
from struct import iter_unpack, pack
from typing import BinaryIO, NamedTuple

from ..errors import DamagedFootageError, FootageError
from ..model import CLOCK_RATE
from .boxes import HEAD, box, boxes, full_box
from .header import INDEX_ROOM, LENGTH_ROOM, TIME_SCALE, VIDEO_ID, place_of_length
from .reader import Fragment, Mp4Reader

_HEAD, _PER_PART = 32, 12
"""Bytes of a sidx box before its table, and of a row of it."""
_MAX_PARTS = (INDEX_ROOM - HEAD - _HEAD) // _PER_PART
_BEGINS_WITH_KEY = 0x90000000
"""Of the first type of stream access point (section 8.16.3)."""

_LARGEST = 0x7FFFFFFF
_LENGTH_HEADS = {LENGTH_ROOM.to_bytes(4) + kind for kind in (b"free", b"mehd")}
_SECOND = 1_000_000_000


class _Part(NamedTuple):
    """A run of fragments that begins with a key frame."""

    start: int
    """Its first byte in the file."""
    shown: int
    """When its key frame is shown, in ticks."""


def write_index(file: BinaryIO) -> None:
    """Write index and length into a file that will not grow any more; OSError if that can't be.

    A file that has no room for them, or is not as ours are, stays as it is.
    """
    try:
        reader = Mp4Reader(file)
        begin = reader.end
        fragments = list(reader.fragments())
    except FootageError:
        return
    if not fragments or reader.room != INDEX_ROOM:
        return
    index = _sidx(fragments, reader.end)
    file.seek(begin - INDEX_ROOM)
    file.write(box(b"free", bytes(INDEX_ROOM - HEAD - len(index))) + index)
    _write_length(file, place_of_length(begin - INDEX_ROOM, reader.tracks), fragments)


def _write_length(file: BinaryIO, place: int, fragments: list[Fragment]) -> None:
    """Write a movie extends header: of a file with an index, VLC knows no other length."""
    shown = max(sample.ticks + sample.duration for sample in fragments[-1].samples)
    file.seek(place)
    if file.read(HEAD) in _LENGTH_HEADS:
        length = min(max(0, shown) * TIME_SCALE // CLOCK_RATE, _LARGEST)
        file.seek(place)
        file.write(full_box(b"mehd", 0, 0, length.to_bytes(4)))


def read_length(file: BinaryIO) -> int:
    """Return how long the video of a file is, in nanoseconds; 0 where it has no frame.

    A finished file says so in its index; of another one the fragments are counted.

    Raises:
        FootageError: The file is no file of ours, or ends within its header.
        OSError: The disk fails.
    """
    reader = Mp4Reader(file)
    file.seek(reader.end - reader.room)
    for kind, payload in boxes(memoryview(file.read(reader.room))):
        if kind == b"sidx":
            table = payload[_HEAD - HEAD :]
            if len(table) % _PER_PART:
                raise DamagedFootageError("The index of the file is cut short.")
            shown: int = sum(ticks for _, ticks, _ in iter_unpack(">III", table))
            return shown * _SECOND // CLOCK_RATE
    begin: int | None = None
    end = 0
    for fragment in reader.fragments():
        begin = fragment.samples[0].ticks if begin is None else begin
        end = max(sample.ticks + sample.duration for sample in fragment.samples)
    return 0 if begin is None else (end - begin) * _SECOND // CLOCK_RATE


def _sidx(fragments: list[Fragment], end: int) -> bytes:
    """Return a segment index of the video (section 8.16.3)."""
    parts = list(_parts(fragments))
    shown = max(sample.ticks + sample.duration for sample in fragments[-1].samples)
    groups = batched(parts, -(-len(parts) // _MAX_PARTS), strict=False)
    bounds = [group[0] for group in groups] + [_Part(end, shown)]
    table = b"".join(
        pack(
            ">III",
            min(after.start - part.start, _LARGEST),
            min(max(0, after.shown - part.shown), _LARGEST),
            _BEGINS_WITH_KEY,
        )
        for part, after in pairwise(bounds)
    )
    head = pack(">IIIIHH", VIDEO_ID, CLOCK_RATE, 0, 0, 0, len(bounds) - 1)
    return full_box(b"sidx", 0, 0, head, table)


def _parts(fragments: list[Fragment]) -> Iterator[_Part]:
    for number, fragment in enumerate(fragments):
        first = fragment.samples[0]
        if first.key or not number:
            yield _Part(fragment.start, first.ticks)
