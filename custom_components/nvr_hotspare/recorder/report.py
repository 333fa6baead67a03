"""What the engine tells about itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .model import ChannelState


class StorageState(StrEnum):
    """Whether footage can be written."""

    OK = "ok"
    FULL_SOON = "full_soon"
    """Nothing may be deleted any more, and there is more footage than wanted or little room."""
    FULL = "full"
    """No more than the floor is free: nothing is written until there is room."""
    UNAVAILABLE = "unavailable"
    """The folder is gone, is read-only, or its disk fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReport:
    """The folder and its disk; sizes in bytes."""

    state: StorageState = StorageState.OK
    error: str = ""
    """What is wrong, in a sentence."""
    used: int = 0
    """By footage."""
    limit: int = 0
    """For footage; 0 for none."""
    free: int = 0
    total: int = 0
    floor: int = 0
    """What has to stay free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReport:
    """One channel; times in nanoseconds since 1970 UTC."""

    recorded: bool
    """Told to record."""
    has_source: bool = False
    """Knows where its camera is."""
    state: ChannelState | None = None
    """What is being done about its camera, None for nothing."""
    first_frame: int | None = None
    """Capture time of the first frame written since it was told to record."""
    last_frame: int | None = None
    frames: int = 0
    """Written since then, as `size`."""
    size: int = 0
    error: str = ""
    """Why it is not recorded, or not watched, in a sentence without secrets."""
    ring: int = 0
    """Bytes of footage in memory."""
    ring_seconds: float = 0.0
    """How much footage that is."""
    bitrate: int = 0
    """Bits per second, of late."""
    longest_gop: float = 0.0
    """Seconds from key frame to key frame, at most so far."""
    holds_footage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """All of it."""

    pid: int
    version: str
    """Of the package it runs."""
    storage: StorageReport
    channels: Mapping[str, ChannelReport] = field(default_factory=dict)
    """All that it has to be ready for, and all that there is footage of."""

    @property
    def ring(self) -> int:
        """Bytes of footage in memory."""
        return sum(channel.ring for channel in self.channels.values())
