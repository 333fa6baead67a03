"""RTP and RTCP packets as bytes (RFC 3550, sections 5.1 and 6.4.1)."""

from dataclasses import dataclass
import struct
from typing import NamedTuple

_RTP = struct.Struct(">BBHII")
_RTCP_HEAD = struct.Struct(">BBH")
_SENDER_INFO = struct.Struct(">IQI")
_VERSION = 2
_PLAIN = 0x80
"""How a header of that version begins that is followed by the payload at once."""
HEAD = _RTP.size
"""Bytes of such a header; the sequence number ends 8 bytes before its end."""
_SENDER_REPORT = 200
_PADDED, _EXTENDED, _CSRC_COUNT, _MARKER = 0x20, 0x10, 0x0F, 0x80


@dataclass(slots=True)
class RtpPacket:
    """A packet of media; what stands between its header and its payload is skipped."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    """Ticks, 32 bits that wrap around."""
    payload: bytes
    source: int = 0
    """Who sends: 32 bits at random, the same in all packets of a media."""


class SenderReport(NamedTuple):
    """What a sender says about its clock: this wall clock time is that RTP timestamp."""

    ntp: int
    """Seconds since 1900, 32 bits that wrap around in 2036, and 32 bits of a fraction."""
    timestamp: int


def parse_rtp(data: bytes) -> RtpPacket | None:
    """Return the packet, or None for bytes that are none."""
    size = len(data)
    if size < _RTP.size:
        return None
    first, second, sequence, timestamp, source = _RTP.unpack_from(data)
    if first == _PLAIN:
        return RtpPacket(
            second >= _MARKER, second & ~_MARKER, sequence, timestamp, data[HEAD:], source
        )
    if first >> 6 != _VERSION:
        return None
    start, end = _RTP.size + 4 * (first & _CSRC_COUNT), size
    if first & _EXTENDED and size >= start + 4:
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    if first & _PADDED:
        end -= data[-1]
    if start > end:
        return None
    return RtpPacket(
        second >= _MARKER, second & ~_MARKER, sequence, timestamp, data[start:end], source
    )


def plain_head(packet: RtpPacket, *, marker: bool) -> bytes:
    """Return the header of a packet as nearly all have it: followed by the payload at once."""
    second = packet.payload_type | (_MARKER if marker else 0)
    return _RTP.pack(_PLAIN, second, packet.sequence, packet.timestamp, packet.source)


def parse_sender_report(data: bytes) -> SenderReport | None:
    """Return the sender report in a compound RTCP packet, None without one."""
    position = 0
    while position + _RTCP_HEAD.size <= len(data):
        first, kind, words = _RTCP_HEAD.unpack_from(data, position)
        if first >> 6 != _VERSION:
            return None
        body = position + _RTCP_HEAD.size
        if kind == _SENDER_REPORT and body + _SENDER_INFO.size <= len(data):
            _, ntp, timestamp = _SENDER_INFO.unpack_from(data, body)
            return SenderReport(ntp, timestamp)
        position = body + 4 * words
    return None
