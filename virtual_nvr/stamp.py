"""The mark in every frame of a virtual camera, by which any recording of it can be checked.

It is an SEI message "user data unregistered" (H.264, section D.2.7; H.265, section D.3.7): a UUID
of ours and a line of ASCII, so that it needs no emulation prevention and can be read in any hex
dump.
"""

from collections.abc import Iterable, Sequence
import re
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from custom_components.nvr_hotspare.recorder.model import Codec
from custom_components.nvr_hotspare.recorder.rtp import h264, h265

FRAME_RATE = 25
"""Frames per second of every virtual camera."""

_UUID = UUID("5d1c2b9e-7a64-4f3e-9c8b-6e76722d7370").bytes
_USER_DATA_UNREGISTERED = 5
_HEADS = {Codec.H264: b"\x06", Codec.H265: b"\x4e\x01"}
"""Heads of the NAL units that hold an SEI message before the picture."""
_STOP_BIT = b"\x80"
_LINE = re.compile(rb"camera=(\d{1,9}) frame=(\d{1,18}) time=(\d{1,20}) crc=([0-9a-f]{8})")
_SECOND = 1_000_000_000


class Stamp(NamedTuple):
    """Who captured a frame and when."""

    camera: int
    frame: int
    """Counts on from 1970 at the frame rate, also while the camera is off."""
    time: int
    """When it was captured: nanoseconds since 1970 UTC."""
    crc: int
    """CRC-32 of its slices."""


def frame_at(time: int) -> int:
    """Return the number of the first frame captured at that time (ns since 1970) or later."""
    return -(-time * FRAME_RATE // _SECOND)


def time_of(frame: int) -> int:
    """Return when a frame is captured, in nanoseconds since 1970."""
    return frame * _SECOND // FRAME_RATE


def slices_of(nal_units: Iterable[bytes], codec: Codec = Codec.H264) -> list[bytes]:
    """Return the NAL units of a frame that are picture (H.264 and H.265, table 7-1)."""
    kinds = h265 if codec is Codec.H265 else h264
    return [unit for unit in nal_units if kinds.nal_type(unit) in kinds.SLICES]


def checksum(slices: Sequence[bytes]) -> int:
    """Return the CRC-32 of the slices of a frame, in order."""
    value = 0
    for unit in slices:
        value = crc32(unit, value)
    return value


def build(stamp: Stamp, codec: Codec = Codec.H264) -> bytes:
    """Return the stamp as an SEI NAL unit."""
    line = f"camera={stamp.camera} frame={stamp.frame} time={stamp.time} crc={stamp.crc:08x}"
    payload = _UUID + line.encode()
    head = _HEADS[codec] + bytes((_USER_DATA_UNREGISTERED, len(payload)))
    return head + payload + _STOP_BIT


def read(nal_units: Sequence[bytes]) -> Stamp | None:
    """Return the stamp of a frame, None if it has none."""
    for unit in nal_units:
        for head in _HEADS.values():
            begin = len(head) + 2
            if unit.startswith(head) and unit.startswith(_UUID, begin):
                match = _LINE.match(unit, begin + len(_UUID))
                if match is not None:
                    camera, frame, time, crc = match.groups()
                    return Stamp(int(camera), int(frame), int(time), int(crc, 16))
    return None
