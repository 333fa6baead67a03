"""MPEG-4 part 2: what stands before a picture, and what it says (ISO/IEC 14496-2, 6.2)."""

import re
from typing import NamedTuple

from .bits import MAX_SIZE, Bits

_PICTURE = re.compile(rb"\x00\x00\x01[\xb3\xb6]")
"""Start code of a group of pictures, or of a picture (table 6-3)."""
_LAYER = re.compile(rb"\x00\x00\x01[\x20-\x2f]")
_SIMPLE_OBJECT = 1
_EXTENDED_PAR, _RECTANGULAR, _GRAYSCALE = 15, 0, 3
_VBV_PARAMETERS = 79
"""Bits of them, markers included."""


class Layer(NamedTuple):
    """What a video object layer says."""

    width: int
    height: int
    reorders: bool
    """Whether pictures may be shown in another order than that in which they are decoded."""


def headers(data: bytes) -> bytes:
    """Return what stands before the first picture, nothing where it describes no layer."""
    picture = _PICTURE.search(data)
    found = data[: picture.start()] if picture else data
    return found if len(found) <= MAX_SIZE and _LAYER.search(found) else b""


def parse_layer(data: bytes) -> Layer:
    """Return what the first layer in these headers says; ValueError if that can't be read."""
    start = _LAYER.search(data)
    if start is None:
        raise ValueError("There is no video object layer.")
    bits = Bits(data[start.end() :][:MAX_SIZE])
    bits.read(1)
    simple = bits.read(8) == _SIMPLE_OBJECT
    version = 1
    if bits.read(1):
        version, _ = bits.read(4), bits.read(3)
    if bits.read(4) == _EXTENDED_PAR:
        bits.read(16)
    low_delay = simple
    if bits.read(1):
        bits.read(2)
        low_delay = bool(bits.read(1))
        if bits.read(1):
            bits.read(_VBV_PARAMETERS)
    shape = bits.read(2)
    if shape == _GRAYSCALE and version != 1:
        bits.read(4)
    bits.read(1)
    resolution = bits.read(16)
    bits.read(1)
    if bits.read(1):
        bits.read(max(1, (resolution - 1).bit_length()))
    if shape != _RECTANGULAR:
        raise ValueError("The video is not rectangular.")
    bits.read(1)
    width = bits.read(13)
    bits.read(1)
    height = bits.read(13)
    if not width or not height:
        raise ValueError("The video has no size.")
    return Layer(width, height, reorders=not low_delay)
