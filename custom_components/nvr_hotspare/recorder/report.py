"""What the engine tells about itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .giving.model import TransferReport
from .model import ChannelState, ChannelStatus


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

    provisioned: bool
    """Told to be ready for it."""
    recorded: bool
    """Told to record it."""
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
    transfers: Mapping[str, TransferReport] = field(default_factory=dict)
    """Footage that is given back, by job."""

    @property
    def ring(self) -> int:
        """Bytes of footage in memory."""
        return sum(channel.ring for channel in self.channels.values())


def channel_report(
    status: ChannelStatus | None, *, order: bool | None, has_source: bool, holds_footage: bool
) -> ChannelReport:
    """Put together what is told of a channel.

    Args:
        status: What the engine does for it, None for nothing.
        order: Whether it is to be recorded, None if there are no orders about it.
        has_source: Whether it is known where its camera is.
        holds_footage: Whether there are clips of it.
    """
    known = ChannelReport(
        provisioned=order is not None,
        recorded=bool(order),
        has_source=has_source,
        error="The engine does not know where the camera is." if order and not has_source else "",
        holds_footage=holds_footage,
    )
    if status is None:
        return known
    return replace(
        known,
        state=status.state,
        first_frame=status.first_frame,
        last_frame=status.last_frame,
        frames=status.frames,
        size=status.size,
        error=status.error,
        ring=status.ring,
        ring_seconds=round(status.ring_seconds, 1),
        bitrate=status.bitrate,
        longest_gop=round(status.longest_gop, 1),
        holds_footage=holds_footage or status.frames > 0,
    )


def storage_report(seen: StorageReport, errors: Iterable[str]) -> StorageReport:
    """Return what was seen of the disk, or that it fails although nothing is to be seen.

    Args:
        seen: What the latest look has found.
        errors: What went wrong with the disk, some of it empty.
    """
    error = next(filter(None, errors), "")
    if error and seen.state in {StorageState.OK, StorageState.FULL_SOON}:
        return replace(seen, state=StorageState.UNAVAILABLE, error=error)
    return seen
