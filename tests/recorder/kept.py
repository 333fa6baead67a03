"""Frames for rings and keepers, and what of them is found in files."""

from collections.abc import Iterable
from pathlib import Path

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.model import Frame, Tracks, VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.ring import RingLimits
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from tests.recorder.scripted_camera import FRAME, PPS, SPS, frame

NOW = 1_795_460_452_000_000_000
STEP = 40_000_000
GOP = 5
LARGE = RingLimits(seconds=60, size=1 << 20)


def tracks() -> Tracks:
    track = find_track([SPS, PPS])
    assert track
    return Tracks(track)


def numbered(numbers: Iterable[int], size: int = 10) -> list[tuple[Tracks, Frame]]:
    """Return frames that say their number, with a key frame at every fifth."""
    same = tracks()
    return [
        (
            same,
            VideoFrame(
                nal_units=frame(number, gop=GOP, size=size),
                time=NOW + number * STEP,
                ticks=number * FRAME,
                key=number % GOP == 0,
            ),
        )
        for number in numbers
    ]


def written(folder: Path) -> list[int]:
    """Return the numbers of the frames in the files of a channel, all of which are closed."""
    numbers = []
    for clip in Archive(folder).clips("c1"):
        assert not clip.open
        with clip.path.open("rb") as file:
            reader = Mp4Reader(file)
            for fragment in reader.fragments():
                numbers += [
                    int.from_bytes(reader.nal_units(sample)[-1][1:5]) for sample in fragment.samples
                ]
    return numbers
