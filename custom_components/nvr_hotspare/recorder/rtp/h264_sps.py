"""What an H.264 picture looks like: sequence parameter sets (ITU-T H.264, section 7.3.2.1.1)."""

from .bits import Bits, of_nal_unit

_MAX_MACROBLOCKS = 1024
"""Macroblocks (16 pixels) in a row or column: 16,384 pixels."""
_BASELINE = 66
_ORDER_OF_DECODING = 2
"""The type of picture order count that allows no other (section 8.2.1.3)."""
_HIGH_PROFILES = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}


def parse_size(sps: bytes) -> tuple[int, int]:
    """Return the width and height in pixels that a sequence parameter set gives its pictures.

    Raises:
        ValueError: It ends too early or holds what no encoder writes.
    """
    bits = of_nal_unit(sps[1:])
    chroma, separate = _skip_to_size(bits)
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


def may_have_fields(sps: bytes) -> bool:
    """Whether a picture may consist of two fields, which are coded one after the other.

    Raises:
        ValueError: As in `parse_size`.
    """
    bits = of_nal_unit(sps[1:])
    _skip_to_size(bits)
    bits.golomb(), bits.golomb()  # columns and rows
    return not bits.read(1)


def parse_samples(sps: bytes) -> tuple[int, int, int] | None:
    """Return the chroma format and the bit depths of luma and chroma, less 8.

    None for the profiles that have 4:2:0 in 8 bits only and don't say so.

    Raises:
        ValueError: As in `parse_size`.
    """
    bits = of_nal_unit(sps[1:])
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


def may_reorder(sps: bytes) -> bool:
    """Whether pictures may be shown in another order than that in which they come.

    Raises:
        ValueError: As in `parse_size`.
    """
    bits = of_nal_unit(sps[1:])
    profile = bits.read(8)
    if profile == _BASELINE:
        return False
    bits.read(16)  # constraints and level
    bits.golomb()  # id
    if profile in _HIGH_PROFILES:
        _chroma(bits)
    bits.golomb()  # frame number
    return bits.golomb() != _ORDER_OF_DECODING


def _skip_to_size(bits: Bits) -> tuple[int, int]:
    """Skip what stands before the size; return the chroma format, and if planes are separate."""
    profile = bits.read(8)
    bits.read(16)  # constraints and level
    bits.golomb()  # id
    chroma = _chroma(bits) if profile in _HIGH_PROFILES else (1, 0)
    bits.golomb()  # frame number
    _skip_order_count(bits)
    bits.golomb(), bits.read(1)  # reference frames, gaps
    return chroma


def _chroma(bits: Bits) -> tuple[int, int]:
    """Read the chroma format and whether its planes are separate; skip bit depths and scaling."""
    chroma = bits.golomb()
    separate = bits.read(1) if chroma == 3 else 0  # noqa: PLR2004 (4:4:4)
    bits.golomb(), bits.golomb(), bits.read(1)  # bit depths, transform bypass
    if bits.read(1):
        _skip_scaling_matrix(bits, 12 if chroma == 3 else 8)  # noqa: PLR2004 (4:4:4)
    return chroma, separate


def _skip_scaling_matrix(bits: Bits, lists: int) -> None:
    for index in range(lists):
        if bits.read(1):
            last = following = 8
            for _ in range(16 if index < 6 else 64):  # noqa: PLR2004 (4x4 lists, then 8x8)
                if following:
                    following = (last + bits.signed_golomb()) % 256
                last = following or last


def _skip_order_count(bits: Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.read(1)
        bits.golomb(), bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()
