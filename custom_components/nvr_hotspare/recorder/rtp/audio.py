"""Audio from RTP packets: what its codecs have in common, and those without compression.

G.711 and linear samples lie in packets as they are (RFC 3551, sections 4.5.11 and 4.5.14).
"""

from typing import NamedTuple

from ..model import AudioTrack, Codec
from .packet import RtpPacket


class AudioUnit(NamedTuple):
    """A piece of audio that is decoded as one; its times in ticks."""

    timestamp: int
    data: bytes
    duration: int


class SampleDepacketizer:
    """Takes the samples of G.711 or L16 out of their packets."""

    def __init__(self, track: AudioTrack) -> None:
        self._width = sample_width(track)

    def push(self, packet: RtpPacket) -> list[AudioUnit]:
        """Return what a packet holds, without a sample that is cut off."""
        count = len(packet.payload) // self._width
        if not count:
            return []
        return [AudioUnit(packet.timestamp, packet.payload[: count * self._width], count)]


def sample_width(track: AudioTrack) -> int:
    """Return the bytes of one sample of all channels, of a codec without compression."""
    return track.channels * (2 if track.codec is Codec.L16 else 1)
