"""Fragments taken from one file into another as they are, but for the numbers in their heads.

What a fragment is called, and when its frames are due, is counted from the beginning of its file.
Frames and all else stay the same bytes, and so do the times of their capture.
"""

from collections.abc import Iterator
from math import gcd
import os
import struct
from typing import NamedTuple

from ..errors import DamagedFootageError
from ..model import CLOCK_RATE, Tracks
from .boxes import HEAD, box, parse_head
from .header import AUDIO_ID
from .reader import MAX_BOX, MAX_MDAT, Mp4Reader

_GUESS = 4096
"""Bytes that hold the head of most fragments: two boxes, and 8 to 16 bytes for each frame."""
_SHOWN = HEAD + 4 + 4 + 8
"""Where in a prft box stands when its frame is shown."""
_SEQUENCE = HEAD + HEAD + 4
"""Where in a moof box stands the number of the fragment: in the mfhd box that it begins with."""
_MFHD = HEAD + 8


class Part(NamedTuple):
    """A fragment as it stands in a file."""

    head: bytearray
    """Its prft and moof boxes, and the head of its mdat box."""
    moof: int
    """Where in it the second one begins."""
    data: int
    """Where in the file its frames begin."""
    end: int
    """The byte after them."""


def parts(descriptor: int, start: int, end: int) -> Iterator[Part]:
    """Yield the fragments between two places in a file; DamagedFootageError if there are none."""
    while start < end:
        head = bytearray(os.pread(descriptor, _GUESS, start))
        moof = _end(head, 0, b"prft", MAX_BOX)
        if len(head) < moof + HEAD:
            raise DamagedFootageError("A fragment is cut off.")
        mdat = _end(head, moof, b"moof", MAX_BOX)
        if len(head) < mdat + HEAD:
            head = bytearray(os.pread(descriptor, mdat + HEAD, start))
        until = start + _end(head, mdat, b"mdat", MAX_MDAT)
        if until > end:
            raise DamagedFootageError("A fragment reaches beyond its end.")
        yield Part(head[: mdat + HEAD], moof, start + mdat + HEAD, until)
        start = until


def header(reader: Mp4Reader, descriptor: int) -> bytes:
    """Return what stands before the first fragment of a file, without what its index says.

    Args:
        reader: Of the file; it has read nothing so far.
        descriptor: The same file.
    """
    size = reader.end - reader.room
    room = box(b"free", bytes(reader.room - HEAD)) if reader.room >= HEAD else b""
    return os.pread(descriptor, size, 0) + room


def beginning(part: Part, tracks: Tracks) -> int:
    """Return the tick of video from which a file that begins with this fragment is to count.

    It is when the first of its frames is decoded, or a little earlier, so that audio, which
    counts in other ticks, stays where it is.
    """
    video = audio = None
    for track, place in _tracks(part):
        due = _read(part.head, place)
        if track == AUDIO_ID:
            audio = due
        else:
            video = due
    if video is None:
        raise DamagedFootageError("A fragment has no video.")
    if tracks.audio is None:
        return video
    if audio is not None:
        video = min(video, audio * CLOCK_RATE // tracks.audio.rate)
    return video - video % (CLOCK_RATE // gcd(CLOCK_RATE, tracks.audio.rate))


def renumber(part: Part, tracks: Tracks, sequence: int, base: int) -> bytearray:
    """Return the head of a fragment as the one of that number in a file that counts from `base`."""
    head = part.head
    shown = _read(head, _SHOWN) - base
    if shown < 0:
        raise DamagedFootageError("A fragment begins before its file.")
    struct.pack_into(">Q", head, _SHOWN, shown)
    struct.pack_into(">I", head, part.moof + _SEQUENCE, sequence)
    for track, place in _tracks(part):
        rate = tracks.audio.rate if track == AUDIO_ID and tracks.audio else CLOCK_RATE
        due = _read(head, place) - base * rate // CLOCK_RATE
        if due < 0:
            raise DamagedFootageError("A fragment begins before its file.")
        struct.pack_into(">Q", head, place, due)
    return head


def _tracks(part: Part) -> Iterator[tuple[int, int]]:
    """Yield the tracks of a fragment, and where in its head stands when their frames are due.

    The writer puts the boxes in this order: mfhd, then for each track traf with tfhd, tfdt, trun.
    """
    place, end = part.moof + HEAD + _MFHD, len(part.head) - HEAD
    while place < end:
        after = _end(part.head, place, b"traf", MAX_BOX)
        tfhd = place + HEAD
        tfdt = _end(part.head, tfhd, b"tfhd", MAX_BOX)
        if _end(part.head, tfdt, b"tfdt", MAX_BOX) - tfdt != HEAD + 4 + 8:
            raise DamagedFootageError("A fragment does not tell time as ours do.")
        (track,) = struct.unpack_from(">I", part.head, tfhd + HEAD + 4)
        yield track, tfdt + HEAD + 4
        place = after


def _read(head: bytearray, place: int) -> int:
    return int.from_bytes(head[place : place + 8])


def _end(head: bytearray, start: int, kind: bytes, limit: int) -> int:
    """Return the end of the box of that kind that begins there."""
    found, size = parse_head(bytes(head[start : start + HEAD]))
    if found != kind or size > limit:
        raise DamagedFootageError(f"A fragment has no {kind.decode()} box where one belongs.")
    return start + size
