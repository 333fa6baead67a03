"""The header extension of replayed RTP packets: when a frame was captured, and what surrounds it.

It stands in the first packet of each access unit (ONVIF Streaming, "RTP header extension").
"""

from enum import IntFlag
from struct import Struct
from typing import NamedTuple

from ..ntp import from_ntp, to_ntp

EXTENDED = 0x10
"""The bit of an RTP packet's first byte that says that an extension follows its head."""
_FIXED = 12
"""Bytes of a head that names no contributing sources, which are 4 bytes each."""
_SOURCES = 0x0F
_KIND, _WORDS = 0xABAC, 3
_LAYOUT = Struct(">HHQBBxx")


class Mark(IntFlag):
    """What a frame is to those around it; all other bits are zero."""

    CLEAN = 0x80
    """Decoding can begin here."""
    END = 0x40
    """The last one of its track before a gap, or of all."""
    DISCONTINUITY = 0x20
    """It does not go on from the one that was sent before it."""
    TERMINAL = 0x10
    """The last one of its track that is played."""


class CaptureStamp(NamedTuple):
    """What the extension says."""

    time: int
    """When the frame was captured: nanoseconds since 1970 UTC."""
    marks: Mark
    play: int
    """The low byte of the CSeq of the PLAY that it answers."""

    def encode(self) -> bytes:
        """Return the extension with its own head, as it stands behind that of the packet."""
        return _LAYOUT.pack(_KIND, _WORDS, to_ntp(self.time), self.marks, self.play)


def find_stamp(packet: bytes) -> CaptureStamp | None:
    """Return what an RTP packet says in such an extension, None if it has none."""
    if len(packet) < _FIXED or not packet[0] & EXTENDED:
        return None
    start = _FIXED + 4 * (packet[0] & _SOURCES)
    if len(packet) < start + _LAYOUT.size:
        return None
    kind, words, ntp, marks, play = _LAYOUT.unpack_from(packet, start)
    if kind != _KIND or words < _WORDS:  # more words hold an extension of JPEG
        return None
    return CaptureStamp(from_ntp(ntp), Mark(marks & 0xF0), play)
