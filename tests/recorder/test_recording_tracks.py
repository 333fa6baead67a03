"""Recordings of streams with audio, of B-frames, and of streams that change."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.disk import Disk
from custom_components.nvr_hotspare.recorder.model import AudioFrame, AudioTrack, Codec, Tracks
from custom_components.nvr_hotspare.recorder.mp4.reader import Fragment, Mp4Reader
from custom_components.nvr_hotspare.recorder.recording import Recording
from tests.recorder.footage import START, TICKS, frames, track

SOUND = AudioTrack(codec=Codec.PCMU, rate=8000, channels=1)
BOTH = Tracks(track(), SOUND)


@pytest.fixture
async def recording(tmp_path: Path) -> AsyncIterator[Recording]:
    disk = Disk()
    recording = Recording(Archive(tmp_path), disk, "c1")
    yield recording
    await recording.close()
    disk.shutdown()


def sound(number: int) -> AudioFrame:
    """Audio that lasts as long as a frame of video."""
    time = START + number * 40_000_000
    return AudioFrame(data=bytes([number % 256]) * 320, time=time, ticks=number * 320, duration=320)


def files(folder: Path) -> list[list[Fragment]]:
    found = []
    for clip in Archive(folder).clips("c1"):
        with clip.path.open("rb") as file:
            found.append(list(Mp4Reader(file).fragments()))
    return found


async def test_audio_stands_beside_the_frames_it_came_with(
    recording: Recording, tmp_path: Path
) -> None:
    for number, frame in enumerate(frames(50)):
        await recording.add(BOTH, frame)
        await recording.add(BOTH, sound(number))
    await recording.close()

    (parts,) = files(tmp_path)
    heard = [sample for part in parts for sample in part.audio]
    assert [sample.ticks for sample in heard] == [320 * number for number in range(50)]
    assert recording.frames == 50


async def test_audio_before_the_first_key_frame_is_not_kept(
    recording: Recording, tmp_path: Path
) -> None:
    for number in range(1000):
        await recording.add(BOTH, sound(number))
    await recording.close()

    assert files(tmp_path) == []
    assert recording._audio == []


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(Tracks(replace(track(), width=640), SOUND), id="resolution"),
        pytest.param(Tracks(track()), id="no audio"),
        pytest.param(Tracks(track(), replace(SOUND, codec=Codec.PCMA)), id="codec of audio"),
    ],
)
async def test_a_change_of_the_tracks_begins_a_file_with_the_next_key_frame(
    recording: Recording, tmp_path: Path, after: Tracks
) -> None:
    for number, frame in enumerate(frames(75)):
        await recording.add(BOTH if number < 30 else after, frame)
    await recording.close()

    counts = [sum(len(part.samples) for part in parts) for parts in files(tmp_path)]
    assert counts == [50, 25]


async def test_frames_out_of_order_share_a_fragment(recording: Recording, tmp_path: Path) -> None:
    order = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
    shown = frames(25)
    for place, number in enumerate(order):
        frame = shown[place]
        frame.ticks, frame.time = shown[0].ticks + number * TICKS, START + number * 40_000_000
        await recording.add(BOTH, frame)
    await recording.close()

    (parts,) = files(tmp_path)
    assert [sample.ticks // TICKS for part in parts for sample in part.samples] == order
    assert [len(part.samples) for part in parts] == [1, 4, 8]


async def test_a_fragment_stays_below_what_the_reader_takes(
    recording: Recording, tmp_path: Path
) -> None:
    for frame in frames(25):
        frame.nal_units = [*frame.nal_units, b"\x0c" + bytes(8 << 20)]
        await recording.add(BOTH, frame)
    await recording.close()

    (parts,) = files(tmp_path)
    assert sum(len(part.samples) for part in parts) == 25
    assert max(part.end - part.start for part in parts) < 50 << 20
