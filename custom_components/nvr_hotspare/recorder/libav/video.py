"""The video that a reader passes on, made what the engine's own client would make of it."""

from abc import ABC, abstractmethod
import re

from ..model import Codec, VideoFrame, VideoTrack
from ..rtp import jpeg, mpeg4
from ..rtp.clock import CaptureClock
from ..rtp.parameters import find_track
from .messages import Opened, Packet
from .timing import capture

_START_CODE = re.compile(rb"\x00\x00\x01")


class VideoReceiver(ABC):
    """Turns packets of video into frames.

    Attributes:
        clock: Times them.
        track: What a decoder must know before the next frame, None while that is not known.
    """

    def __init__(self, codec: Codec, headers: bytes) -> None:
        self.clock = CaptureClock()
        self.track: VideoTrack | None = None
        self._codec = codec
        self._learn(self._units(headers))

    def push(self, packet: Packet) -> VideoFrame:
        """Take in a packet and return its frame."""
        units = self._units(bytes(packet.data))
        ticks, time = capture(self.clock, packet, packet.arrival)
        if packet.key or self.track is None:
            self._learn(units)
        return VideoFrame(nal_units=units, time=time, ticks=ticks, key=packet.key)

    def _units(self, data: bytes) -> list[bytes]:
        """Return what the engine calls the NAL units of a frame."""
        return [data]

    @abstractmethod
    def _learn(self, units: list[bytes]) -> None:
        """Take up what a frame, or the description, says about the track."""


def video_receiver(opened: Opened) -> VideoReceiver:
    """Return the receiver of a stream's video; ValueError if it is no video."""
    kinds: dict[Codec, type[VideoReceiver]] = {
        Codec.H264: _NalUnits,
        Codec.H265: _NalUnits,
        Codec.MJPEG: _Pictures,
        Codec.MPEG4: _Mpeg4,
    }
    kind = kinds.get(opened.video)
    if kind is None:
        raise ValueError("No camera sends such video.")
    return kind(opened.video, bytes.fromhex(opened.headers))


class _NalUnits(VideoReceiver):
    """H.264 or H.265, in the byte stream format of annex B."""

    def _units(self, data: bytes) -> list[bytes]:
        # Zeros may stand before a start code; no NAL unit ends in one.
        return [unit for part in _START_CODE.split(data) if (unit := part.rstrip(b"\0"))]

    def _learn(self, units: list[bytes]) -> None:
        self.track = find_track(units, self.track, self._codec)


class _Pictures(VideoReceiver):
    """Motion JPEG."""

    def _learn(self, units: list[bytes]) -> None:
        try:
            width, height = jpeg.parse_size(units[0])
        except ValueError:
            return
        known = self.track
        if known is None or (known.width, known.height) != (width, height):
            self.track = VideoTrack(codec=Codec.MJPEG, width=width, height=height)


class _Mpeg4(VideoReceiver):
    """MPEG-4 part 2."""

    def _learn(self, units: list[bytes]) -> None:
        config = mpeg4.headers(units[0])
        if not config or (self.track is not None and self.track.config == config):
            return
        try:
            layer = mpeg4.parse_layer(config)
        except ValueError:
            return
        self.track = VideoTrack(
            codec=Codec.MPEG4, config=config, width=layer.width, height=layer.height
        )
