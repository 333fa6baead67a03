"""What a server replays: recorded footage, beside the live streams that it presents."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

from ..model import Frame, Tracks
from ..rtp.capture import Mark
from .order import Order


class Shot(NamedTuple):
    """A recorded frame and what it is to those around it."""

    frame: Frame
    marks: Mark
    """All but whether decoding can begin with it, which the frame says itself."""


class Footage(ABC):
    """The footage under one path.

    Attributes:
        onvif: Whether it is replayed as ONVIF has it to who requires that: stamped, and at any
            pace.
    """

    onvif = True

    @abstractmethod
    async def tracks(self) -> Tracks | None:
        """Return what all of it is, None while there is none; OSError as the disk has it."""

    @abstractmethod
    def names(self) -> Mapping[type[Frame], str]:
        """Return what the tracks are called, by their frames (ONVIF Streaming, "RTSP describe")."""

    @abstractmethod
    def play(self, order: Order) -> AsyncIterator[Sequence[Shot]]:
        """Play footage in the order in which it was recorded, some of it at a time.

        It begins with the key frame at or before the wanted start, or with the first one after
        the gap that this is in. Each key frame of video comes with its parameter sets. May raise
        OSError.
        """
