"""What the engine and the reader of a camera tell one another: the wire between two processes.

The engine writes one line of JSON, an `Order`, to the reader's stdin. The reader answers on its
stdout with messages: version, kind and size in 6 bytes, then so many bytes of payload. The engine
takes nothing of it on trust, because a camera may have its way with the libraries over there.
"""

from dataclasses import dataclass
from enum import StrEnum
import json
import struct
from typing import NamedTuple

from ..errors import SourceProtocolError
from ..model import Codec
from ..plain import PlainError, dump, load

VERSION = 1
MAX_ORDER = 16 << 10
MAX_PAYLOAD = 16 << 20
"""Bytes of a message: a frame, and room to spare."""
_HEAD = struct.Struct(">BBI")
_MOMENT = struct.Struct(">BBqIqq")
SENSELESS = "The reader of the camera does not make sense."

VIDEO_CODECS = {
    "h264": Codec.H264,
    "hevc": Codec.H265,
    "mjpeg": Codec.MJPEG,
    "mpeg4": Codec.MPEG4,
}
AUDIO_CODECS = {
    "aac": Codec.AAC,
    "mp3": Codec.MP3,
    "opus": Codec.OPUS,
    "pcm_mulaw": Codec.PCMU,
    "pcm_alaw": Codec.PCMA,
    "pcm_s16be": Codec.L16,
}
"""What libav calls the codecs that a file can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to read."""

    uri: str
    """With user name and password, so that it is never to be logged."""
    audio: bool
    within: float
    """Seconds that opening may take."""


class Trouble(StrEnum):
    """Why a reader gives up."""

    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """In any other way, or what the camera sends can't be understood."""
    UNSUPPORTED = "unsupported"
    ENDED = "ended"
    """The camera ended a stream that played."""
    BROKEN = "broken"
    """The reader itself fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The last message of a reader that gives up."""

    trouble: Trouble
    detail: str = ""
    """A codec, or where the reader failed; never anything with a secret in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The audio of a stream."""

    codec: Codec
    rate: int
    channels: int
    config: str = ""
    """Of AAC its AudioSpecificConfig, as hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The first message of a stream that plays."""

    video: Codec
    headers: str = ""
    """What the description holds of the video's headers, as hexadecimal digits."""
    audio: Sound | None = None
    left_out: str = ""
    """The codec of audio that no file can hold."""


class Packet(NamedTuple):
    """One frame. Packets of each track come in decoding order."""

    video: bool
    """Whether it is one of the video."""
    key: bool
    ticks: int
    """When it is shown or heard: 90,000 a second for video, for audio the rate of its track."""
    duration: int
    """In ticks; 0 where it isn't known."""
    captured: int
    """By the camera's clock, as its RTCP sender reports have it: nanoseconds since 1970 UTC; 0
    without any."""
    arrival: int
    """When it was received, by this machine's clock in the same unit."""
    data: bytes | memoryview


type Message = Opened | Failure | Packet
_JSON: dict[int, type[Opened | Failure]] = {1: Opened, 2: Failure}
_PACKET = 3


def head(packet: Packet) -> bytes:
    """Return what is sent of a packet before its data."""
    return _HEAD.pack(VERSION, _PACKET, _MOMENT.size + len(packet.data)) + _MOMENT.pack(
        packet.video,
        packet.key,
        packet.ticks,
        packet.duration,
        packet.captured,
        packet.arrival,
    )


def encode(message: Opened | Failure) -> bytes:
    """Return any other message as it is sent."""
    payload = json.dumps(dump(message)).encode()
    kind = next(number for number, one in _JSON.items() if isinstance(message, one))
    return _HEAD.pack(VERSION, kind, len(payload)) + payload


class Parser:
    """Puts messages together from what arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that these bytes complete.

        Raises:
            SourceProtocolError: They are none, or of another version.
        """
        self._buffer += data
        found, position = list[Message](), 0
        while len(self._buffer) >= position + _HEAD.size:
            version, kind, size = _HEAD.unpack_from(self._buffer, position)
            if version != VERSION or size > MAX_PAYLOAD:
                raise SourceProtocolError(SENSELESS)
            start = position + _HEAD.size
            if len(self._buffer) < start + size:
                break
            found.append(_decode(kind, bytes(memoryview(self._buffer)[start : start + size])))
            position = start + size
        del self._buffer[:position]
        return found


def _decode(kind: int, payload: bytes) -> Message:
    try:
        if kind != _PACKET:
            return load(_JSON[kind], json.loads(payload))
        video, key, ticks, duration, captured, arrival = _MOMENT.unpack_from(payload)
        data = payload[_MOMENT.size :]
        return Packet(bool(video), bool(key), ticks, duration, captured, arrival, data)
    except (PlainError, ValueError, KeyError, RecursionError, struct.error) as error:
        raise SourceProtocolError(SENSELESS) from error
