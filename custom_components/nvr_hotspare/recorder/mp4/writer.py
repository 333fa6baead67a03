"""Writes H.264 frames as fragmented MP4, each fragment with the UTC time of its capture.

The bytes play while they are still being written, and up to the last whole fragment wherever they
are cut off, so a process that is killed loses the fragment in flight and nothing else. (Of a file
cut within a moof, ffmpeg plays nothing unless told `-fflags +ignidx`: files that a killed engine
left open are therefore cut back when the next one starts.)
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from struct import pack
from typing import Final

from ..model import CLOCK_RATE, VideoFrame, VideoTrack
from ..ntp import to_ntp
from ..rtp.h264_sps import parse_samples
from .boxes import HEAD, box, full_box

TRACK_ID: Final = 1
_IDENTITY_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED_LANGUAGE = 0x55C4
_KEY_SAMPLE = 0x02000000
"""Sample flags of a frame that depends on no other (section 8.8.3.1)."""
_OTHER_SAMPLE = 0x01010000
_CAPTURE_TIME = 24
"""Flags of a prft box whose time is that of the event shown (section 8.16.5)."""
_LONGEST = 0xFFFFFFFF


class FragmentWriter:
    """Turns the frames of one track into the bytes of one file: a header, then fragments."""

    def __init__(self, track: VideoTrack) -> None:
        self._track = track
        self._sequence = 0
        self._origin: int | None = None
        self._latest = 0
        self._usual = CLOCK_RATE // 25

    def header(self) -> bytes:
        """Return what every file begins with: ftyp and moov."""
        brands = b"iso6" + bytes(4) + b"isomiso6avc1mp41"
        return box(b"ftyp", brands) + _moov(self._track)

    def fragment(self, frames: Sequence[VideoFrame], next_ticks: int | None) -> bytes:
        """Return these frames, at least one, as the next fragment: prft, moof and mdat.

        Args:
            frames: In decoding order. Time stamps that go back, within a fragment or from the
                last one to this, are shown without a pause rather than before their time.
            next_ticks: RTP time of the frame after these, which tells how long the last one
                lasts; None where it isn't known: it then lasts as long as the one before.
        """
        samples = [_sample(frame, self._track) for frame in frames]
        starts, durations = self._schedule([frame.ticks for frame in frames], next_ticks)
        self._sequence += 1
        entries = b"".join(
            pack(">III", duration, len(sample), _KEY_SAMPLE if frame.key else _OTHER_SAMPLE)
            for frame, sample, duration in zip(frames, samples, durations, strict=True)
        )
        return b"".join(
            (
                _prft(frames[0].time, starts[0]),
                _moof(self._sequence, starts[0], entries),
                (HEAD + sum(map(len, samples))).to_bytes(4),
                b"mdat",
                *samples,
            )
        )

    def _schedule(self, ticks: list[int], next_ticks: int | None) -> tuple[list[int], list[int]]:
        """Return when each frame is due, in ticks since the file's first one, and for how long."""
        if self._origin is None:
            self._origin = ticks[0]
        starts = []
        for tick in ticks:
            self._latest = max(self._latest, tick - self._origin)
            starts.append(self._latest)
        durations = [later - earlier for earlier, later in pairwise(starts)]
        if next_ticks is None:
            durations.append(durations[-1] if durations else self._usual)
        else:
            durations.append(max(0, next_ticks - self._origin - self._latest))
        self._usual = durations[-1]
        return starts, [min(duration, _LONGEST) for duration in durations]


def _sample(frame: VideoFrame, track: VideoTrack) -> bytes:
    """Return a frame as a sample: NAL units behind their lengths (ISO/IEC 14496-15, 5.3).

    The track's own parameter sets stand in the header and don't belong into an avc1 sample.
    """
    parameter_sets = (track.sps, track.pps)
    return b"".join(
        part
        for unit in frame.nal_units
        if unit not in parameter_sets
        for part in (len(unit).to_bytes(4), unit)
    )


def _prft(time: int, start: int) -> bytes:
    """Say when the first sample of the fragment that follows was captured."""
    return full_box(b"prft", 1, _CAPTURE_TIME, pack(">IQQ", TRACK_ID, to_ntp(time), start))


def _moof(sequence: int, start: int, entries: bytes) -> bytes:
    def build(data_offset: int) -> bytes:
        count = len(entries) // 12
        return box(
            b"moof",
            full_box(b"mfhd", 0, 0, sequence.to_bytes(4)),
            box(
                b"traf",
                full_box(b"tfhd", 0, 0x020000, TRACK_ID.to_bytes(4)),
                full_box(b"tfdt", 1, 0, start.to_bytes(8)),
                full_box(b"trun", 0, 0x000701, pack(">II", count, data_offset), entries),
            ),
        )

    return build(len(build(0)) + HEAD)


def _moov(track: VideoTrack) -> bytes:
    movie = pack(">IIIIIHHQ", 0, 0, 1000, 0, 0x10000, 0x0100, 0, 0)
    extends = pack(">IIIII", TRACK_ID, 1, 0, 0, 0)
    return box(
        b"moov",
        full_box(b"mvhd", 0, 0, movie, _IDENTITY_MATRIX, bytes(24), (TRACK_ID + 1).to_bytes(4)),
        _trak(track),
        box(b"mvex", full_box(b"trex", 0, 0, extends)),
    )


def _trak(track: VideoTrack) -> bytes:
    place = pack(">IIIIIQHHHH", 0, 0, TRACK_ID, 0, 0, 0, 0, 0, 0, 0)
    size = pack(">II", track.width << 16, track.height << 16)
    media = pack(">IIIIHH", 0, 0, CLOCK_RATE, 0, _UNDETERMINED_LANGUAGE, 0)
    handler = pack(">I4s12x", 0, b"vide") + b"Camera\0"
    in_this_file = full_box(b"dref", 0, 0, pack(">I", 1), full_box(b"url ", 0, 1))
    return box(
        b"trak",
        full_box(b"tkhd", 0, 3, place, _IDENTITY_MATRIX, size),
        box(
            b"mdia",
            full_box(b"mdhd", 0, 0, media),
            full_box(b"hdlr", 0, 0, handler),
            box(
                b"minf",
                full_box(b"vmhd", 0, 1, bytes(8)),
                box(b"dinf", in_this_file),
                box(
                    b"stbl",
                    full_box(b"stsd", 0, 0, pack(">I", 1), _avc1(track)),
                    full_box(b"stts", 0, 0, bytes(4)),
                    full_box(b"stsc", 0, 0, bytes(4)),
                    full_box(b"stsz", 0, 0, bytes(8)),
                    full_box(b"stco", 0, 0, bytes(4)),
                ),
            ),
        ),
    )


def _avc1(track: VideoTrack) -> bytes:
    """Return the sample entry of H.264 with its decoder configuration (ISO/IEC 14496-15)."""
    dots_per_inch = 72 << 16
    look = pack(
        ">6xH16xHHIIIH32sHh",
        1,
        track.width,
        track.height,
        dots_per_inch,
        dots_per_inch,
        0,
        1,
        b"",
        0x18,
        -1,
    )
    return box(b"avc1", look, box(b"avcC", _avc_configuration(track.sps, track.pps)))


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
