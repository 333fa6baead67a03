"""From RTP packets to H.265 access units (RFC 7798, without decoding order numbers).

Streams whose packets carry decoding order numbers (`sprop-max-don-diff` above 0) are refused
where their description is read: no camera sends them.
"""

from typing import override

from .access_unit import VideoDepacketizer
from .sei import is_recovery_point

SLICES = range(32)
KEYS = range(16, 22)
VPS, SPS, PPS, SEI = 32, 33, 34, 39
"""Types of NAL unit (ITU-T H.265, table 7-1): the slices of a picture, those of a picture with
which decoding can begin (BLA, IDR and CRA), the parameter sets, and supplemental information."""
_AGGREGATION, _FRAGMENT = 48, 49
_HEAD = 2
"""Bytes of the head of a NAL unit, and of a payload (section 4.2)."""
_FU_TYPE, _LAYER = 0x3F, 0x81
_FIRST = b"\x80"
"""The least byte that the first slice segment of a picture begins with (section 7.3.6.1)."""


def nal_type(unit: bytes) -> int:
    """Return the type of a NAL unit, which is not empty."""
    return unit[0] >> 1 & _FU_TYPE


class Depacketizer(VideoDepacketizer):
    """Puts the access units of an H.265 stream together."""

    _FU_HEAD = 3

    @override
    def _unpack(self, payload: bytes) -> None:
        if len(payload) <= _HEAD:
            return
        kind = payload[0] >> 1 & _FU_TYPE
        if kind == _FRAGMENT:
            first = payload[0] & _LAYER | (payload[2] & _FU_TYPE) << 1
            self._add_fragment(payload, bytes((first, payload[1])))
        elif kind == _AGGREGATION:
            self._add_aggregate(memoryview(payload)[_HEAD:])
        elif kind < _AGGREGATION:
            self._add_whole(payload)

    @override
    def _is_slice(self, unit: bytes) -> bool:
        return unit[0] >> 1 & _FU_TYPE in SLICES

    @override
    def _is_first_slice(self, unit: bytes) -> bool:
        return unit[2:3] >= _FIRST

    @override
    def _is_key(self, units: list[bytes]) -> bool:
        """Whether decoding can begin here at once, or at a recovery point (section D.3.8)."""
        for unit in units:
            kind = unit[0] >> 1 & _FU_TYPE
            if kind in KEYS or (kind == SEI and is_recovery_point(unit[_HEAD:])):
                return True
        return False
