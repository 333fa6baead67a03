"""Writes frames as fragmented MP4, each fragment with the UTC time of its capture.

The bytes play while they are still being written, and up to the last whole fragment wherever they
are cut off, so a process that is killed loses the fragment in flight and nothing else. (Of a file
cut within a moof, ffmpeg plays nothing unless told `-fflags +ignidx`: files that a killed engine
left open are therefore cut back when the next one starts.)
"""

from collections.abc import Sequence
from itertools import chain
from struct import Struct, pack
from typing import NamedTuple

from ..model import CLOCK_RATE, NAL_CODECS, AudioFrame, Tracks, VideoFrame, VideoTrack
from ..ntp import to_ntp
from .boxes import HEAD, box, full_box
from .header import AUDIO_ID, KEY_SAMPLE, OTHER_SAMPLE, VIDEO_ID, build_header, room_for
from .timeline import AudioTimeline, AudioTimes, VideoTimeline, VideoTimes

VIDEO_RUN, REORDERED_RUN, AUDIO_RUN = 0x000701, 0x000F01, 0x000301
"""Flags of a trun box: what its table says of each sample (section 8.8.8)."""
VIDEO_SAMPLE, REORDERED_SAMPLE, AUDIO_SAMPLE = Struct(">III"), Struct(">IIIi"), Struct(">II")
"""Duration and size, flags, and by how much it is shown after it is decoded."""
_BASE_IS_MOOF = 0x020000
_CAPTURE_TIME = 24
"""Flags of a prft box whose time is that of the event shown (section 8.16.5)."""


class FragmentWriter:
    """Turns the frames of a stream into the bytes of one file: a header, then fragments."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._sequence = 0
        self._room = room_for(tracks.video)
        self._video = VideoTimeline(self._room)
        self._audio = AudioTimeline(tracks.audio.rate) if tracks.audio else None

    def header(self) -> bytes:
        """Return what every file begins with."""
        return build_header(self._tracks)

    def fragment(
        self,
        frames: Sequence[VideoFrame],
        next_ticks: int | None,
        audio: Sequence[AudioFrame] = (),
    ) -> bytes:
        """Return the bytes of the next fragment; its arguments are those of `pieces`."""
        return b"".join(self.pieces(frames, next_ticks, audio))

    def pieces(
        self,
        frames: Sequence[VideoFrame],
        next_ticks: int | None,
        audio: Sequence[AudioFrame] = (),
    ) -> list[bytes]:
        """Return these frames as the next fragment, prft, moof and mdat, in pieces to be written.

        The NAL units are among them as they are: half a megabyte that nobody has to copy.

        Args:
            frames: In decoding order, at least one. All that come in later fragments should be
                shown later than these.
            next_ticks: RTP time of the frame after these, which tells how long the last one
                lasts; None where it isn't known: it then lasts as long as the one before.
            audio: What came along with them.
        """
        times = self._video.place(frames, next_ticks)
        samples = [_sample(frame, self._tracks.video) for frame in frames]
        runs = [_video_run(times, frames, [sum(map(len, parts)) for parts in samples])]
        data = list(chain.from_iterable(samples))
        if self._audio is not None and audio:
            placed = self._audio.place(audio, frames[0], times.shown - self._room)
            if placed.frames:
                runs.append(_audio_run(placed))
                data += (frame.data for frame in placed.frames)
        self._sequence += 1
        return [
            _prft(frames[0].time, times.shown),
            _moof(self._sequence, runs),
            (HEAD + sum(run.size for run in runs)).to_bytes(4),
            b"mdat",
            *data,
        ]


def _sample(frame: VideoFrame, track: VideoTrack) -> list[bytes]:
    """Return a frame as NAL units behind their lengths (ISO/IEC 14496-15, section 5.3).

    The track's own parameter sets stand in the header and don't belong into these samples. What
    does not consist of NAL units stands there as it is.
    """
    if track.codec not in NAL_CODECS:
        return frame.nal_units
    parameter_sets = (track.vps, track.sps, track.pps)
    parts = list[bytes]()
    for unit in frame.nal_units:
        if unit not in parameter_sets:
            parts += len(unit).to_bytes(4), unit
    return parts


class _Run(NamedTuple):
    """The samples of one track in a fragment."""

    track: int
    start: int
    flags: int
    entries: list[bytes]
    size: int
    """Bytes of the samples themselves."""


def _video_run(times: VideoTimes, frames: Sequence[VideoFrame], sizes: list[int]) -> _Run:
    flags = [KEY_SAMPLE if frame.key else OTHER_SAMPLE for frame in frames]
    fields = zip(times.durations, sizes, flags, strict=True)
    if any(times.offsets):
        entries = [
            REORDERED_SAMPLE.pack(*each, offset)
            for each, offset in zip(fields, times.offsets, strict=True)
        ]
        return _Run(VIDEO_ID, times.start, REORDERED_RUN, entries, sum(sizes))
    entries = [VIDEO_SAMPLE.pack(*each) for each in fields]
    return _Run(VIDEO_ID, times.start, VIDEO_RUN, entries, sum(sizes))


def _audio_run(times: AudioTimes) -> _Run:
    sizes = [len(frame.data) for frame in times.frames]
    entries = list(map(AUDIO_SAMPLE.pack, times.durations, sizes, strict=True))
    return _Run(AUDIO_ID, times.start, AUDIO_RUN, entries, sum(sizes))


def _prft(time: int, shown: int) -> bytes:
    """Say when the first frame of the fragment that follows was captured."""
    if shown < 0:  # as its box can't say: a picture before the key frame the file begins with
        time, shown = time - shown * 1_000_000_000 // CLOCK_RATE, 0
    return full_box(b"prft", 1, _CAPTURE_TIME, pack(">IQQ", VIDEO_ID, to_ntp(time), shown))


def _moof(sequence: int, runs: list[_Run]) -> bytes:
    def build(data_offset: int) -> bytes:
        trafs = []
        for run in runs:
            version = 1 if run.flags == REORDERED_RUN else 0
            head = pack(">II", len(run.entries), data_offset)
            trafs.append(
                box(
                    b"traf",
                    full_box(b"tfhd", 0, _BASE_IS_MOOF, run.track.to_bytes(4)),
                    full_box(b"tfdt", 1, 0, run.start.to_bytes(8)),
                    full_box(b"trun", version, run.flags, head, *run.entries),
                )
            )
            data_offset += run.size
        return box(b"moof", full_box(b"mfhd", 0, 0, sequence.to_bytes(4)), *trafs)

    return build(len(build(0)) + HEAD)
