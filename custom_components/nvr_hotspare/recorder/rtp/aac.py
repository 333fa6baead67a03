"""From RTP packets to access units of AAC (RFC 3640, mode AAC-hbr and its like)."""

from typing import NamedTuple

from .audio import AudioUnit
from .bits import Bits
from .packet import RtpPacket

_RATES = (
    96000,
    88200,
    64000,
    48000,
    44100,
    32000,
    24000,
    22050,
    16000,
    12000,
    11025,
    8000,
    7350,
)
"""Samples per second by their index (ISO/IEC 14496-3, table 1.18)."""
_EXPLICIT_RATE, _LONG_TYPE = 15, 31
_SBR_TYPES = {5, 29}
_SEVEN_ONE = 7
"""The channel configuration whose number is not that of its channels, which are 8."""


class AacFormat(NamedTuple):
    """How packets are laid out; `ticks` is how long an access unit lasts."""

    size_length: int
    index_length: int
    delta_length: int
    ticks: int


class AacConfig(NamedTuple):
    """What an AudioSpecificConfig says."""

    rate: int
    """Samples per second of the core, which a decoder with SBR doubles."""
    channels: int
    """0 where it doesn't say."""
    samples: int
    """Samples of an access unit at that rate, for each channel."""


def parse_config(config: bytes) -> AacConfig:
    """Read an AudioSpecificConfig (ISO/IEC 14496-3, section 1.6.2.1).

    Raises:
        ValueError: It is cut off, or names what does not exist.
    """
    bits = Bits(config[:64])
    kind = _object_type(bits)
    rate, channels = _rate(bits), bits.read(4)
    if kind in _SBR_TYPES:
        _rate(bits)
        _object_type(bits)
    samples = 960 if bits.read(1) else 1024
    return AacConfig(rate, 8 if channels == _SEVEN_ONE else channels, samples)


class AacDepacketizer:
    """Takes the access units of one stream out of its packets.

    Interleaved ones, which no camera sends, come out in the order of the packets.
    """

    def __init__(self, layout: AacFormat) -> None:
        self._format = layout
        self._next: int | None = None
        self._timestamp = 0
        self._fragments: list[bytes] = []
        self._missing = 0
        """Bytes that the fragmented access unit lacks."""

    def push(self, packet: RtpPacket) -> list[AudioUnit]:
        """Take in the next packet and return the access units that it completes, in order."""
        lost = self._next is not None and packet.sequence != self._next
        self._next = (packet.sequence + 1) & 0xFFFF
        if lost or packet.timestamp != self._timestamp:
            self._fragments, self._missing = [], 0
        sizes, data = self._parse(packet.payload)
        if len(sizes) == 1 and sizes[0] > len(data):
            return self._join(packet.timestamp, sizes[0], data)
        units, position = list[AudioUnit](), 0
        for index, size in enumerate(sizes):
            if not 0 < size <= len(data) - position:
                break
            timestamp = (packet.timestamp + index * self._format.ticks) & 0xFFFFFFFF
            unit = data[position : position + size]
            units.append(AudioUnit(timestamp, unit, self._format.ticks))
            position += size
        return units

    def _parse(self, payload: bytes) -> tuple[list[int], bytes]:
        """Return the sizes that the headers of a packet name, and what follows the headers."""
        layout, bits = self._format, int.from_bytes(payload[:2])
        end = 2 + (bits + 7) // 8
        if end > len(payload):
            return [], b""
        headers, left, sizes = int.from_bytes(payload[2:end]), 8 * (end - 2), list[int]()
        index = layout.index_length
        while bits >= layout.size_length + index:
            left -= layout.size_length
            sizes.append(headers >> left & ((1 << layout.size_length) - 1))
            left -= index
            bits -= layout.size_length + index
            index = layout.delta_length
        return sizes, payload[end:]

    def _join(self, timestamp: int, size: int, piece: bytes) -> list[AudioUnit]:
        """Take in a piece of an access unit that does not fit into a packet (section 3.2.3)."""
        if not piece:
            return []
        if not self._fragments:
            self._timestamp, self._missing = timestamp, size
        self._fragments.append(piece)
        self._missing -= len(piece)
        if self._missing > 0:
            return []
        unit, self._fragments = b"".join(self._fragments), []
        if self._missing < 0:
            return []
        return [AudioUnit(timestamp, unit, self._format.ticks)]


def _object_type(bits: Bits) -> int:
    kind = bits.read(5)
    return 32 + bits.read(6) if kind == _LONG_TYPE else kind


def _rate(bits: Bits) -> int:
    index = bits.read(4)
    if index == _EXPLICIT_RATE:
        rate = bits.read(24)
    elif index < len(_RATES):
        rate = _RATES[index]
    else:
        rate = 0
    if not rate:
        raise ValueError("There is no such rate of samples.")
    return rate
