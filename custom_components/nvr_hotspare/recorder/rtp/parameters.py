"""H.264 parameter sets: what a picture looks like (ITU-T H.264, section 7.3.2.1.1)."""

from collections.abc import Iterable
import re

from ..model import VideoTrack
from .h264 import PPS, SPS

_MAX_SIZE = 1024
"""Bytes of a parameter set that are believed; cameras send 10 to 60."""
_MAX_MACROBLOCKS = 1024
"""Macroblocks (16 pixels) in a row or column: 16,384 pixels."""
_HIGH_PROFILES = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_EMULATION = re.compile(rb"\x00\x00\x03")


def find_track(nal_units: Iterable[bytes], known: VideoTrack | None = None) -> VideoTrack | None:
    """Return the track that the first parameter sets among these NAL units describe.

    It is `known` itself where they say nothing new or can't be read.
    """
    sps = known.sps if known else b""
    pps = known.pps if known else b""
    found = {unit[0] & 0x1F: unit for unit in reversed(list(nal_units)) if unit}
    sps, pps = found.get(SPS, sps), found.get(PPS, pps)
    if not sps or not pps or (known and (known.sps, known.pps) == (sps, pps)):
        return known
    try:
        width, height = parse_size(sps)
    except ValueError:
        return known
    return VideoTrack(sps=sps, pps=pps, width=width, height=height)


def parse_size(sps: bytes) -> tuple[int, int]:
    """Return the width and height in pixels that a sequence parameter set gives its pictures.

    Raises:
        ValueError: It ends too early or holds what no encoder writes.
    """
    bits = _Bits(_EMULATION.sub(b"\x00\x00", sps[1:_MAX_SIZE]))
    profile = bits.read(8)
    bits.read(16)  # constraints and level
    bits.golomb()  # id
    chroma, separate = 1, 0
    if profile in _HIGH_PROFILES:
        chroma = bits.golomb()
        separate = bits.read(1) if chroma == 3 else 0  # noqa: PLR2004 (4:4:4)
        bits.golomb(), bits.golomb(), bits.read(1)  # bit depths, transform bypass
        if bits.read(1):
            _skip_scaling_matrix(bits, 12 if chroma == 3 else 8)  # noqa: PLR2004 (4:4:4)
    bits.golomb()  # frame number
    _skip_order_count(bits)
    bits.golomb(), bits.read(1)  # reference frames, gaps
    columns, rows = bits.golomb() + 1, bits.golomb() + 1
    frames_only = bits.read(1)
    if not frames_only:
        bits.read(1)
    bits.read(1)  # direct 8x8 inference
    crop = [bits.golomb() for _ in range(4)] if bits.read(1) else [0, 0, 0, 0]
    if max(columns, rows) > _MAX_MACROBLOCKS:
        raise ValueError("The picture is too large.")
    unit_x = 2 if chroma in {1, 2} and not separate else 1
    unit_y = (2 if chroma == 1 and not separate else 1) * (2 - frames_only)
    width = columns * 16 - unit_x * (crop[0] + crop[1])
    height = rows * 16 * (2 - frames_only) - unit_y * (crop[2] + crop[3])
    if width <= 0 or height <= 0:
        raise ValueError("Nothing is left of the picture.")
    return width, height


def parse_samples(sps: bytes) -> tuple[int, int, int] | None:
    """Return the chroma format and the bit depths of luma and chroma, less 8.

    None for the profiles that have 4:2:0 in 8 bits only and don't say so.

    Raises:
        ValueError: As in `parse_size`.
    """
    bits = _Bits(_EMULATION.sub(b"\x00\x00", sps[1:_MAX_SIZE]))
    if bits.read(8) not in _HIGH_PROFILES:
        return None
    bits.read(16)  # constraints and level
    bits.golomb()  # id
    chroma = bits.golomb()
    if chroma == 3:  # noqa: PLR2004 (4:4:4)
        bits.read(1)
    luma_depth, chroma_depth = bits.golomb(), bits.golomb()
    if chroma > 3 or max(luma_depth, chroma_depth) > 6:  # noqa: PLR2004 (14 bits)
        raise ValueError("There are no such samples.")
    return chroma, luma_depth, chroma_depth


def _skip_scaling_matrix(bits: _Bits, lists: int) -> None:
    for index in range(lists):
        if bits.read(1):
            last = following = 8
            for _ in range(16 if index < 6 else 64):  # noqa: PLR2004 (4x4 lists, then 8x8)
                if following:
                    following = (last + bits.signed_golomb()) % 256
                last = following or last


def _skip_order_count(bits: _Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.read(1)
        bits.golomb(), bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()


class _Bits:
    """Reads numbers of a few bits; ValueError beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        if count > self._left:
            raise ValueError("The parameter set is cut off.")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """Read an unsigned Exp-Golomb code (section 9.1)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:  # noqa: PLR2004 (the longest code there is)
                raise ValueError("A number is too long.")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed_golomb(self) -> int:
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)
