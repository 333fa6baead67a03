"""Sample entries: how a file says what its tracks are, for decoders (ISO/IEC 14496-12, 8.5.2).

H.264 and AAC play everywhere, H.265 where the machine can decode it. Audio of G.711 and L16
stands in the entries that QuickTime gave it (`ulaw`, `alaw`, `twos`): ffmpeg, VLC and GStreamer
play it. Browsers don't: they show such a file's video without a sound. Apple's players get what
they ask for (`hvc1` for H.265, a mvex box in a header without samples, a tfdt box in each
fragment), but were not tried.

Video older than H.264 stands in the entry `mp4v`, with its object type: ffmpeg and VLC play it,
browsers don't.
"""

from contextlib import suppress
import struct
from struct import pack, unpack_from

from ..errors import DamagedFootageError
from ..model import AudioTrack, Codec, VideoTrack
from ..rtp import h265, h265_sps, mpeg4
from ..rtp.h264_sps import parse_samples
from .boxes import box, boxes, find, full_box

_VIDEO_HEAD, _AUDIO_HEAD = 78, 28
"""Bytes of an entry before the boxes in it."""
_DOTS_PER_INCH = 72 << 16
_SAMPLES = {Codec.PCMU: b"ulaw", Codec.PCMA: b"alaw", Codec.L16: b"twos"}
_OBJECT_TYPES = {Codec.MPEG4: 0x20, Codec.MJPEG: 0x6C, Codec.AAC: 0x40, Codec.MP3: 0x6B}
_MP3_OF_MPEG2, _SLOWEST_OF_MPEG1 = 0x69, 32_000
"""Object type of MP3 below this many samples a second."""
_VIDEO_STREAM, _AUDIO_STREAM = 0x11, 0x15
"""Object types and stream types (ISO/IEC 14496-1, tables 5 and 6)."""
_CODECS = {kind: codec for codec, kind in _OBJECT_TYPES.items()}
_ES, _DECODER, _SPECIFIC, _SYNC = 3, 4, 5, 6
"""Tags of descriptors (ISO/IEC 14496-1, table 1)."""
_ES_HEAD, _DECODER_HEAD = 3, 13
"""Bytes of these two before the descriptors in them."""
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
        if track.codec is Codec.H264:
            return box(b"avc1", look, box(b"avcC", _avc_configuration(track.sps, track.pps)))
        kind = _OBJECT_TYPES[track.codec]
        return box(b"mp4v", look, _esds(kind, _VIDEO_STREAM, track.config))
    rate = (track.rate if track.rate <= _MAX_RATE else 0) << 16
    sound = pack(">6xH8xHHHHI", 1, track.channels, 16, 0, 0, rate)
    if track.codec is Codec.OPUS:
        return box(b"Opus", sound, _opus_configuration(track))
    if track.codec in _SAMPLES:
        return box(_SAMPLES[track.codec], sound)
    kind = _OBJECT_TYPES[track.codec]
    if track.codec is Codec.MP3 and track.rate < _SLOWEST_OF_MPEG1:
        kind = _MP3_OF_MPEG2
    return box(b"mp4a", sound, _esds(kind, _AUDIO_STREAM, track.config))


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
        if kind == b"mp4v":
            codec, config = _parse_esds(find(payload[_VIDEO_HEAD:], b"esds"))
            if codec is Codec.MJPEG or (codec is Codec.MPEG4 and mpeg4.headers(config) == config):
                return VideoTrack(codec=codec, config=config, width=width, height=height)
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
            codec, config = _parse_esds(find(payload[_AUDIO_HEAD:], b"esds"))
            if codec in {Codec.AAC, Codec.MP3}:
                return AudioTrack(codec=codec, rate=rate, channels=channels, config=config)
    except (struct.error, IndexError) as error:
        raise DamagedFootageError("The header of the file is cut short.") from error
    if kind == b"Opus":
        return AudioTrack(codec=Codec.OPUS, rate=rate, channels=channels)
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


def _opus_configuration(track: AudioTrack) -> bytes:
    """Return the box that Opus in ISOBMFF asks for (section 4.3.2)."""
    return box(b"dOps", pack(">BBHIhB", 0, track.channels, 0, track.rate, 0, 0))


def _esds(kind: int, stream: int, config: bytes) -> bytes:
    """Return the box of a stream's descriptors (ISO/IEC 14496-14, section 5.6)."""
    decoder = pack(">BBIII", kind, stream, 0, 0, 0)[:_DECODER_HEAD]
    if config:
        decoder += _descriptor(_SPECIFIC, config)
    whole = bytes(_ES_HEAD) + _descriptor(_DECODER, decoder) + _descriptor(_SYNC, b"\x02")
    return full_box(b"esds", 0, 0, _descriptor(_ES, whole))


def _parse_esds(esds: memoryview) -> tuple[Codec | None, bytes]:
    """Return codec and decoder specific info of descriptors as `_esds` writes them."""
    stream = _find_descriptor(bytes(esds[4:]), _ES)
    decoder = _find_descriptor(stream[_ES_HEAD:], _DECODER)
    kind = Codec.MP3 if decoder[0] == _MP3_OF_MPEG2 else _CODECS.get(decoder[0])
    specific = decoder[_DECODER_HEAD:]
    return kind, _find_descriptor(specific, _SPECIFIC) if specific else b""


def _descriptor(tag: int, payload: bytes) -> bytes:
    """Return a descriptor, its size in as many groups of 7 bits as it takes (14496-1, 8.3.3)."""
    size, rest = bytes((len(payload) & 0x7F,)), len(payload) >> 7
    while rest:
        size, rest = bytes((0x80 | rest & 0x7F,)) + size, rest >> 7
    return bytes((tag,)) + size + payload


def _find_descriptor(data: bytes, tag: int) -> bytes:
    """Return the payload of the descriptor with which data begins."""
    if data[0] != tag:
        raise DamagedFootageError("The file describes a track as ours do not.")
    size, position = 0, 1
    while data[position] & 0x80:
        size, position = (size | data[position] & 0x7F) << 7, position + 1
    size, position = size | data[position], position + 1
    if size > len(data) - position:
        raise DamagedFootageError("The file describes a track as ours do not.")
    return data[position : position + size]
