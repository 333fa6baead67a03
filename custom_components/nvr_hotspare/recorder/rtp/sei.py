"""Supplemental information beside pictures, the same in H.264 and H.265 (sections 7.3.2.3, D.1)."""

from .bits import without_emulation

_RECOVERY_POINT = 6
_GOES_ON = 0xFF
_MAX_SIZE = 4096
"""Bytes of a unit that are looked at."""


def is_recovery_point(payload: bytes) -> bool:
    """Whether an SEI unit, its head taken off, says that decoding may begin with its picture.

    It may then take some more pictures until all of a picture is right (`recovery_frame_cnt`):
    with gradual refresh there is no better place to begin.
    """
    if _RECOVERY_POINT not in payload:
        return False
    data = without_emulation(payload[:_MAX_SIZE])
    position = 0
    while position + 2 < len(data):  # beyond the last message there is a byte more
        kind, position = _number(data, position)
        if kind == _RECOVERY_POINT:
            return True
        size, position = _number(data, position)
        position += size
    return False


def _number(data: bytes, position: int) -> tuple[int, int]:
    """Return a number that is the sum of bytes up to the first below 255, and what follows it."""
    number = 0
    while (byte := data[position] if position < len(data) else 0) == _GOES_ON:
        number += byte
        position += 1
    return number + byte, position + 1
