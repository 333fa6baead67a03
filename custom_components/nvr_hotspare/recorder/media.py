"""One media of a camera's stream, from its packets to frames with capture times."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from .model import AudioFrame, AudioTrack, Codec, VideoFrame, VideoTrack
from .rtp import h264, h265
from .rtp.aac import AacDepacketizer
from .rtp.access_unit import AccessUnit, VideoDepacketizer
from .rtp.audio import SampleDepacketizer
from .rtp.h264_sps import may_have_fields
from .rtp.packet import parse_rtp
from .rtp.parameters import find_track
from .rtsp.message import INTERLEAVED_HEAD, InterleavedRun
from .rtsp.sdp import AudioMedia, VideoMedia


class Clock(Protocol):
    """What knows when frames were captured."""

    def capture(self, timestamp: int, arrival: int) -> tuple[int, int]:
        """Return the ticks and the capture time of a frame that arrived at this time."""


class VideoReceiver[C: Clock]:
    """Turns the packets of the video into frames.

    Attributes:
        clock: Times the frames.
        track: What a decoder must know before the next frame, None while that is not known.
    """

    def __init__(self, media: VideoMedia, clock: C) -> None:
        self.clock = clock
        self.track: VideoTrack | None = None
        self._codec = media.codec
        self._payload_type = media.payload_type
        module = h265 if media.codec is Codec.H265 else h264
        self._depacketizer: VideoDepacketizer = module.Depacketizer()
        self._learn(media.parameter_sets)

    def push(self, data: bytes, arrival: int) -> Sequence[VideoFrame]:
        """Take in a packet that arrived at this time and return the frames it completes."""
        return [self._frame(unit, arrival) for unit in self._push(data)]

    def push_run(self, run: InterleavedRun, arrival: int) -> Sequence[VideoFrame]:
        """Do the same with packets that follow one another, which costs far less."""
        _, size, data, position, end = run
        units = list[AccessUnit]()
        while (position := self._depacketizer.go_on(data, position, end, size, units)) < end:
            start = position + INTERLEAVED_HEAD
            position = start + size
            units += self._push(data[start:position])
        return [self._frame(unit, arrival) for unit in units]

    def flush(self) -> Sequence[VideoFrame]:
        """Return the frame that is there when nothing follows it."""
        return [self._frame(unit, 0) for unit in self._depacketizer.flush()]

    def _push(self, data: bytes) -> list[AccessUnit]:
        packet = parse_rtp(data)
        if packet is None or packet.payload_type != self._payload_type:
            return []
        return self._depacketizer.push(packet)

    def _frame(self, unit: AccessUnit, arrival: int) -> VideoFrame:
        ticks, time = self.clock.capture(unit.timestamp, arrival)
        if unit.key or self.track is None:
            self._learn(unit.nal_units)
        return VideoFrame(nal_units=unit.nal_units, time=time, ticks=ticks, key=unit.key)

    def _learn(self, nal_units: Iterable[bytes]) -> None:
        """Take up parameter sets."""
        known = self.track
        self.track = find_track(nal_units, known, self._codec)
        if self.track is not known and self.track is not None and self._codec is Codec.H264:
            self._depacketizer.fields = may_have_fields(self.track.sps)


class AudioReceiver[C: Clock]:
    """Turns the packets of the audio into frames; `clock` as of video."""

    def __init__(self, media: AudioMedia, clock: C) -> None:
        self.clock = clock
        self.track: AudioTrack = media.track
        self._payload_type = media.payload_type
        self._depacketizer = (
            AacDepacketizer(media.aac) if media.aac else SampleDepacketizer(media.track)
        )

    def push(self, data: bytes, arrival: int) -> Sequence[AudioFrame]:
        """Take in a packet that arrived at this time and return the frames it completes."""
        packet = parse_rtp(data)
        if packet is None or packet.payload_type != self._payload_type:
            return ()
        frames = []
        units = self._depacketizer.push(packet)
        # A packet is sent when its last sample is there, so the first one was captured earlier.
        lasts = sum([unit.duration for unit in units])
        arrival -= lasts * 1_000_000_000 // self.track.rate
        for timestamp, samples, duration in units:
            ticks, time = self.clock.capture(timestamp, arrival)
            frames.append(AudioFrame(data=samples, time=time, ticks=ticks, duration=duration))
        return frames

    def push_run(self, run: InterleavedRun, arrival: int) -> Sequence[AudioFrame]:
        """Do the same with packets that follow one another."""
        return [frame for each in run.payloads() for frame in self.push(each, arrival)]
