"""From RTP packets to access units of video: what H.264 and H.265 have in common.

An access unit ends with the marker bit, where the timestamp changes, or before the first slice of
another picture. Some cameras mark the end of every slice: so a marker counts for nothing until a
key frame has shown that no slice of the same picture follows one, and never again once that has
happened. (The first frame of a connection therefore comes when the second begins.)

After a gap in the sequence numbers the access units on both sides of it are dropped, because
nobody can tell which of them misses a packet; all later ones are passed on, though a decoder shows
artefacts until the next key frame: a recording with artefacts is worth more than a hole.
"""

from abc import ABC, abstractmethod
from struct import Struct
from typing import ClassVar, NamedTuple

from .packet import HEAD, RtpPacket, plain_head

MAX_ACCESS_UNIT = 8 * 1024 * 1024
"""Bytes of one frame; a key frame of an 8K camera stays below it."""

_FU_START, _FU_END, _FU_TYPE = 0x80, 0x40, 0x3F
_GAP = 4
"""Bytes before each packet within RTSP (RFC 2326, section 10.12)."""
_BEFORE, _AFTER = 2, 4
"""Where in a packet its sequence number begins and ends."""
_OVERHEAD = 64
"""What a NAL unit costs in memory beyond its bytes, so that a flood of tiny ones is bounded."""


class AccessUnit(NamedTuple):
    """The NAL units of one picture, without start codes or lengths."""

    timestamp: int
    nal_units: list[bytes]
    key: bool


class _Heads(NamedTuple):
    """How the packets begin that may follow on a fragment of a NAL unit.

    The sequence number parts each head in two.
    """

    plain: bytes
    marked: bytes
    """The first part of all but the last packet of a picture, and of that."""
    middle: bytes
    end: bytes
    """The second part of a packet in the middle of the unit, and of its last one."""
    start: bytes
    """The same of the first packet of another such unit: of the next slice of the picture."""
    unit: bytes
    """How such a unit itself begins."""


def _foresee(packet: RtpPacket, payload: bytes, unit: bytes) -> _Heads:
    """Return what may follow on a packet of a unit that begins so.

    `payload` is how that of a packet in its middle begins.
    """
    plain, marked = plain_head(packet, marker=False), plain_head(packet, marker=True)
    after = plain[_AFTER:] + payload[:-1]
    return _Heads(
        plain[:_BEFORE],
        marked[:_BEFORE],
        after + payload[-1:],
        after + bytes((payload[-1] | _FU_END,)),
        after + bytes((payload[-1] | _FU_START,)),
        unit,
    )


class VideoDepacketizer(ABC):
    """Puts the access units of one stream together, packet by packet."""

    _FU_HEAD: ClassVar[int]
    """Bytes of a fragment before its piece of the NAL unit, the last of them its flags."""

    def __init__(self) -> None:
        self.dropped = 0
        """Access units that were damaged."""
        self.fields = False
        """Whether a picture may come as two fields, each of which has a first slice."""
        self._next = -1
        """The sequence number of the next packet, below 0 before the first."""
        self._timestamp = 0
        self._nal_units: list[bytes] = []
        self._fragments: list[bytes] = []
        self._middle = b""
        """How a payload begins that is neither start nor end of the fragmented unit."""
        self._head = HEAD + self._FU_HEAD
        self._layout = Struct(f">{_GAP}x{_BEFORE}sH{self._head - _AFTER}s")
        self._heads: _Heads | None = None
        """How the next packet begins if it goes on with that unit, or with its picture."""
        self._size = 0
        self._damaged = False
        self._slices_end = 0
        """How many NAL units there are up to the last slice; 0 without one."""
        self._markers_end: bool | None = None
        """Whether markers end pictures, None while nobody knows."""
        self._marked = False
        """Whether there was a marker after the last slice, when nobody knew."""
        self._ended_at: int | None = None
        """The timestamp of the last picture that a marker has ended."""
        self._done: list[AccessUnit] = []

    @abstractmethod
    def _unpack(self, payload: bytes) -> None:
        """Take in a payload, one byte long at least."""

    @abstractmethod
    def _is_slice(self, unit: bytes) -> bool:
        """Whether a NAL unit is part of a picture."""

    @abstractmethod
    def _is_first_slice(self, unit: bytes) -> bool:
        """Whether a slice is the first one of its picture, or of its field."""

    @abstractmethod
    def _is_key(self, units: list[bytes]) -> bool:
        """Whether decoding can begin with a picture of these NAL units."""

    def go_on(
        self, data: bytes, position: int, limit: int, size: int, done: list[AccessUnit]
    ) -> int:
        """Take in packets that go on with a picture, up to a NAL unit's end; return where.

        Nineteen in twenty packets do, and the head of each is known to the last bit beforehand.
        Whatever is not so expected is to be parsed and pushed.

        Args:
            data: Packets of one size as RTSP has them, each behind 4 bytes that tell it.
            position: Where in the data to begin.
            limit: Where they end.
            size: Bytes of each packet.
            done: Gets the access unit that is completed.
        """
        heads = self._heads
        if heads is None or size <= self._head:
            return position
        step = _GAP + size
        if not self._fragments:
            if position == limit or not self._take_start(heads, data[position : position + step]):
                return position
            position += step
        position = self._take_middle(heads, data, range(position, limit, step))
        if position < limit and self._take_end(heads, data[position : position + step], done):
            position += step
        return position

    def _take_start(self, heads: _Heads, data: bytes) -> bool:
        """Take in a packet if with it another slice of the picture begins."""
        first, sequence, rest = self._layout.unpack_from(data)
        if sequence != self._next or first != heads.plain or rest != heads.start:
            return False
        self._next = (sequence + 1) & 0xFFFF
        self._fragments = [heads.unit, data[_GAP + self._head :]]
        self._grow(len(data))
        return True

    def _take_middle(self, heads: _Heads, data: bytes, starts: range) -> int:
        """Take in packets in the middle of a NAL unit; return where others begin."""
        # Here most of the engine's time is spent, so that names are looked up beforehand.
        plain, _, middle, *_ = heads
        unpack, add, number = self._layout.unpack_from, self._fragments.append, self._next
        skip, step = _GAP + self._head, starts.step
        position = starts.start
        for position in starts:
            first, sequence, rest = unpack(data, position)
            if rest != middle or sequence != number or first != plain:
                break
            add(data[position + skip : position + step])
            number = (number + 1) & 0xFFFF
        else:
            position = starts.stop
        self._next = number
        self._grow(position - starts.start)
        return position

    def _take_end(self, heads: _Heads, data: bytes, done: list[AccessUnit]) -> bool:
        """Take in a packet if it is the last one of a NAL unit."""
        first, sequence, rest = self._layout.unpack_from(data)
        if self._damaged or sequence != self._next or rest != heads.end:
            return False
        if first not in {heads.plain, heads.marked}:
            return False
        self._next = (sequence + 1) & 0xFFFF
        self._done = done
        self._end_unit(data[_GAP + self._head :])
        if first == heads.marked:
            self._take_marker()
        if first == heads.marked or self._damaged:
            self._heads = None
        return True

    def push(self, packet: RtpPacket) -> list[AccessUnit]:
        """Take in the next packet and return the access units that it completes, in order."""
        lost = self._next >= 0 and packet.sequence != self._next
        self._next = (packet.sequence + 1) & 0xFFFF
        done = self._done = []
        if packet.timestamp != self._timestamp:
            if not self._marked:
                self._damaged |= lost and bool(self._nal_units or self._fragments)
            self._finish()
            self._timestamp = packet.timestamp
        self._damaged |= lost
        if packet.payload and not self._damaged:
            self._unpack(packet.payload)
        if packet.marker:
            self._take_marker()
        self._heads = None
        if self._fragments and not self._damaged:
            self._heads = _foresee(packet, self._middle, self._fragments[0])
        return done

    def flush(self) -> list[AccessUnit]:
        """Return the access unit that is there when nothing follows it; none if it is cut off."""
        done = self._done = []
        self._finish()
        return done

    def _take_marker(self) -> None:
        if self._markers_end:
            if self._slices_end:
                self._ended_at = self._timestamp
            self._finish()
        elif self._markers_end is None:
            self._marked = self._slices_end > 0

    def _finish(self) -> None:
        """End the access unit; what holds no picture (parameter sets, SEI) goes with the next."""
        if self._damaged or self._fragments:
            self.dropped += 1
        elif self._slices_end:
            self._hand_on(self._nal_units)
        else:
            return
        self._drop()
        self._damaged = False

    def _hand_on(self, units: list[bytes]) -> None:
        key = self._is_key(units)
        self._done.append(AccessUnit(self._timestamp, units, key))
        if self._marked and key:
            self._markers_end = True

    def _drop(self) -> None:
        self._nal_units, self._fragments = [], []
        self._size = self._slices_end = 0
        self._marked = False

    def _add_whole(self, unit: bytes) -> None:
        """Take in a NAL unit that came in one packet.

        A fragmented one is never interrupted (RFC 6184, section 5.8; RFC 7798, section 4.4.3).
        """
        if self._fragments:
            self._damaged = True
        else:
            self._add(unit)

    def _add_aggregate(self, units: memoryview) -> None:
        """Take in several NAL units, each behind its length in 16 bits."""
        if self._fragments:
            self._damaged = True
        position = 0
        while position + 2 <= len(units):
            start = position + 2
            position = start + int.from_bytes(units[position:start])
            if position > len(units):
                self._damaged = True
            elif position > start:
                self._add(bytes(units[start:position]))

    def _add_fragment(self, payload: bytes, head: bytes) -> None:
        """Take in a fragment of the NAL unit that begins with this head."""
        size = self._FU_HEAD
        if len(payload) <= size:
            return
        flags = payload[size - 1]
        if bool(flags & _FU_START) == bool(self._fragments):
            self._damaged = True  # began twice, or its beginning is missing
            return
        if flags & _FU_START:
            self._fragments.append(head)
            self._middle = payload[: size - 1] + bytes((flags & _FU_TYPE,))
        if flags & _FU_END:
            self._end_unit(payload[size:])
        else:
            self._fragments.append(payload[size:])
            self._grow(len(payload))

    def _end_unit(self, piece: bytes) -> None:
        """Take in the last piece of a NAL unit in fragments, and so the unit."""
        unit = b"".join((*self._fragments, piece))
        self._fragments = []
        self._add(unit)

    def _add(self, unit: bytes) -> None:
        if self._is_slice(unit):
            self._add_slice(unit)
        else:
            self._nal_units.append(unit)
        self._grow(len(unit) + _OVERHEAD)

    def _add_slice(self, unit: bytes) -> None:
        begins = self._is_first_slice(unit) and not self.fields
        if self._slices_end and begins:
            rest = self._nal_units[self._slices_end :]
            self._hand_on(self._nal_units[: self._slices_end])
            self._drop()
            self._nal_units, self._size = rest, sum(map(len, rest)) + _OVERHEAD * len(rest)
        elif self._marked:
            self._markers_end = False
        elif not (self._slices_end or begins) and self._ended_at == self._timestamp:
            self._markers_end = False
            self._damaged = True  # its beginning was handed on as if it were all
        self._nal_units.append(unit)
        self._slices_end = len(self._nal_units)
        self._marked = False

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > 2 * MAX_ACCESS_UNIT:  # fragments count twice: once more when joined
            self._drop()
            self._damaged = True
            self._heads = None
