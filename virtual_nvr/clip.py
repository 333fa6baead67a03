"""The clip that every virtual camera loops: encoded once, then kept in a cache folder."""

from dataclasses import dataclass
from pathlib import Path
import tempfile

from custom_components.nvr_hotspare.recorder.model import CLOCK_RATE, Tracks, VideoFrame, VideoTrack
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter

from .stamp import FRAME_RATE, slices_of, time_of

CACHE = Path(__file__).parent.parent / ".cache" / "clips"
"""Where clips are kept if nothing else is said: in the checkout."""

_NAL_TYPE = 0x1F
_IDR, _SPS, _PPS = 5, 7, 8


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


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as it is sent."""

    track: VideoTrack
    frames: list[list[bytes]]
    """The slices of each frame."""
    gop: int


def load(wanted: ClipFormat, cache: Path = CACHE) -> Clip:
    """Return the clip from the cache, after encoding it there if need be."""
    name = f"{wanted.width}x{wanted.height}-{wanted.bit_rate}-{wanted.gop}x{wanted.gops}.mp4"
    path = cache / name
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _store(wanted, path)
    with path.open("rb") as file:
        reader = Mp4Reader(file)
        frames = [
            reader.nal_units(sample)
            for fragment in reader.fragments()
            for sample in fragment.samples
        ]
        return Clip(reader.tracks.video, frames, wanted.gop)


def _store(wanted: ClipFormat, path: Path) -> None:
    # Loaded where no clip is cached only: it takes longer than all else together.
    from .encode import encode  # noqa: PLC0415

    count = wanted.gop * wanted.gops
    frames = list(encode(wanted.width, wanted.height, wanted.bit_rate, wanted.gop, count))
    by_type = {unit[0] & _NAL_TYPE: unit for unit in frames[0]}
    track = VideoTrack(
        sps=by_type[_SPS], pps=by_type[_PPS], width=wanted.width, height=wanted.height
    )
    writer = FragmentWriter(Tracks(track))
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(writer.header())
        for start in range(0, count, wanted.gop):
            gop = range(start, start + wanted.gop)
            file.write(writer.fragment([_frame(number, frames[number]) for number in gop], None))
    Path(file.name).replace(path)


def _frame(number: int, units: list[bytes]) -> VideoFrame:
    slices = slices_of(units)
    return VideoFrame(
        nal_units=slices,
        time=time_of(number),
        ticks=number * CLOCK_RATE // FRAME_RATE,
        key=slices[0][0] & _NAL_TYPE == _IDR,
    )
