"""From RTP packets to H.264 access units (RFC 6184, packetization modes 0 and 1)."""

from typing import override

from .access_unit import VideoDepacketizer

SLICES = range(1, 6)
IDR, SPS, PPS = 5, 7, 8
"""Types of NAL unit (ITU-T H.264, table 7-1): the slices of a picture, key frames, parameters."""
_STAP_A, _FU_A = 24, 28
_TYPE, _REFERENCE = 0x1F, 0xE0


def nal_type(unit: bytes) -> int:
    """Return the type of a NAL unit, which is not empty."""
    return unit[0] & _TYPE


class Depacketizer(VideoDepacketizer):
    """Puts the access units of an H.264 stream together."""

    _FU_HEAD = 2

    @override
    def _unpack(self, payload: bytes) -> None:
        kind = payload[0] & _TYPE
        if kind == _FU_A:
            head = payload[0] & _REFERENCE | payload[1] & _TYPE if len(payload) > 1 else 0
            self._add_fragment(payload, bytes((head,)))
        elif kind == _STAP_A:
            self._add_aggregate(memoryview(payload)[1:])
        elif kind < _STAP_A:
            self._add_whole(payload)

    @override
    def _is_slice(self, unit: bytes) -> bool:
        return unit[0] & _TYPE in SLICES

    @override
    def _is_key(self, unit: bytes) -> bool:
        return unit[0] & _TYPE == IDR
