"""What the parts of the engine hand to one another."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NamedTuple

CLOCK_RATE = 90_000
"""Ticks per second of every video track (RFC 6184, section 8.2.1; RFC 7798, section 7.1)."""


class Codec(StrEnum):
    """How a track is encoded, among what a file can hold."""

    H264 = "h264"
    H265 = "h265"
    MJPEG = "mjpeg"
    """Every frame a picture in JPEG."""
    MPEG4 = "mpeg4"
    """MPEG-4 part 2, of cameras older than H.264."""
    AAC = "aac"
    MP3 = "mp3"
    OPUS = "opus"
    PCMU = "pcmu"
    """G.711 with the law of North America and Japan."""
    PCMA = "pcma"
    """G.711 with the law of everywhere else."""
    L16 = "l16"
    """Samples of 16 bits, the most significant byte first."""


NAL_CODECS = frozenset((Codec.H264, Codec.H265))
"""Those whose frames consist of NAL units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraAddress:
    """How recorders log in to a camera that they know more of than a stream."""

    host: str
    protocol: str
    """As the recorder that tells it calls it, in lower case: onvif, hikvision, dahua ..."""
    port: int
    """Of that protocol."""
    input: int = 1
    """Which of the camera's own inputs, where it is an encoder or a recorder itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a camera's stream is: an RTSP URI, its credentials kept apart from it."""

    uri: str
    username: str = ""
    password: str = field(default="", repr=False)
    audio: bool = True
    """Whether to take its audio too, where it has some that can be recorded."""
    address: CameraAddress | None = None
    """Where the camera itself is, as far as that is known; with the same account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTrack:
    """What a decoder must know before the first frame of video."""

    codec: Codec = Codec.H264
    vps: bytes = b""
    """Of H.265 only, as the sets that follow a NAL unit without start code or length."""
    sps: bytes = b""
    pps: bytes = b""
    """Of H.264 and H.265 only."""
    config: bytes = b""
    """Of MPEG-4 part 2 only: what stands before its first picture, the headers of the visual
    object sequence, object and layer (ISO/IEC 14496-2, section 6.2)."""
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTrack:
    """What a decoder must know before the first frame of audio."""

    codec: Codec
    rate: int
    """Samples, and ticks, per second."""
    channels: int
    config: bytes = b""
    """Of AAC only: its AudioSpecificConfig (ISO/IEC 14496-3, section 1.6.2.1)."""


class Tracks(NamedTuple):
    """The tracks of a stream; a file has the same ones from its beginning to its end."""

    video: VideoTrack
    audio: AudioTrack | None = None


@dataclass(slots=True, kw_only=True)
class VideoFrame:
    """One access unit of video. Frames come in decoding order."""

    nal_units: list[bytes]
    """NAL units without start codes or lengths, parameter sets and SEI included. Of a codec that
    has none: the whole frame as the only one."""
    time: int
    """When the camera captured it: nanoseconds since 1970 UTC."""
    ticks: int
    """When to show it: its RTP timestamp, unwrapped so that it grows across the 32-bit limit.
    With B-frames it goes back and forth, as `time` does."""
    key: bool
    """Whether decoding can begin here."""

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(map(len, self.nal_units))


@dataclass(slots=True, kw_only=True)
class AudioFrame:
    """One access unit of AAC, MP3 or Opus, or the samples of one packet."""

    data: bytes
    time: int
    """When the camera captured its first sample: nanoseconds since 1970 UTC."""
    ticks: int
    """Its RTP timestamp, unwrapped, at the rate of its track."""
    duration: int
    """In ticks."""
    key: ClassVar[bool] = False
    """No file begins with audio."""

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.data)


type Frame = VideoFrame | AudioFrame
"""What a stream consists of, in the order of arrival, each handed on as `(Tracks, Frame)`."""


class ChannelState(StrEnum):
    """What the engine is doing about one channel."""

    CONNECTING = "connecting"
    WATCHING = "watching"
    """Frames arrive and are kept in memory."""
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
    disk_error: str = ""
    """What of the error is the disk's."""
    bitrate: int = 0
    """Bits per second that have arrived of late, written or not."""
    ring: int = 0
    """Bytes kept in memory."""
    ring_seconds: float = 0.0
    """How much footage that is."""
    longest_gop: float = 0.0
    """Seconds from key frame to key frame, at most so far."""
