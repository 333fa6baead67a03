"""The clip that every virtual camera loops: encoded once, then kept in a cache folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import tempfile

from custom_components.nvr_hotspare.recorder.model import (
    CLOCK_RATE,
    AudioFrame,
    AudioTrack,
    Codec,
    Tracks,
    VideoFrame,
)
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track

from .stamp import FRAME_RATE, slices_of, time_of

CACHE = Path(__file__).parent.parent / ".cache" / "clips"
"""Where clips are kept if nothing else is said: in the checkout."""
SOUND_TICKS = 1024
"""Samples in an access unit of AAC."""


@dataclass(frozen=True, slots=True)
class ClipFormat:
    """What to encode; the defaults are those of a common camera's main stream."""

    width: int = 1920
    height: int = 1080
    bit_rate: int = 4_000_000
    gop: int = 25
    """Frames from one keyframe to the next."""
    gops: int = 4
    """How many make the clip; even, as two keyframes in a row must differ in their id."""
    codec: Codec = Codec.H264
    audio: bool = False
    """Whether there is AAC beside the video."""

    @property
    def name(self) -> str:
        """The name of its file."""
        name = f"{self.width}x{self.height}-{self.bit_rate}-{self.gop}x{self.gops}"
        name += "" if self.codec is Codec.H264 else f"-{self.codec}"
        return name + ("-aac" if self.audio else "") + ".mp4"


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as it is sent."""

    tracks: Tracks
    frames: list[list[bytes]]
    """The slices of each frame."""
    sounds: list[bytes]
    """Access units of audio."""
    gop: int


def load(wanted: ClipFormat, cache: Path = CACHE) -> Clip:
    """Return the clip from the cache, after encoding it there if need be."""
    path = cache / wanted.name
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _store(wanted, path)
    with path.open("rb") as file:
        reader = Mp4Reader(file)
        fragments = list(reader.fragments())
        frames = [reader.nal_units(each) for part in fragments for each in part.samples]
        sounds = [reader.data(each) for part in fragments for each in part.audio]
        return Clip(reader.tracks, frames, sounds, wanted.gop)


def _store(wanted: ClipFormat, path: Path) -> None:
    # Loaded where no clip is cached only: it takes longer than all else together.
    from .encode import encode, encode_sound  # noqa: PLC0415

    count = wanted.gop * wanted.gops
    frames = list(encode(wanted))
    video = find_track(frames[0], codec=wanted.codec)
    if video is None:
        raise ValueError("The encoder gives no parameter sets.")
    audio, sounds = encode_sound(count / FRAME_RATE) if wanted.audio else (None, [])
    writer = FragmentWriter(Tracks(video, audio))
    heard = [_sound(number, data, audio) for number, data in enumerate(sounds) if audio]
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(writer.header())
        for start in range(0, count, wanted.gop):
            gop = range(start, start + wanted.gop)
            seen = [_frame(number, frames[number], wanted) for number in gop]
            file.write(writer.fragment(seen, None, _between(heard, gop)))
    Path(file.name).replace(path)


def _between(sounds: Sequence[AudioFrame], gop: range) -> list[AudioFrame]:
    """Return the audio that is captured along with these frames."""
    begin, end = time_of(gop.start), time_of(gop.stop)
    return [frame for frame in sounds if begin <= frame.time < end]


def _frame(number: int, units: list[bytes], wanted: ClipFormat) -> VideoFrame:
    return VideoFrame(
        nal_units=slices_of(units, wanted.codec),
        time=time_of(number),
        ticks=number * CLOCK_RATE // FRAME_RATE,
        key=number % wanted.gop == 0,
    )


def _sound(number: int, data: bytes, track: AudioTrack) -> AudioFrame:
    ticks = number * SOUND_TICKS
    time = ticks * 1_000_000_000 // track.rate
    return AudioFrame(data=data, time=time, ticks=ticks, duration=SOUND_TICKS)
