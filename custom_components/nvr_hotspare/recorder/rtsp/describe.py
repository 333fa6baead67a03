"""Describes a stream to those who want to play it (RFC 4566).

The parameters are those of RFC 6184 (section 8.2.1), RFC 7798 (7.1) and RFC 3640 (4.1).
"""

import base64
from collections.abc import Mapping

from ..model import CLOCK_RATE, AudioFrame, AudioTrack, Codec, Frame, Tracks, VideoFrame, VideoTrack
from ..rtp.packetize import payload_type

VIDEO, AUDIO = "track1", "track2"
"""The control attributes of the tracks, relative to the stream's own URI."""

_NAMELESS: Mapping[type[Frame], str] = {}
_AAC_HBR = (
    "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3"
)


def describe(tracks: Tracks, names: Mapping[type[Frame], str] = _NAMELESS) -> bytes:
    """Return the session description of a stream.

    Args:
        tracks: What it is.
        names: What its tracks are called in a recording, by their frames (ONVIF Streaming, "RTSP
            describe").
    """
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 0.0.0.0",
        "s=Stream",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        *_video(tracks.video),
        *_name(names.get(VideoFrame)),
        *((*_audio(tracks.audio), *_name(names.get(AudioFrame))) if tracks.audio else ()),
        "",
    ]
    return "\r\n".join(lines).encode()


def _name(name: str | None) -> tuple[str, ...]:
    return (f"a=x-onvif-track:{name}",) if name else ()


def _video(track: VideoTrack) -> tuple[str, ...]:
    vps, sps, pps = (base64.b64encode(unit).decode() for unit in (track.vps, track.sps, track.pps))
    if track.codec is Codec.H265:
        parameters = f"sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}"
    else:
        profile = track.sps[1:4].hex()
        parameters = (
            f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sps},{pps}"
        )
    number = payload_type(track.codec)
    return (
        f"m=video 0 RTP/AVP {number}",
        f"a=rtpmap:{number} {track.codec.name}/{CLOCK_RATE}",
        f"a=fmtp:{number} {parameters}",
        f"a=control:{VIDEO}",
    )


def _audio(track: AudioTrack) -> tuple[str, ...]:
    number = payload_type(track.codec)
    name, parameters = track.codec.name, list[str]()
    if track.codec is Codec.AAC:
        name = "MPEG4-GENERIC"
        parameters = [f"a=fmtp:{number} {_AAC_HBR};config={track.config.hex()}"]
    return (
        f"m=audio 0 RTP/AVP {number}",
        f"a=rtpmap:{number} {name}/{track.rate}/{track.channels}",
        *parameters,
        f"a=control:{AUDIO}",
    )
