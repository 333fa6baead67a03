"""Footage out of any files is played in order, each frame once, and says where gaps are."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.holdings import EVER, Holdings
from custom_components.nvr_hotspare.recorder.model import (
    AudioFrame,
    AudioTrack,
    Codec,
    Tracks,
    VideoFrame,
    VideoTrack,
)
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.player import Player, with_parameter_sets
from custom_components.nvr_hotspare.recorder.rtp.capture import Mark
from custom_components.nvr_hotspare.recorder.rtsp.footage import Shot
from custom_components.nvr_hotspare.recorder.rtsp.order import Order
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.clips import put_clip
from tests.recorder.footage import INTERVAL, START, frames, track, tracks

YARD = "yard"
AAC = AudioTrack(codec=Codec.AAC, rate=16_000, channels=1, config=b"\x14\x08")
SOUND = 64_000_000
"""Nanoseconds of a frame of this audio."""


def at(frame: float) -> int:
    return START + round(frame * INTERVAL)


def player(folder: Path, of: Tracks | None = None, **order: object) -> Player:
    wanted = Order(paced=False, **order)  # type: ignore[arg-type] # the fields of an order
    return Player(Holdings(Archive(folder)), YARD, of or tracks(), wanted)


def shots(folder: Path, of: Tracks | None = None, **order: object) -> list[Shot]:
    return [shot for batch in player(folder, of, **order).play() for shot in batch]


def number(shot: Shot) -> int:
    """Return the number of a frame of video, by its capture time."""
    return round((shot.frame.time - START) / INTERVAL)


def numbers(found: list[Shot]) -> list[int]:
    return [number(shot) for shot in found if isinstance(shot.frame, VideoFrame)]


def marked(found: list[Shot], mark: Mark) -> list[int]:
    return [number(shot) for shot in found if mark in shot.marks]


def test_all_is_played_as_it_was_captured(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(75))
    put_clip(tmp_path / YARD, frames(75, 75))
    found = [shot.frame for shot in shots(tmp_path)]
    assert [frame.time for frame in found] == [frame.time for frame in frames(150)]
    assert [it.nal_units for it in found if isinstance(it, VideoFrame)] == [
        frame.nal_units for frame in frames(150)
    ]


@pytest.mark.parametrize(
    ("start", "first"), [(0, 0), (-10, 0), (24, 0), (25, 25), (49.5, 25), (110, 100), (60, 50)]
)
def test_it_begins_with_the_key_frame_at_or_before_the_start(
    tmp_path: Path, start: float, first: int
) -> None:
    put_clip(tmp_path / YARD, frames(60))
    put_clip(tmp_path / YARD, frames(90, 60)[40:])
    put_clip(tmp_path / YARD, frames(50, 50))
    found = numbers(shots(tmp_path, start=at(start)))
    assert found == list(range(first, 150))


@pytest.mark.parametrize("start", [60, 75, 99])
def test_in_a_gap_it_begins_with_the_first_key_frame_after_it(tmp_path: Path, start: int) -> None:
    put_clip(tmp_path / YARD, frames(60))
    put_clip(tmp_path / YARD, frames(50, 100))
    assert numbers(shots(tmp_path, start=at(start))) == list(range(100, 150))


def test_after_a_gap_within_a_file_it_begins_with_a_key_frame(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, [*frames(30), *frames(60, 60)])
    assert numbers(shots(tmp_path, start=at(45)))[0] in {25, 75}


@pytest.mark.parametrize("end", [1, 25, 26, 60, 100])
def test_it_ends_before_the_end(tmp_path: Path, end: int) -> None:
    put_clip(tmp_path / YARD, frames(60))
    put_clip(tmp_path / YARD, frames(40, 60))
    found = shots(tmp_path, end=at(end))
    assert numbers(found) == list(range(end))
    assert marked(found, Mark.TERMINAL) == [end - 1]


def test_nothing_is_played_of_a_time_without_footage(tmp_path: Path) -> None:
    assert shots(tmp_path) == []
    put_clip(tmp_path / YARD, frames(50))
    assert shots(tmp_path, start=at(50)) == []
    assert shots(tmp_path, start=at(-100), end=at(0)) == []


def test_sections_end_and_begin_with_their_marks(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(50))
    put_clip(tmp_path / YARD, frames(50, 50))
    put_clip(tmp_path / YARD, [*frames(50, 150), *frames(50, 250)])
    found = shots(tmp_path)
    assert numbers(found) == [*range(100), *range(150, 200), *range(250, 300)]
    assert marked(found, Mark.END) == [99, 199, 299]
    assert marked(found, Mark.DISCONTINUITY) == [150, 250]
    assert marked(found, Mark.TERMINAL) == [299]


def test_what_a_gap_follows_is_the_last_of_a_wanted_section(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(50))
    put_clip(tmp_path / YARD, frames(50, 150))
    found = shots(tmp_path, end=at(120))
    assert marked(found, Mark.END | Mark.TERMINAL) == [49]


def test_frames_in_two_files_are_played_once(tmp_path: Path) -> None:
    """As where footage was given back: from the key frame before the gap to the one after it."""
    put_clip(tmp_path / YARD, frames(60))  # dies after frame 59
    put_clip(tmp_path / YARD, frames(75, 50))  # given back
    put_clip(tmp_path / YARD, frames(75, 100))  # records again
    put_clip(tmp_path / YARD, frames(20, 70))  # and something that is there already
    found = shots(tmp_path)
    assert numbers(found) == list(range(175))
    assert marked(found, Mark.END) == [174]
    assert marked(found, Mark.DISCONTINUITY) == []


def test_two_recorders_need_not_agree_on_the_time_to_the_nanosecond(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(60))
    put_clip(tmp_path / YARD, frames(75, 50, START + 3_000_000))
    put_clip(tmp_path / YARD, frames(75, 100, START - 2_000_000))
    assert numbers(shots(tmp_path)) == list(range(175))


def test_a_hole_in_one_file_is_filled_from_another(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, [*frames(60), *frames(75, 100)])
    put_clip(tmp_path / YARD, frames(75, 50))
    found = shots(tmp_path)
    assert numbers(found) == list(range(175))
    assert marked(found, Mark.END) == [174]


def test_key_frames_alone_at_least_so_far_apart(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(100))
    put_clip(tmp_path / YARD, frames(100, 100))
    assert numbers(shots(tmp_path, intra=True)) == list(range(0, 200, 25))
    found = shots(tmp_path, intra=True, interval=2_000_000_000)
    assert numbers(found) == [0, 50, 100, 150]
    assert marked(found, Mark.END | Mark.TERMINAL) == [150]


def sounds(count: int, first: int = 0) -> list[AudioFrame]:
    return [
        AudioFrame(
            data=index.to_bytes(8), time=START + index * SOUND, ticks=index * 1024, duration=1024
        )
        for index in range(first, first + count)
    ]


def heard(found: list[Shot]) -> list[int]:
    return [int.from_bytes(it.frame.data) for it in found if isinstance(it.frame, AudioFrame)]


def test_audio_comes_where_it_was_captured_and_once(tmp_path: Path) -> None:
    both = Tracks(track(), AAC)
    put_clip(tmp_path / YARD, frames(60), sounds(100), both)
    put_clip(tmp_path / YARD, frames(75, 50), sounds(100), both)
    found = shots(tmp_path, both)
    assert numbers(found) == list(range(125))
    assert heard(found) == list(range(len(heard(found))))
    assert len(heard(found)) >= 77
    times = [shot.frame.time for shot in found]
    assert all(
        abs(time - expected) < 1000 for time, expected in zip(times, sorted(times), strict=True)
    )
    last = {type(shot.frame): shot.marks for shot in found}
    assert last == dict.fromkeys((VideoFrame, AudioFrame), Mark.END | Mark.TERMINAL)


def test_audio_of_another_kind_is_left_out(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(50), sounds(100), Tracks(track(), AAC))
    found = shots(tmp_path, tracks())
    assert (len(numbers(found)), heard(found)) == (50, [])


def test_what_is_being_recorded_is_followed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    writer = FragmentWriter(tracks())
    clip = archive.open(YARD, START)
    clip.write(writer.header() + writer.fragment(frames(25), None))
    playing = player(tmp_path).play()
    found = [shot for batch in take(playing) for shot in batch]
    clip.write(writer.fragment(frames(25, 25), None))
    found += [shot for batch in take(playing) for shot in batch]
    assert not any(shot.marks for shot in found)
    clip.write(writer.fragment(frames(25, 50), None))
    clip.close()
    found += [shot for batch in take(playing) for shot in batch]
    assert numbers(found) == list(range(75))
    assert marked(found, Mark.END | Mark.TERMINAL) == [74]


def take(playing: Iterator[list[Shot]]) -> Iterator[list[Shot]]:
    """Return what there is for now."""
    while batch := next(playing, []):
        yield batch


def test_a_file_that_goes_away_meanwhile_is_passed_over(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(100))
    second = put_clip(tmp_path / YARD, frames(50, 100))
    put_clip(tmp_path / YARD, frames(50, 150))
    playing = player(tmp_path).play()
    found = next(playing)
    second.unlink()
    found += [shot for batch in playing for shot in batch]
    assert numbers(found) == [*range(100), *range(150, 200)]
    assert marked(found, Mark.END) == [99, 199]


def test_footage_returned_meanwhile_is_played_where_it_belongs(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, frames(100))
    put_clip(tmp_path / YARD, frames(50, 150))
    playing = player(tmp_path).play()
    found = next(playing)
    put_clip(tmp_path / YARD, frames(75, 75))
    found += [shot for batch in playing for shot in batch]
    assert numbers(found) == list(range(200))


@pytest.mark.parametrize("delimiter", [[], [b"\x09\xf0"]])
def test_key_frames_have_their_parameter_sets_in_their_place(delimiter: list[bytes]) -> None:
    own = track()
    picture = b"\x65picture"
    wanted = [*delimiter, own.sps, own.pps, picture]
    assert with_parameter_sets([*delimiter, picture], own) == wanted
    assert with_parameter_sets(wanted, own) == wanted


def test_where_the_camera_was_set_up_anew_its_key_frames_say_so(tmp_path: Path) -> None:
    changed = replace(track(), pps=track().pps + b"\x01")
    later = frames(50, 50)
    for frame in later:
        frame.nal_units = [changed.pps if it == track().pps else it for it in frame.nal_units]
    put_clip(tmp_path / YARD, frames(60))
    put_clip(tmp_path / YARD, later, of=Tracks(changed))
    found = shots(tmp_path)
    # Nothing that was encoded anew can be decoded without its own key frame.
    assert numbers(found) == [*range(60), *range(50, 100)]
    keys = [it.frame.nal_units[1] for it in found if isinstance(it.frame, VideoFrame) and it[0].key]
    assert keys == [track().pps] * 3 + [changed.pps] * 2


def test_footage_in_another_codec_is_a_gap(tmp_path: Path) -> None:
    other = Tracks(VideoTrack(codec=Codec.MJPEG, width=320, height=180))
    put_clip(tmp_path / YARD, frames(50))
    put_clip(tmp_path / YARD, frames(50, 50), of=other)
    put_clip(tmp_path / YARD, frames(50, 100))
    found = shots(tmp_path)
    assert numbers(found) == [*range(50), *range(100, 150)]
    assert marked(found, Mark.END) == [49, 149]


def reordered(gops: int) -> list[VideoFrame]:
    """Return frames in an order of decoding in which two of three are shown before the third."""
    plain = frames(25 * gops)
    order = [0, *(number for n in range(1, 25, 3) for number in (n + 2, n, n + 1))]
    return [plain[25 * gop + number] for gop in range(gops) for number in order]


def test_frames_come_in_the_order_of_decoding_and_end_with_what_they_need(tmp_path: Path) -> None:
    put_clip(tmp_path / YARD, reordered(3))
    wanted = [round((frame.time - START) / INTERVAL) for frame in reordered(3)]
    found = shots(tmp_path)
    assert numbers(found) == wanted
    assert marked(found, Mark.END) == wanted[-1:]
    assert numbers(shots(tmp_path, end=at(30))) == wanted[: wanted.index(29) + 1]
    assert Holdings(Archive(tmp_path)).extent(YARD) == Span(at(0), at(75))


@st.composite
def files(draw: st.DrawFn) -> list[list[int]]:
    """Draw the frames of some files, each from a key frame on, and some with a hole."""
    drawn = list[list[int]]()
    for first in draw(st.lists(st.integers(0, 8), min_size=1, max_size=6, unique=True)):
        numbers = list(range(first * 25, first * 25 + draw(st.integers(5, 110))))
        hole = draw(st.sampled_from((0, 0, 2, 3, 10)))  # one frame less is no hole
        drawn.append(numbers[:4] + numbers[4 + hole :] if len(numbers) > 20 else numbers)
    return drawn


@settings(max_examples=40, deadline=None)
@given(files(), st.integers(-10, 330))
@example([list(range(100, 174)), list(range(150, 175)), list(range(175, 180))], 0)
def test_whatever_the_files_are_each_frame_is_played_once(
    files: list[list[int]], start: int
) -> None:
    present = sorted({number for file in files for number in file})
    ends = [a for a, b in pairwise([*present, 10_000]) if b - a > 2]
    with TemporaryDirectory() as name:
        for file in files:
            put_clip(Path(name) / YARD, [frames(1, number)[0] for number in file])
        found = shots(Path(name))
        assert numbers(found) == present
        assert marked(found, Mark.END) == ends
        told = Holdings(Archive(Path(name))).spans(YARD, -EVER, EVER)
        assert [round((span.end - START) / INTERVAL) - 1 for span in told] == ends
        later = numbers(shots(Path(name), start=at(start)))
        assert set(later) >= {number for number in present if number >= start + 25}
        assert len(later) == len(set(later))
        assert not later or later[0] % 25 == 0
