"""Parameter sets: what a decoder must know before the first frame of video."""

from collections.abc import Iterable

from ..model import Codec, VideoTrack
from . import h264, h264_sps, h265, h265_sps


def find_track(
    nal_units: Iterable[bytes], known: VideoTrack | None = None, codec: Codec = Codec.H264
) -> VideoTrack | None:
    """Return the track that the first parameter sets among these NAL units describe.

    It is `known` itself where they say nothing new or can't be read.
    """
    if codec is Codec.H265:
        return _find_h265(nal_units, known)
    found = {h264.nal_type(unit): unit for unit in reversed(list(nal_units)) if unit}
    sps = found.get(h264.SPS, known.sps if known else b"")
    pps = found.get(h264.PPS, known.pps if known else b"")
    if not sps or not pps or (known and (known.sps, known.pps) == (sps, pps)):
        return known
    try:
        width, height = h264_sps.parse_size(sps)
    except ValueError:
        return known
    return VideoTrack(sps=sps, pps=pps, width=width, height=height)


def _find_h265(nal_units: Iterable[bytes], known: VideoTrack | None) -> VideoTrack | None:
    found = {h265.nal_type(unit): unit for unit in reversed(list(nal_units)) if unit}
    vps = found.get(h265.VPS, known.vps if known else b"")
    sps = found.get(h265.SPS, known.sps if known else b"")
    pps = found.get(h265.PPS, known.pps if known else b"")
    if not (vps and sps and pps):
        return known
    if known and (known.vps, known.sps, known.pps) == (vps, sps, pps):
        return known
    try:
        picture = h265_sps.parse(sps)
    except ValueError:
        return known
    return VideoTrack(
        codec=Codec.H265, vps=vps, sps=sps, pps=pps, width=picture.width, height=picture.height
    )
