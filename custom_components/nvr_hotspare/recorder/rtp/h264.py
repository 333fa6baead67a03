"""From RTP packets to H.264 access units (RFC 6184, packetization modes 0 and 1).

An access unit ends with the marker bit, or where the timestamp changes. After a gap in the
sequence numbers the access units on both sides of it are dropped, because nobody can tell which
of them misses a packet; all later ones are passed on, though a decoder shows artefacts until the
next key frame: a recording with artefacts is worth more than a hole.
"""

from typing import NamedTuple

from .packet import RtpPacket

MAX_ACCESS_UNIT = 8 * 1024 * 1024
"""Bytes of one frame; a key frame of an 8K camera stays below it."""

SLICES = range(1, 6)
IDR, SPS, PPS = 5, 7, 8
"""Types of NAL unit (ITU-T H.264, table 7-1): the slices of a picture, key frames, parameters."""
_STAP_A, _FU_A = 24, 28
_TYPE, _REFERENCE = 0x1F, 0xE0
_FU_START, _FU_END = 0x80, 0x40
_FU_HEAD = 2
_OVERHEAD = 64
"""What a NAL unit costs in memory beyond its bytes, so that a flood of tiny ones is bounded."""


class AccessUnit(NamedTuple):
    """The NAL units of one picture, without start codes or lengths."""

    timestamp: int
    nal_units: list[bytes]
    key: bool


class Depacketizer:
    """Puts the access units of one stream together, packet by packet."""

    def __init__(self) -> None:
        self.dropped = 0
        """Access units that were damaged."""
        self._next: int | None = None
        self._timestamp = 0
        self._nal_units: list[bytes] = []
        self._fragments: list[bytes] = []
        self._middle = b""
        """How a payload begins that is neither start nor end of the fragmented unit."""
        self._size = 0
        self._damaged = False
        self._has_slice = False

    def push(self, packet: RtpPacket) -> list[AccessUnit]:
        """Take in the next packet and return the access units that it completes, in order."""
        lost = self._next is not None and packet.sequence != self._next
        self._next = (packet.sequence + 1) & 0xFFFF
        if (  # the middle of a fragmented unit, as nine in ten packets are
            self._fragments
            and packet.timestamp == self._timestamp
            and packet.payload[:_FU_HEAD] == self._middle
            and not (lost or packet.marker or self._damaged)
        ):
            self._fragments.append(packet.payload[_FU_HEAD:])
            self._grow(len(packet.payload))
            return []
        done: list[AccessUnit] = []
        if packet.timestamp != self._timestamp:
            self._damaged |= lost and bool(self._nal_units or self._fragments)
            self._finish(done)
            self._timestamp = packet.timestamp
        self._damaged |= lost
        if not self._damaged:
            self._unpack(packet.payload)
        if packet.marker:
            self._finish(done)
        return done

    def _finish(self, done: list[AccessUnit]) -> None:
        """End the access unit; what holds no picture (parameter sets, SEI) goes with the next."""
        if self._damaged or self._fragments:
            self.dropped += 1
        elif self._has_slice:
            key = any(unit[0] & _TYPE == IDR for unit in self._nal_units)
            done.append(AccessUnit(self._timestamp, self._nal_units, key))
        else:
            return
        self._nal_units, self._fragments = [], []
        self._size = 0
        self._damaged = self._has_slice = False

    def _unpack(self, payload: bytes) -> None:
        if not payload:
            return
        kind = payload[0] & _TYPE
        if kind == _FU_A:
            self._unpack_fragment(payload)
        elif self._fragments:  # a fragmented unit is never interrupted (RFC 6184, section 5.8)
            self._damaged = True
        elif kind == _STAP_A:
            self._unpack_aggregate(payload)
        elif kind < _STAP_A:
            self._add(payload)

    def _unpack_fragment(self, payload: bytes) -> None:
        if len(payload) <= _FU_HEAD:
            return
        flags = payload[1]
        if bool(flags & _FU_START) == bool(self._fragments):
            self._damaged = True  # began twice, or its beginning is missing
            return
        if flags & _FU_START:
            head = payload[0] & _REFERENCE | flags & _TYPE
            self._fragments.append(bytes((head,)))
            self._middle = bytes((payload[0], flags & _TYPE))
        self._fragments.append(payload[_FU_HEAD:])
        self._grow(len(payload))
        if flags & _FU_END and self._fragments:
            unit = b"".join(self._fragments)
            self._fragments = []
            self._add(unit)

    def _unpack_aggregate(self, payload: bytes) -> None:
        position = 1
        while position + 2 <= len(payload):
            start = position + 2
            position = start + int.from_bytes(payload[position:start])
            if position > len(payload):
                self._damaged = True
            elif position > start:
                self._add(payload[start:position])

    def _add(self, unit: bytes) -> None:
        self._nal_units.append(unit)
        self._has_slice = self._has_slice or unit[0] & _TYPE in SLICES
        self._grow(len(unit) + _OVERHEAD)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > 2 * MAX_ACCESS_UNIT:  # fragments count twice: once more when joined
            self._damaged = True
            self._nal_units, self._fragments = [], []
