"""What the parts of the engine hand to one another."""

from dataclasses import dataclass, field
from enum import StrEnum

CLOCK_RATE = 90_000
"""Ticks per second of every video track (RFC 6184, section 8.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a camera's stream is: an RTSP URI, its credentials kept apart from it."""

    uri: str
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTrack:
    """What a decoder must know before the first frame of an H.264 stream."""

    sps: bytes
    pps: bytes
    width: int
    height: int


@dataclass(slots=True, kw_only=True)
class Frame:
    """One access unit of video, in decoding order."""

    nal_units: list[bytes]
    """NAL units without start codes or lengths, parameter sets and SEI included."""
    time: int
    """When the camera captured it: nanoseconds since 1970 UTC."""
    ticks: int
    """Its RTP timestamp, unwrapped so that it only grows across the 32-bit limit."""
    key: bool
    """Whether decoding can begin here."""


class ChannelState(StrEnum):
    """What the engine is doing about one channel."""

    CONNECTING = "connecting"
    RECORDING = "recording"
    RETRYING = "retrying"
    REFUSED = "refused"
    """The camera rejected the credentials; nothing is tried until they change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """A channel as the engine sees it; times in nanoseconds since 1970 UTC."""

    state: ChannelState
    first_frame: int | None = None
    last_frame: int | None = None
    frames: int = 0
    size: int = 0
    """Bytes written."""
    error: str = ""
    """Why it does not record, in a sentence without secrets."""
