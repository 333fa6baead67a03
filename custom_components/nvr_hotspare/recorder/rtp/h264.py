"""From RTP packets to H.264 access units (RFC 6184, packetization modes 0 and 1)."""

from typing import override

from .access_unit import VideoDepacketizer
from .bits import of_nal_unit
from .sei import is_recovery_point

SLICES = range(1, 6)
IDR, SEI, SPS, PPS = 5, 6, 7, 8
"""Types of NAL unit (ITU-T H.264, table 7-1): the slices of a picture, key frames, supplemental
information, parameters."""
_WITH_POSITION = {1, 2, IDR}
"""Those that begin with the number of their first macroblock."""
_INTRA = {2, 4}
"""Types of slice (table 7-6, modulo 5) that refer to no other picture."""
_STAP_A, _FU_A = 24, 28
_TYPE, _REFERENCE = 0x1F, 0xE0
_FIRST = b"\x80"
"""The least byte that a slice begins with whose first macroblock is number 0 (section 7.3.3)."""


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
    def _is_first_slice(self, unit: bytes) -> bool:
        return unit[0] & _TYPE in _WITH_POSITION and unit[1:2] >= _FIRST

    @override
    def _is_key(self, units: list[bytes]) -> bool:
        """Whether it is an IDR picture, a recovery point, or an I picture behind an SPS.

        Many encoders send an IDR picture once or never. They say where decoding can begin by a
        recovery point (section D.2.8), or by sending the parameter sets again.
        """
        has_sps = False
        for unit in units:
            kind = unit[0] & _TYPE
            if kind == IDR or (kind == SEI and is_recovery_point(unit[1:])):
                return True
            has_sps = has_sps or kind == SPS
        return has_sps and all(_is_intra(unit) for unit in units if self._is_slice(unit))


def _is_intra(unit: bytes) -> bool:
    bits = of_nal_unit(unit[1:])
    try:
        bits.golomb()  # the first macroblock
        return bits.golomb() % 5 in _INTRA
    except ValueError:
        return False
