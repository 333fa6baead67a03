"""Describes a stream to those who want to play it (RFC 4566; RFC 6184, section 8.2.1)."""

import base64

from ..model import CLOCK_RATE, VideoTrack
from ..rtp.packetize import PAYLOAD_TYPE

TRACK = "track1"
"""The control attribute of the only track, relative to the stream's own URI."""


def describe(track: VideoTrack) -> bytes:
    """Return the session description of an H.264 stream."""
    sets = ",".join(base64.b64encode(unit).decode() for unit in (track.sps, track.pps))
    parameters = (
        "packetization-mode=1",
        f"profile-level-id={track.sps[1:4].hex()}",
        f"sprop-parameter-sets={sets}",
    )
    lines = (
        "v=0",
        "o=- 0 0 IN IP4 0.0.0.0",
        "s=Stream",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_RATE}",
        f"a=fmtp:{PAYLOAD_TYPE} {';'.join(parameters)}",
        f"a=control:{TRACK}",
        "",
    )
    return "\r\n".join(lines).encode()
