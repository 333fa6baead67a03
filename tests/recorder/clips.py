"""Finished clips, put into an archive's folder as any other program would."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

from custom_components.nvr_hotspare.recorder.model import AudioFrame, Tracks, VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from tests.recorder.footage import indexed, tracks

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def put_clip(
    folder: Path,
    frames: Sequence[VideoFrame],
    audio: Sequence[AudioFrame] = (),
    of: Tracks | None = None,
) -> Path:
    """Write frames, a fragment for each 25, and rename the file into the folder of a channel."""
    writer = FragmentWriter(of or tracks())
    data = [writer.header()]
    for part in batched(frames, 25, strict=False):
        heard = [each for each in audio if part[0].time <= each.time < part[-1].time + 40_000_000]
        data.append(writer.fragment(part, part[-1].ticks + 3600, heard))
    begins = _EPOCH + timedelta(microseconds=frames[0].time // 1000)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{begins:%Y-%m-%dT%H-%M-%S.%fZ}.mp4"
    partial = path.with_suffix(".partial")
    partial.write_bytes(indexed(b"".join(data)))
    return partial.rename(path)
