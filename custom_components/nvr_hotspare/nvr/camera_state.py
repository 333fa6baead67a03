"""How a camera is set, and what somebody has changed of it: its time and its encoding.

Some recorders set both of a camera that they add.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

CLOCK_JUMP: Final = 5.0
"""Seconds by which a clock that nobody sets may seem to move between two looks at it."""


class Aspect(StrEnum):
    """What may be changed of a camera; of an encoding, by the name of its field."""

    CLOCK = "clock"
    """By how many seconds it is ahead."""
    TIME_SOURCE = "time_source"
    TIME_ZONE = "time_zone"
    CODEC = "codec"
    RESOLUTION = "resolution"
    FRAME_RATE = "frame_rate"
    BITRATE = "bitrate"
    KEY_INTERVAL = "key_interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How one stream is encoded; what the camera does not tell is empty."""

    codec: str = ""
    resolution: str = ""
    """As "1920x1080"."""
    frame_rate: str = ""
    """Pictures per second at most."""
    bitrate: str = ""
    """Kilobits per second at most."""
    key_interval: str = ""
    """Pictures from key frame to key frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraState:
    """How a camera is set, as far as it tells."""

    clock: float | None = None
    """Seconds by which its clock is ahead of ours."""
    time_source: str = ""
    """NTP or Manual."""
    time_zone: str = ""
    encodings: Mapping[str, Encoding]
    """By what the camera calls the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not what it was."""

    aspect: Aspect
    stream: str = ""
    """Of which it is; empty for what is the camera's."""
    before: str
    after: str


def changes(before: CameraState, after: CameraState) -> Sequence[Change]:
    """Return what differs; what is not told before and after has not changed."""
    return [*_of_time(before, after), *_of_encoding(before, after)]


def _of_time(before: CameraState, after: CameraState) -> Iterator[Change]:
    was, now = before.clock, after.clock
    if was is not None and now is not None and abs(now - was) >= CLOCK_JUMP:
        yield Change(aspect=Aspect.CLOCK, before=f"{was:+.0f}", after=f"{now:+.0f}")
    pairs = {
        Aspect.TIME_SOURCE: (before.time_source, after.time_source),
        Aspect.TIME_ZONE: (before.time_zone, after.time_zone),
    }
    for aspect, (old, new) in pairs.items():
        if old and new and old != new:
            yield Change(aspect=aspect, before=old, after=new)


def _of_encoding(before: CameraState, after: CameraState) -> Iterator[Change]:
    for stream in sorted(before.encodings.keys() & after.encodings.keys()):
        was, now = before.encodings[stream], after.encodings[stream]
        for field in fields(Encoding):
            old, new = getattr(was, field.name), getattr(now, field.name)
            if old and new and old != new:
                yield Change(aspect=Aspect(field.name), stream=stream, before=old, after=new)
