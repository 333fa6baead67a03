"""Proof that a file holds what it should: it is read again, from the disk as far as possible."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
import hashlib
import os
from typing import BinaryIO, NamedTuple
import zlib

from ..errors import DamagedFootageError
from ..mp4.reader import Fragment, Mp4Reader, Sample
from .model import TransferError, TransferProblem
from .pieces import Piece

_MOST_OFF = 1_000_000
"""Nanoseconds by which a frame's time in a file may differ from the one it came with."""
_MOST_OFF_AUDIO = 40_000_000
"""The same of audio, which is held to follow without pauses."""
_CHUNK = 1 << 20


class Expected(NamedTuple):
    """A frame as it was received, audio or video, in the form in which it is stored."""

    time: int
    """When it was captured: nanoseconds since 1970 UTC."""
    size: int
    crc: int
    key: bool
    """Whether decoding can begin here, which for audio is so everywhere."""


def forget(file: BinaryIO) -> None:
    """Bring a file to its disk, and have what follows read from there rather than from memory."""
    os.fsync(file.fileno())
    with suppress(OSError):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def check_copy(source: BinaryIO, piece: Piece, file: BinaryIO) -> str:
    """Compare a file with the piece of a clip that it was copied from, frame by frame.

    Both are read anew: that every frame is there once, in order, with its time and its bytes.

    Returns:
        The file's SHA-256, in hexadecimal.

    Raises:
        TransferError: They differ (NOT_VERIFIED).
        DamagedFootageError: The clip can't be read any more.
        OSError: The disk of one of them fails.
    """
    original = Mp4Reader(source)
    original.end = piece.start  # where it reads on
    copy = _reader(file)
    if copy.tracks != original.tracks:
        raise _differs()
    before = range(piece.start)
    if piece.whole and not _same_bytes(source, before, file, before):
        raise _differs()
    copied = _fragments(copy)
    for fragment in original.fragments():
        other = next(copied, None)
        if other is None or not _same(fragment, source, other, file):
            raise _differs()
        if fragment.end >= piece.end:
            break
    if next(copied, None) is not None or copy.end != file.seek(0, os.SEEK_END):
        raise _differs()
    return digest(file)


def check_frames(file: BinaryIO, video: Sequence[Expected], audio: Sequence[Expected]) -> str:
    """Compare a file with the frames that were received for it; as `check_copy`.

    Sounds that would overlap have no place in a file, so some of them may be missing.
    """
    reader = _reader(file)
    seen, heard = iter(video), iter(audio)
    for fragment in _fragments(reader):
        for sample in fragment.samples:
            if not _is(sample, reader, next(seen, None), _MOST_OFF):
                raise _differs()
        for sample in fragment.audio:
            if not any(_is(sample, reader, each, _MOST_OFF_AUDIO) for each in heard):
                raise _differs()
    if next(seen, None) or reader.end != file.seek(0, os.SEEK_END):
        raise _differs()
    return digest(file)


def digest(file: BinaryIO) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    checksum = hashlib.sha256()
    file.seek(0)
    while data := file.read(_CHUNK):
        checksum.update(data)
    return checksum.hexdigest()


def crc(data: bytes) -> int:
    """Return the checksum of a frame."""
    return zlib.crc32(data)


def _differs() -> TransferError:
    return TransferError(
        TransferProblem.NOT_VERIFIED, "What was written into the recorder's folder reads otherwise."
    )


def _reader(file: BinaryIO) -> Mp4Reader:
    try:
        return Mp4Reader(file)
    except DamagedFootageError:
        raise _differs() from None


def _fragments(reader: Mp4Reader) -> Iterator[Fragment]:
    try:
        yield from reader.fragments()
    except DamagedFootageError:
        raise _differs() from None


def _same(one: Fragment, source: BinaryIO, other: Fragment, file: BinaryIO) -> bool:
    """Tell whether two fragments hold the same frames at the same times."""
    pairs = ((one.samples, other.samples), (one.audio, other.audio))
    return all(
        [_facts(sample) for sample in left] == [_facts(sample) for sample in right]
        for left, right in pairs
    ) and _same_bytes(source, _data(one), file, _data(other))


def _facts(sample: Sample) -> tuple[int, int, bool, int]:
    return sample.time, sample.duration, sample.key, sample.size


def _data(fragment: Fragment) -> range:
    """Return where the frames of a fragment are: they fill its last box."""
    return range(fragment.samples[0].offset, fragment.end)


def _same_bytes(source: BinaryIO, one: range, file: BinaryIO, other: range) -> bool:
    if len(one) != len(other):
        return False
    for start in range(0, len(one), _CHUNK):
        size = min(_CHUNK, len(one) - start)
        left = os.pread(source.fileno(), size, one.start + start)
        if left != os.pread(file.fileno(), size, other.start + start):
            return False
    return True


def _is(sample: Sample, reader: Mp4Reader, wanted: Expected | None, most_off: int) -> bool:
    return (
        wanted is not None
        and abs(sample.time - wanted.time) <= most_off
        and sample.key == wanted.key
        and sample.size == wanted.size
        and crc(reader.data(sample)) == wanted.crc
    )
