"""What an H.265 picture looks like: sequence parameter sets (ITU-T H.265, section 7.3.2.2)."""

from typing import NamedTuple

from .bits import Bits, of_nal_unit

_HEAD = 2
_MAX_SIDE = 16_384
"""Pixels in a row or column."""
_MAX_DEPTH = 8
"""Bits of a sample beyond 8."""
_PROFILE = 88
"""Bits of a profile, its tier, compatibility and constraints (section 7.3.3)."""


class Picture(NamedTuple):
    """What a sequence parameter set says, as far as it matters here."""

    width: int
    height: int
    profile: bytes
    """11 bytes from the profile space to the constraints."""
    level: int
    layers: int
    """Temporal sub-layers."""
    nested: int
    """Whether each of them can be switched to at any time: 0 or 1."""
    chroma: int
    luma_depth: int
    """Bits of a sample beyond 8."""
    chroma_depth: int
    reorders: bool
    """Whether pictures may be shown in another order than that in which they come."""


def parse(sps: bytes) -> Picture:
    """Return what a sequence parameter set says about its pictures.

    Raises:
        ValueError: It ends too early or holds what no encoder writes.
    """
    bits = of_nal_unit(sps[_HEAD:])
    bits.read(4)  # the id of the VPS
    sub_layers, nested = bits.read(3), bits.read(1)
    profile, level = bits.read(_PROFILE).to_bytes(_PROFILE // 8), bits.read(8)
    _skip_sub_layers(bits, sub_layers)
    bits.golomb()  # id
    chroma = bits.golomb()
    separate = bits.read(1) if chroma == 3 else 0  # noqa: PLR2004 (4:4:4)
    width, height = bits.golomb(), bits.golomb()
    crop = [bits.golomb() for _ in range(4)] if bits.read(1) else [0, 0, 0, 0]
    luma_depth, chroma_depth = bits.golomb(), bits.golomb()
    if chroma > 3 or max(luma_depth, chroma_depth) > _MAX_DEPTH:  # noqa: PLR2004 (4:4:4)
        raise ValueError("There are no such samples.")
    if max(width, height) > _MAX_SIDE:
        raise ValueError("The picture is too large.")
    width -= (2 if chroma in {1, 2} and not separate else 1) * (crop[0] + crop[1])
    height -= (2 if chroma == 1 and not separate else 1) * (crop[2] + crop[3])
    if width <= 0 or height <= 0:
        raise ValueError("Nothing is left of the picture.")
    return Picture(
        width=width,
        height=height,
        profile=profile,
        level=level,
        layers=sub_layers + 1,
        nested=nested,
        chroma=chroma,
        luma_depth=luma_depth,
        chroma_depth=chroma_depth,
        reorders=_reorders(bits, sub_layers),
    )


def _reorders(bits: Bits, sub_layers: int) -> bool:
    bits.golomb()  # order count
    each = bits.read(1)
    reordered = 0
    for _ in range(sub_layers + 1 if each else 1):
        bits.golomb()  # pictures buffered
        reordered = bits.golomb()
        bits.golomb()  # latency
    return reordered > 0


def _skip_sub_layers(bits: Bits, count: int) -> None:
    present = [(bits.read(1), bits.read(1)) for _ in range(count)]
    if count:
        bits.read(2 * (8 - count))
    for has_profile, has_level in present:
        bits.read(_PROFILE * has_profile + 8 * has_level)
