"""From frames to the RTP packets of one viewer, ready to be sent within RTSP over TCP.

Single NAL unit packets and FU-A (RFC 6184, sections 5.6 and 5.8), sender reports with a CNAME
(RFC 3550, sections 6.4.1 and 6.5), each packet behind its interleaved head (RFC 2326, 10.12).
"""

import secrets
import struct

from ..model import VideoFrame
from ..ntp import to_ntp

PAYLOAD_TYPE = 96
MAX_PAYLOAD = 1400
"""Bytes of a packet's payload: what cameras send, whatever the transport."""

_INTERLEAVED_RTP = struct.Struct(">cBHBBHII")
_INTERLEAVED_REPORT = struct.Struct(">cBHBBHIQIII")
_RTP_HEAD, _REPORT = 12, 28
_VERSION, _ONE_SOURCE, _MARKER = 0x80, 0x81, 0x80
_SENDER_REPORT, _SOURCE_DESCRIPTION, _CNAME = 200, 202, 1
_FU_A, _FU_START, _FU_END = 28, 0x80, 0x40
_TYPE, _REFERENCE = 0x1F, 0xE0


class RtpSender:
    """The packets of one session: its sequence numbers, its source, its zero of time."""

    def __init__(self, channels: tuple[int, int]) -> None:
        """Send packets of video and of RTCP on these interleaved channels."""
        self.source = secrets.randbits(32)
        self.sequence = secrets.randbits(16)
        """That of the next packet."""
        self._channels = channels
        self._origin = secrets.randbits(32)
        self._packets = 0
        self._octets = 0

    def frame(self, frame: VideoFrame) -> bytes:
        """Return all packets of a frame, the last one with the marker bit."""
        timestamp = self._timestamp(frame)
        parts: list[bytes | memoryview] = []
        last = len(frame.nal_units) - 1
        for index, unit in enumerate(frame.nal_units):
            if len(unit) <= MAX_PAYLOAD:
                parts += self._head(len(unit), timestamp, marked=index == last), unit
                continue
            view = memoryview(unit)
            step = MAX_PAYLOAD - 2
            indicator, kind = unit[0] & _REFERENCE | _FU_A, unit[0] & _TYPE
            for start in range(1, len(unit), step):
                piece = view[start : start + step]
                ends = start + step >= len(unit)
                flags = (_FU_START if start == 1 else 0) | (_FU_END if ends else 0)
                marked = ends and index == last
                parts += (
                    self._head(len(piece) + 2, timestamp, marked=marked),
                    bytes((indicator, flags | kind)),
                    piece,
                )
        return b"".join(parts)

    def report(self, frame: VideoFrame) -> bytes:
        """Return a sender report that says when a frame was captured."""
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
            to_ntp(frame.time),
            self._timestamp(frame),
            self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )
        return report + description

    def _timestamp(self, frame: VideoFrame) -> int:
        return (frame.ticks + self._origin) & 0xFFFFFFFF

    def _head(self, size: int, timestamp: int, *, marked: bool) -> bytes:
        """Return the heads of the next packet, whose payload has this size."""
        sequence = self.sequence
        self.sequence = (sequence + 1) & 0xFFFF
        self._packets += 1
        self._octets += size
        return _INTERLEAVED_RTP.pack(
            b"$",
            self._channels[0],
            _RTP_HEAD + size,
            _VERSION,
            PAYLOAD_TYPE | _MARKER if marked else PAYLOAD_TYPE,
            sequence,
            timestamp,
            self.source,
        )
