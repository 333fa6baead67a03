"""Sample entries: how a file says what its tracks are, for decoders (ISO/IEC 14496-12, 8.5.2).

H.264 and AAC play everywhere, H.265 where the machine can decode it. Audio of G.711 and L16
stands in the entries that QuickTime gave it (`ulaw`, `alaw`, `twos`): ffmpeg, VLC, QuickTime and
GStreamer play it. Browsers don't: they show such a file's video without a sound.
"""

from contextlib import suppress
import struct
from struct import pack, unpack_from

from ..errors import DamagedFootageError
from ..model import AudioTrack, Codec, VideoTrack
from ..rtp import h265, h265_sps
from ..rtp.h264_sps import parse_samples
from .boxes import box, boxes, find, full_box

_VIDEO_HEAD, _AUDIO_HEAD = 78, 28
"""Bytes of an entry before the boxes in it."""
_DOTS_PER_INCH = 72 << 16
_SAMPLES = {Codec.PCMU: b"ulaw", Codec.PCMA: b"alaw", Codec.L16: b"twos"}
_AAC, _AUDIO_STREAM = 0x40, 0x15
"""Object type and stream type (ISO/IEC 14496-1, tables 5 and 6)."""
_ES, _DECODER, _SPECIFIC, _SYNC = 3, 4, 5, 6
"""Tags of descriptors (ISO/IEC 14496-1, table 1)."""
_MAX_RATE = 0xFFFF


def entry(track: VideoTrack | AudioTrack) -> bytes:
    """Return the sample entry of a track."""
    if isinstance(track, VideoTrack):
        look = pack(
            ">6xH16xHHIIIH32sHh",
            1,
            track.width,
            track.height,
            _DOTS_PER_INCH,
            _DOTS_PER_INCH,
            0,
            1,
            b"",
            0x18,
            -1,
        )
        if track.codec is Codec.H265:
            return box(b"hvc1", look, box(b"hvcC", _hevc_configuration(track)))
        return box(b"avc1", look, box(b"avcC", _avc_configuration(track.sps, track.pps)))
    rate = (track.rate if track.rate <= _MAX_RATE else 0) << 16
    sound = pack(">6xH8xHHHHI", 1, track.channels, 16, 0, 0, rate)
    if track.codec is Codec.AAC:
        return box(b"mp4a", sound, _esds(track.config))
    return box(_SAMPLES[track.codec], sound)


def parse_video(stsd: memoryview) -> VideoTrack:
    """Return the track of a video sample description.

    Raises:
        DamagedFootageError: It is none of ours.
    """
    kind, payload = _first(stsd)
    try:
        width, height = unpack_from(">HH", payload, 24)
        if kind == b"hvc1":
            vps, sps, pps = _hevc_sets(find(payload[_VIDEO_HEAD:], b"hvcC"))
            return VideoTrack(
                codec=Codec.H265, vps=vps, sps=sps, pps=pps, width=width, height=height
            )
        if kind == b"avc1":
            configuration = find(payload[_VIDEO_HEAD:], b"avcC")
            sps, rest = _take(configuration[6:])
            pps, _ = _take(rest[1:])
            return VideoTrack(sps=sps, pps=pps, width=width, height=height)
    except (struct.error, IndexError) as error:
        raise DamagedFootageError("The header of the file is cut short.") from error
    raise DamagedFootageError("The file has video that ours do not have.")


def parse_audio(stsd: memoryview, rate: int) -> AudioTrack:
    """Return the track of an audio sample description whose time counts at this rate.

    Raises:
        DamagedFootageError: It is none of ours.
    """
    kind, payload = _first(stsd)
    try:
        (channels,) = unpack_from(">H", payload, 16)
        if kind == b"mp4a":
            config = _specific(bytes(find(payload[_AUDIO_HEAD:], b"esds")[4:]))
            return AudioTrack(codec=Codec.AAC, rate=rate, channels=channels, config=config)
    except (struct.error, IndexError) as error:
        raise DamagedFootageError("The header of the file is cut short.") from error
    for codec, name in _SAMPLES.items():
        if name == kind:
            return AudioTrack(codec=codec, rate=rate, channels=channels)
    raise DamagedFootageError("The file has audio that ours do not have.")


def _first(stsd: memoryview) -> tuple[bytes, memoryview]:
    found = next(boxes(stsd[8:]), None)
    if found is None:
        raise DamagedFootageError("The file does not say what it holds.")
    return found


def _avc_configuration(sps: bytes, pps: bytes) -> bytes:
    """Return an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 5.3.3.1.2)."""
    lengths_of_4_bytes, one_sps, one_pps = 0xFF, 0xE1, 1
    parts = [
        bytes((1, *sps[1:4], lengths_of_4_bytes, one_sps)),
        len(sps).to_bytes(2) + sps,
        bytes((one_pps,)) + len(pps).to_bytes(2) + pps,
    ]
    with suppress(ValueError):  # players can do without it, and read the SPS themselves
        if samples := parse_samples(sps):
            chroma, luma_depth, chroma_depth = samples
            parts.append(bytes((0xFC | chroma, 0xF8 | luma_depth, 0xF8 | chroma_depth, 0)))
    return b"".join(parts)


def _hevc_configuration(track: VideoTrack) -> bytes:
    """Return an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 8.3.3.1.2)."""
    picture = h265_sps.parse(track.sps)
    lengths_of_4_bytes, complete = 3, 0x80
    parts = [
        b"\x01",
        picture.profile,
        bytes((picture.level, 0xF0, 0, 0xFC)),
        bytes((0xFC | picture.chroma, 0xF8 | picture.luma_depth, 0xF8 | picture.chroma_depth)),
        bytes((0, 0, picture.layers << 3 | picture.nested << 2 | lengths_of_4_bytes, 3)),
    ]
    for kind, unit in ((h265.VPS, track.vps), (h265.SPS, track.sps), (h265.PPS, track.pps)):
        parts.append(pack(">BHH", complete | kind, 1, len(unit)) + unit)
    return b"".join(parts)


def _hevc_sets(configuration: memoryview) -> tuple[bytes, bytes, bytes]:
    vps, rest = _take(configuration[26:])
    sps, rest = _take(rest[3:])
    pps, _ = _take(rest[3:])
    return vps, sps, pps


def _take(data: memoryview) -> tuple[bytes, memoryview]:
    """Return the parameter set behind its length, and what follows it."""
    (size,) = unpack_from(">H", data)
    if not 0 < size <= len(data) - 2:
        raise DamagedFootageError("The file's parameter sets are cut off.")
    return bytes(data[2 : 2 + size]), data[2 + size :]


def _esds(config: bytes) -> bytes:
    """Return the box of an AAC stream's descriptors (ISO/IEC 14496-14, section 5.6)."""
    decoder = pack(">BBIII", _AAC, _AUDIO_STREAM, 0, 0, 0)[:13] + _descriptor(_SPECIFIC, config)
    stream = bytes(3) + _descriptor(_DECODER, decoder) + _descriptor(_SYNC, b"\x02")
    return full_box(b"esds", 0, 0, _descriptor(_ES, stream))


def _descriptor(tag: int, payload: bytes) -> bytes:
    return bytes((tag, len(payload))) + payload


def _specific(esds: bytes) -> bytes:
    """Return the AudioSpecificConfig within descriptors as `_esds` writes them."""
    position = 2 + 3 + 2 + 13
    if esds[0] != _ES or esds[5] != _DECODER or esds[position] != _SPECIFIC:
        raise DamagedFootageError("The file's audio is described as ours is not.")
    size = esds[position + 1]
    return esds[position + 2 : position + 2 + size]
