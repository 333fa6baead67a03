"""Frames that are received, put into a file, and remembered for the proof that they are in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import FileIO
from itertools import chain, pairwise
from statistics import median_low

from ..model import CLOCK_RATE, NAL_CODECS, AudioFrame, Tracks, VideoFrame, VideoTrack
from ..mp4.index import write_index
from ..mp4.writer import FragmentWriter
from .checking import Expected, crc
from .copying import write
from .gops import Moment

_LONGEST = 60 * CLOCK_RATE
"""Ticks after which the next key frame begins a new file, as in the archive."""
_LONGEST_FRAGMENT = CLOCK_RATE
_LARGEST_FRAGMENT = 32 << 20
"""Bytes of frames; half of what the reader takes."""
_TOLERANCE = 500_000
"""Nanoseconds by which a frame's time within a fragment may be off what its ticks say."""
_CORRECTION = 1_000_000_000
"""Nanoseconds by which time and ticks may part within a file, and that there may be no frame."""
_SECOND = 1_000_000_000


@dataclass(slots=True)
class Group:
    """A group of pictures as it comes, and what is heard along with it."""

    tracks: Tracks
    video: list[VideoFrame]
    audio: list[AudioFrame] = field(default_factory=list)
    size: int = 0

    @property
    def key(self) -> VideoFrame:
        """Its first frame."""
        return self.video[0]


class IncomingClip:
    """A file of received groups of pictures.

    Attributes:
        video: The frames in it, as they should be found.
        audio: Those that were heard along.
    """

    def __init__(self, file: FileIO, first: Group) -> None:
        """Begin a file for a group, which has yet to be added; OSError where its disk fails."""
        self.video: list[Expected] = []
        self.audio: list[Expected] = []
        self._file = file
        self._tracks = first.tracks
        self._first = first.key
        self._last = first.key
        self._writer = FragmentWriter(first.tracks)
        self._next: int | None = None
        """When the frame after the last one was captured, if that is known."""
        write(file, self._writer.header())

    def takes(self, group: Group) -> bool:
        """Tell whether a group belongs into this file, as the next one."""
        key = group.key
        return (
            group.tracks == self._tracks
            and key.ticks - self._first.ticks < _LONGEST
            and abs(_drift(self._first, key)) < _CORRECTION
            and 0 < key.time - self._last.time < _CORRECTION + 3 * self._usual
        )

    def add(self, group: Group, following: VideoFrame | None) -> None:
        """Write a group that is followed by this key frame; OSError where the disk fails."""
        parts = list(_parts(group.video))
        audio = iter(group.audio)
        heard = next(audio, None)
        for part, after in zip(parts, [*(part[0] for part in parts[1:]), following], strict=True):
            sounds = list[AudioFrame]()
            while heard and (after is None or after is following or heard.time < after.time):
                sounds.append(heard)
                heard = next(audio, None)
            write(self._file, self._writer.fragment(part, after.ticks if after else None, sounds))
        self.video += (_expected(frame, self._tracks.video) for frame in group.video)
        for sound in group.audio:  # each can be heard by itself
            self.audio.append(Expected(sound.time, sound.size, crc(sound.data), key=True))
        self._last = group.video[-1]
        self._next = following.time if following else None

    def end(self) -> None:
        """Write the index; OSError where the disk fails."""
        write_index(self._file)

    def moments(self) -> list[Moment]:
        """Return the frames of video in the order of their times, each with how long it lasts."""
        times = sorted(frame.time for frame in self.video)
        end = self._next if self._next is not None else times[-1] + self._usual
        return [Moment(time, max(0, after - time)) for time, after in pairwise([*times, end])]

    @property
    def _usual(self) -> int:
        """How long a frame lasts, in nanoseconds."""
        times = sorted(frame.time for frame in self.video[-100:])
        steps = [later - earlier for earlier, later in pairwise(times)]
        return median_low(steps) if steps else 0


def _parts(frames: Sequence[VideoFrame]) -> Iterator[list[VideoFrame]]:
    """Part a group into fragments: no frame is shown before one of an earlier fragment."""
    part, newest, size = list[VideoFrame](), 0, 0
    for frame in frames:
        if (
            part
            and frame.ticks > newest
            and (
                frame.ticks - part[0].ticks >= _LONGEST_FRAGMENT
                or size >= _LARGEST_FRAGMENT
                or abs(_drift(part[0], frame)) > _TOLERANCE
            )
        ):
            yield part
            part, size = [], 0
        part.append(frame)
        newest = max(newest, frame.ticks)
        size += frame.size
    yield part


def _drift(first: VideoFrame, frame: VideoFrame) -> int:
    """By how much times and ticks disagree on what lies between two frames, in nanoseconds."""
    return frame.time - first.time - (frame.ticks - first.ticks) * _SECOND // CLOCK_RATE


def _expected(frame: VideoFrame, track: VideoTrack) -> Expected:
    """Return a frame as it is to be found (ISO/IEC 14496-15, section 5.3)."""
    if track.codec in NAL_CODECS:
        sets = (track.vps, track.sps, track.pps)
        units = (unit for unit in frame.nal_units if unit not in sets)
        data = b"".join(chain.from_iterable((len(unit).to_bytes(4), unit) for unit in units))
    else:
        data = b"".join(frame.nal_units)
    return Expected(frame.time, len(data), crc(data), frame.key)
