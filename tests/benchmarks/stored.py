"""Footage as an engine has stored it, made in no time: clips of a minute, every frame stamped."""

from pathlib import Path

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.model import VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from virtual_nvr.clip import Clip
from virtual_nvr.stamp import FRAME_RATE, Stamp, build, checksum, time_of

START_FRAME = 1_795_458_660 * FRAME_RATE
"""The number of the first frame, captured at 2026-11-23T18:31:00."""
_CLIP = 60
"""Seconds."""
_TICKS = 3600


def store(folder: Path, channel: str, camera: int, clip: Clip, seconds: int) -> None:
    """Store so many seconds of a camera that loops this clip."""
    crcs = [checksum(slices) for slices in clip.frames]

    def frame(number: int) -> VideoFrame:
        place = number % len(clip.frames)
        time = time_of(START_FRAME + number)
        stamp = Stamp(camera, START_FRAME + number, time, crcs[place])
        units = [build(stamp), *clip.frames[place]]
        ticks = number * _TICKS
        return VideoFrame(nal_units=units, time=time, ticks=ticks, key=place % clip.gop == 0)

    archive = Archive(folder)
    for begin in range(0, seconds, _CLIP):
        writer = FragmentWriter(clip.tracks)
        opened = archive.open(channel, time_of(START_FRAME + begin * FRAME_RATE))
        opened.write(writer.header())
        for second in range(begin, min(begin + _CLIP, seconds)):
            numbers = range(second * FRAME_RATE, (second + 1) * FRAME_RATE)
            fragment = [frame(number) for number in numbers]
            opened.write(writer.fragment(fragment, numbers.stop * _TICKS))
        opened.close()
