"""JPEG: how large a picture is (ITU-T T.81, annex B)."""

import struct

_SOI, _MARKER = b"\xff\xd8", 0xFF
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a frame's header; those left out are of tables."""
_MAX_SEGMENTS = 64


def parse_size(picture: bytes) -> tuple[int, int]:
    """Return width and height of a picture; ValueError if it is none."""
    if not picture.startswith(_SOI):
        raise ValueError("This is no JPEG.")
    position = len(_SOI)
    try:
        for _ in range(_MAX_SEGMENTS):
            marker, kind, size = struct.unpack_from(">BBH", picture, position)
            if marker != _MARKER:
                break
            if kind in _FRAMES:
                height, width = struct.unpack_from(">HH", picture, position + 5)
                if width and height:
                    return width, height
                break
            position += 2 + size
    except struct.error as error:
        raise ValueError("The picture is cut off.") from error
    raise ValueError("The picture has no size.")
