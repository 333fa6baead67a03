"""The header of a file: ftyp, moov and room for an index (ISO/IEC 14496-12, 4.3 and 8.2)."""

import struct
from struct import pack, unpack_from
from typing import Final

from ..errors import DamagedFootageError
from ..model import CLOCK_RATE, AudioTrack, Codec, Tracks, VideoTrack
from ..rtp import h264_sps, h265_sps, mpeg4
from .boxes import HEAD, box, boxes, find, full_box
from .entries import entry, parse_audio, parse_video

VIDEO_ID: Final = 1
AUDIO_ID: Final = 2
INDEX_ROOM: Final = 1576
"""Bytes left for an index, which is written when the file is finished."""
TIME_SCALE: Final = 1000
"""Units per second of what concerns the whole file."""
LENGTH_ROOM: Final = 16
"""Bytes left for its length, which is written then too: a mehd box (section 8.8.2)."""
KEY_SAMPLE = 0x02000000
"""Sample flags of a frame with which decoding can begin (section 8.8.3.1).

Strictly this is for sync samples, after which all is right: IDR and BLA (ISO/IEC 14496-15). With
open GOPs or gradual refresh there are none, and recovery points are marked alike, as by other
muxers: players begin nowhere else, drop pictures that need what they don't have, and may show a
refresh in progress.
"""
OTHER_SAMPLE = 0x01010000
_IDENTITY_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED_LANGUAGE = 0x55C4
_TREX = 32
"""Bytes of a trex box, of which the moov box ends with one for each track."""
_FULL_VOLUME = 0x0100


def room_for(video: VideoTrack) -> int:
    """Return by how many ticks a file counts its video ahead of its sound: 0, or a second.

    Where frames may be shown in another order than that in which they are decoded, this leaves
    room for decoding each before it is shown. An edit list tells players to take it off again.
    (Without it the frames would be shown before they are decoded, by negative offsets: the file
    format allows that, but ffmpeg then shows all video late beside the audio.)
    """
    try:
        match video.codec:
            case Codec.H265:
                reorders = h265_sps.parse(video.sps).reorders
            case Codec.MPEG4:
                reorders = mpeg4.parse_layer(video.config).reorders
            case Codec.MJPEG:
                reorders = False
            case _:
                reorders = h264_sps.may_reorder(video.sps)
    except ValueError:
        return 0
    return CLOCK_RATE if reorders else 0


def build_header(tracks: Tracks) -> bytes:
    """Return what every file of these tracks begins with: ftyp, moov and room."""
    present = [(VIDEO_ID, tracks.video), (AUDIO_ID, tracks.audio)]
    movie = pack(">IIIIIHHQ", 0, 0, TIME_SCALE, 0, 0x10000, _FULL_VOLUME, 0, 0)
    room = room_for(tracks.video)
    traks = [_trak(VIDEO_ID, tracks.video, room)]
    if tracks.audio:
        traks.append(_trak(AUDIO_ID, tracks.audio, 0))
    extends = [
        full_box(b"trex", 0, 0, pack(">IIIII", number, 1, 0, 0, flags))
        for (number, track), flags in zip(present, (0, KEY_SAMPLE), strict=True)
        if track
    ]
    next_id = (len(traks) + 1).to_bytes(4)
    return (
        box(b"ftyp", b"iso6" + bytes(4) + b"isomiso6mp41")
        + box(
            b"moov",
            full_box(b"mvhd", 0, 0, movie, _IDENTITY_MATRIX, bytes(24), next_id),
            *traks,
            box(b"mvex", box(b"free", bytes(LENGTH_ROOM - HEAD)), *extends),
        )
        + box(b"free", bytes(INDEX_ROOM - HEAD))
    )


def parse_header(moov: memoryview) -> tuple[Tracks, int]:
    """Return the tracks of a file, and by how many ticks it counts its video ahead.

    Raises:
        DamagedFootageError: It is no file of ours.
    """
    video: VideoTrack | None = None
    audio: AudioTrack | None = None
    try:
        for kind, trak in boxes(moov):
            if kind != b"trak":
                continue
            media = find(trak, b"mdia")
            (handler,) = unpack_from(">4s", find(media, b"hdlr"), 8)
            (rate,) = unpack_from(">I", find(media, b"mdhd"), 12)
            stsd = find(media, b"minf", b"stbl", b"stsd")
            if handler == b"vide" and video is None:
                video = parse_video(stsd)
                if rate != CLOCK_RATE:
                    raise DamagedFootageError("The file counts time in another unit than ours do.")
            elif handler == b"soun" and audio is None and rate:
                audio = parse_audio(stsd, rate)
            else:
                raise DamagedFootageError("The file has a track that ours do not have.")
    except struct.error as error:
        raise DamagedFootageError("The header of the file is cut short.") from error
    if video is None:
        raise DamagedFootageError("The file has no video.")
    return Tracks(video, audio), room_for(video)


def place_of_length(header_size: int, tracks: Tracks) -> int:
    """Return where the room for the length begins in a file whose ftyp and moov end there."""
    return header_size - (2 if tracks.audio else 1) * _TREX - LENGTH_ROOM


def _trak(number: int, track: VideoTrack | AudioTrack, room: int) -> bytes:
    if isinstance(track, VideoTrack):
        rate, volume, width, height = CLOCK_RATE, 0, track.width, track.height
        handler, kind = b"Camera\0", b"vide"
        media_header = full_box(b"vmhd", 0, 1, bytes(8))
    else:
        rate, volume, width, height = track.rate, _FULL_VOLUME, 0, 0
        handler, kind = b"Microphone\0", b"soun"
        media_header = full_box(b"smhd", 0, 0, bytes(4))
    place = pack(">IIIIIQHHHH", 0, 0, number, 0, 0, 0, 0, 0, volume, 0)
    size = pack(">II", width << 16, height << 16)
    media = pack(">IIIIHH", 0, 0, rate, 0, _UNDETERMINED_LANGUAGE, 0)
    in_this_file = full_box(b"dref", 0, 0, pack(">I", 1), full_box(b"url ", 0, 1))
    return box(
        b"trak",
        full_box(b"tkhd", 0, 3, place, _IDENTITY_MATRIX, size),
        *([_edits(room)] if room else ()),
        box(
            b"mdia",
            full_box(b"mdhd", 0, 0, media),
            full_box(b"hdlr", 0, 0, pack(">I4s12x", 0, kind) + handler),
            box(
                b"minf",
                media_header,
                box(b"dinf", in_this_file),
                box(
                    b"stbl",
                    full_box(b"stsd", 0, 0, pack(">I", 1), entry(track)),
                    full_box(b"stts", 0, 0, bytes(4)),
                    full_box(b"stsc", 0, 0, bytes(4)),
                    full_box(b"stsz", 0, 0, bytes(8)),
                    full_box(b"stco", 0, 0, bytes(4)),
                ),
            ),
        ),
    )


def _edits(start: int) -> bytes:
    """Say that the track begins to be shown at this tick (section 8.6.6)."""
    return box(b"edts", full_box(b"elst", 0, 0, pack(">IIiHH", 1, 0, start, 1, 0)))
