"""From frames to the RTP packets of one viewer, ready to be sent within RTSP over TCP.

Video in single NAL unit packets and fragments (RFC 6184, sections 5.6 and 5.8; RFC 7798, sections
4.4.1 and 4.4.3), an access unit of AAC (RFC 3640, section 3.3.6) or the samples of G.711 and L16
(RFC 3551) in a packet, sender reports with a CNAME (RFC 3550, sections 6.4.1 and 6.5), each packet
behind its interleaved head (RFC 2326, section 10.12).
"""

import secrets
import struct

from ..model import AudioFrame, Codec, Frame
from ..ntp import to_ntp
from .capture import EXTENDED

PAYLOAD_TYPE = 96
"""Of video; that of audio is the next."""
MAX_PAYLOAD = 1400
"""Bytes of a packet's payload: what cameras send, whatever the transport. Audio is not split."""

_INTERLEAVED_RTP = struct.Struct(">cBHBBHII")
_INTERLEAVED_REPORT = struct.Struct(">cBHBBHIQIII")
_RTP_HEAD, _REPORT = 12, 28
_VERSION, _ONE_SOURCE, _MARKER = 0x80, 0x81, 0x80
_SENDER_REPORT, _SOURCE_DESCRIPTION, _CNAME = 200, 202, 1
_FU_START, _FU_END = 0x80, 0x40
_FU_A, _TYPE, _REFERENCE = 28, 0x1F, 0xE0
_H265_FU, _H265_TYPE, _LAYER = 49, 0x3F, 0x81
_ONE_AU_HEADER, _INDEX_LENGTH = b"\0\x10", 3
"""The length in bits of the only AU header in a packet: 13 of a size and 3 of an index."""


def payload_type(codec: Codec) -> int:
    """Return the payload type under which a codec is sent."""
    return PAYLOAD_TYPE + (codec not in {Codec.H264, Codec.H265})


class RtpSender:
    """The packets of one media: its sequence numbers, its source, its zero of time."""

    def __init__(self, channels: tuple[int, int], codec: Codec = Codec.H264) -> None:
        """Send packets of this codec, and of RTCP, on these interleaved channels."""
        self.source = secrets.randbits(32)
        self.sequence = secrets.randbits(16)
        """That of the next packet."""
        self._channels = channels
        self._codec = codec
        self._origin = secrets.randbits(32)
        self._payload_type = payload_type(codec)
        self._packets = 0
        self._octets = 0
        self._extension = b""
        """What the next packet's head is to be followed by."""

    def frame(self, frame: Frame, extension: bytes = b"") -> bytes:
        """Return all packets of a frame, the last one with the marker bit.

        The first one has the header extension, if there is one (RFC 3550, section 5.3.1).
        """
        timestamp = self._timestamp(frame)
        self._extension = extension
        if isinstance(frame, AudioFrame):
            return self._audio(frame, timestamp)
        parts: list[bytes | memoryview] = []
        last = len(frame.nal_units) - 1
        for index, unit in enumerate(frame.nal_units):
            if len(unit) <= MAX_PAYLOAD:
                parts += self._head(len(unit), timestamp, marked=index == last), unit
                continue
            view = memoryview(unit)
            head, kind, begin = self._fragment(unit)
            step = MAX_PAYLOAD - len(head) - 1
            for start in range(begin, len(unit), step):
                piece = view[start : start + step]
                ends = start + step >= len(unit)
                flags = (_FU_START if start == begin else 0) | (_FU_END if ends else 0)
                marked = ends and index == last
                parts += (
                    self._head(len(head) + 1 + len(piece), timestamp, marked=marked),
                    head,
                    bytes((flags | kind,)),
                    piece,
                )
        return b"".join(parts)

    def _fragment(self, unit: bytes) -> tuple[bytes, int, int]:
        """Return how the fragments of a NAL unit begin, its type, and the size of its own head."""
        if self._codec is Codec.H265:
            head = bytes((unit[0] & _LAYER | _H265_FU << 1, unit[1]))
            return head, unit[0] >> 1 & _H265_TYPE, 2
        return bytes((unit[0] & _REFERENCE | _FU_A,)), unit[0] & _TYPE, 1

    def _audio(self, frame: AudioFrame, timestamp: int) -> bytes:
        data = frame.data
        if self._codec is Codec.AAC:
            data = _ONE_AU_HEADER + (len(data) << _INDEX_LENGTH).to_bytes(2) + data
        return self._head(len(data), timestamp, marked=True) + data

    def report(self, frame: Frame, time: int | None = None) -> bytes:
        """Return a sender report about a frame: when it was captured, or the time given."""
        ntp = to_ntp(frame.time if time is None else time)
        return self._report(ntp, self._timestamp(frame))

    def blank_report(self) -> bytes:
        """Return a sender report that says nothing of time (ONVIF Streaming, "Use of RTCP")."""
        return self._report(0, 0)

    def _report(self, ntp: int, timestamp: int) -> bytes:
        name = f"{self.source:08x}@camera".encode()
        chunk = self.source.to_bytes(4) + bytes((_CNAME, len(name))) + name
        chunk += bytes(4 - len(chunk) % 4)
        description = struct.pack(">BBH", _ONE_SOURCE, _SOURCE_DESCRIPTION, len(chunk) // 4) + chunk
        report = _INTERLEAVED_REPORT.pack(
            b"$",
            self._channels[1],
            _REPORT + len(description),
            _VERSION,
            _SENDER_REPORT,
            _REPORT // 4 - 1,
            self.source,
            ntp,
            timestamp,
            self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )
        return report + description

    def _timestamp(self, frame: Frame) -> int:
        return (frame.ticks + self._origin) & 0xFFFFFFFF

    def _head(self, size: int, timestamp: int, *, marked: bool) -> bytes:
        """Return the heads of the next packet, whose payload has this size."""
        sequence = self.sequence
        self.sequence = (sequence + 1) & 0xFFFF
        self._packets += 1
        self._octets += size
        extension, self._extension = self._extension, b""
        head = _INTERLEAVED_RTP.pack(
            b"$",
            self._channels[0],
            _RTP_HEAD + len(extension) + size,
            _VERSION | EXTENDED if extension else _VERSION,
            self._payload_type | _MARKER if marked else self._payload_type,
            sequence,
            timestamp,
            self.source,
        )
        return head + extension if extension else head
