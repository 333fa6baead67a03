"""Fragments in another file: the same frames, at the same times, of video and of audio."""

from contextlib import suppress
from itertools import pairwise
from pathlib import Path
import threading

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.archive import Clip
from custom_components.nvr_hotspare.recorder.errors import DamagedFootageError
from custom_components.nvr_hotspare.recorder.giving.checking import check_copy
from custom_components.nvr_hotspare.recorder.giving.copying import copy
from custom_components.nvr_hotspare.recorder.giving.gops import Gop, gops
from custom_components.nvr_hotspare.recorder.giving.model import TransferError
from custom_components.nvr_hotspare.recorder.giving.pace import Pace
from custom_components.nvr_hotspare.recorder.giving.pieces import Piece
from custom_components.nvr_hotspare.recorder.model import (
    AudioFrame,
    AudioTrack,
    Codec,
    Tracks,
    VideoFrame,
)
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader, Sample
from custom_components.nvr_hotspare.recorder.mp4.splice import parts
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from tests.recorder.footage import START, decode, frames, recording, tracks

SECONDS = 6


def film(rate: int, early: int = 0, *, reordered: bool = False) -> bytes:
    """Return a file with audio of so many samples a second, some of it earlier than the video."""
    audio = AudioTrack(codec=Codec.PCMU, rate=rate, channels=1)
    writer = FragmentWriter(Tracks(tracks().video, audio))
    data = [writer.header()]
    heard = 0
    for second, following in pairwise(range(SECONDS + 1)):
        seen = frames(25, 25 * second)
        if reordered:
            shown_later(seen)
        sounds = []
        while heard < rate * following - early:
            count = min(rate // 50, rate * following - early - heard)
            time = START + heard * 1_000_000_000 // rate
            payload = heard.to_bytes(8) * (count // 8 + 1)
            sounds.append(AudioFrame(data=payload[:count], time=time, ticks=heard, duration=count))
            heard += count
        data.append(writer.fragment(seen, 7_000_000_000 + 25 * following * 3600, sounds))
    return b"".join(data)


def shown_later(seen: list[VideoFrame]) -> None:
    """Have every third frame be decoded before the two that are shown before it."""
    for begin in range(1, len(seen) - 2, 3):
        moments = [(frame.time, frame.ticks) for frame in seen[begin : begin + 3]]
        for frame, moment in zip(seen[begin:], [moments[2], *moments[:2]], strict=False):
            frame.time, frame.ticks = moment


def cut(folder: Path, data: bytes, first: int, last: int) -> tuple[Path, str]:
    """Copy some of the groups of pictures of a file; return the copy and its checksum."""
    path, made = folder / "source.mp4", folder / "made.mp4"
    path.write_bytes(data)
    with path.open("rb") as source, made.open("w+b", buffering=0) as file:
        found = list(gops(Mp4Reader(source)))[first:last]
        piece = piece_of(path, found)
        copy(source, piece, file, Pace(), threading.Event())
        with made.open("rb") as written:
            return made, check_copy(source, piece, written)


def piece_of(path: Path, found: list[Gop]) -> Piece:
    span = found[0].span
    return Piece(
        clip=Clip(path, span.start, open=False),
        start=found[0].start,
        end=found[-1].end,
        whole=False,
        span=span,
        covered=(span,),
        frames=sum(len(gop.frames) for gop in found),
        overlap=0,
    )


def samples(path: Path) -> tuple[list[Sample], list[Sample]]:
    with path.open("rb") as file:
        found = list(Mp4Reader(file).fragments())
    video = [sample for part in found for sample in part.samples]
    return video, [sample for part in found for sample in part.audio]


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("early", [0, 37])
def test_audio_and_video_keep_their_times_to_the_nanosecond(
    tmp_path: Path, rate: int, early: int
) -> None:
    made, _ = cut(tmp_path, film(rate, early * rate // 1000), 2, 5)
    video, audio = samples(made)
    whole_video, whole_audio = samples(tmp_path / "source.mp4")

    assert [sample.time for sample in video] == [sample.time for sample in whole_video[50:125]]
    times = [sample.time for sample in audio]
    assert set(times) <= {sample.time for sample in whole_audio}
    assert len(times) in range(150, 154)
    assert 0 <= video[0].ticks < 9000
    assert min(sample.ticks for sample in audio) >= 0


def test_frames_that_are_shown_later_than_they_are_decoded_keep_their_times(tmp_path: Path) -> None:
    made, _ = cut(tmp_path, film(8000, reordered=True), 1, 4)
    video, _ = samples(made)
    whole_video, _ = samples(tmp_path / "source.mp4")
    assert [sample.time for sample in video] == [sample.time for sample in whole_video[25:100]]


async def test_of_what_was_cut_ffmpeg_says_no_more_than_of_the_whole(tmp_path: Path) -> None:
    made, _ = cut(tmp_path, film(8000), 2, 5)
    count, complaints = await decode(made)
    assert count == 75
    assert (SECONDS * 25, complaints) == await decode(tmp_path / "source.mp4")


@given(place=st.integers(0), byte=st.integers(1, 255))
def test_any_wrong_byte_of_a_frame_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    made, _ = cut(folder, recording(3), 1, 3)
    data = bytearray(made.read_bytes())
    begin = data.index(b"prft")
    data[begin + place % (len(data) - begin)] ^= byte
    made.write_bytes(data)
    source = folder / "source.mp4"
    with source.open("rb") as original, made.open("rb") as written:
        piece = piece_of(source, list(gops(Mp4Reader(original)))[1:3])
        try:
            check_copy(original, piece, written)
        except TransferError:
            return
    # What was changed is no part of a frame, and means nothing: a number that nobody reads.
    assert samples(made) == samples(cut(folder, recording(3), 1, 3)[0])


@given(data=st.binary(max_size=300), number=st.integers(0, 2**16))
def test_no_fragment_is_too_strange(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, number: int
) -> None:
    whole = recording(1)
    begin = whole.index(b"prft") - 4
    place = begin + number % 400
    path = tmp_path_factory.mktemp("strange") / "file"
    path.write_bytes(whole[begin:place] + data + whole[place + len(data) :])
    with path.open("rb") as file, suppress(DamagedFootageError):
        for part in parts(file.fileno(), 0, path.stat().st_size):
            assert part.end <= path.stat().st_size
