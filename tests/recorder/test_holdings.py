"""What an archive holds is told to the frame, whoever wrote the files."""

from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.errors import ArchiveError
from custom_components.nvr_hotspare.recorder.holdings import EVER, Holdings
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.clips import put_clip
from tests.recorder.footage import INTERVAL, START, frames, recording, tracks


def at(frame: int) -> int:
    return START + frame * INTERVAL


def all_spans(holdings: Holdings) -> list[tuple[int, int]]:
    """Return the stretches of footage in frames."""
    found = holdings.spans("yard", -EVER, EVER)
    assert all((span.start - START) % INTERVAL == 0 for span in found)
    return [((span.start - START) // INTERVAL, (span.end - START) // INTERVAL) for span in found]


@pytest.fixture
def holdings(tmp_path: Path) -> Holdings:
    return Holdings(Archive(tmp_path))


def test_footage_ends_where_the_next_frame_would_have_been(
    holdings: Holdings, tmp_path: Path
) -> None:
    put_clip(tmp_path / "yard", frames(60))
    assert all_spans(holdings) == [(0, 60)]


def test_files_that_follow_each_other_or_overlap_are_one_stretch(
    holdings: Holdings, tmp_path: Path
) -> None:
    put_clip(tmp_path / "yard", frames(50))
    put_clip(tmp_path / "yard", frames(50, 50))
    put_clip(tmp_path / "yard", frames(50, 75))
    assert all_spans(holdings) == [(0, 125)]


@pytest.mark.parametrize(("lost", "stretches"), [(1, 1), (2, 2), (25, 2)])
def test_a_pause_of_two_frames_is_one_between_files(
    holdings: Holdings, tmp_path: Path, lost: int, stretches: int
) -> None:
    put_clip(tmp_path / "yard", frames(50))
    put_clip(tmp_path / "yard", frames(50, 50 + lost))
    assert len(all_spans(holdings)) == stretches


@pytest.mark.parametrize("lost", [1, 2, 30])
def test_a_pause_of_two_frames_is_one_within_a_file(
    holdings: Holdings, tmp_path: Path, lost: int
) -> None:
    put_clip(tmp_path / "yard", [*frames(37), *frames(40, 37 + lost)])
    end = 77 + lost
    assert all_spans(holdings) == ([(0, end)] if lost == 1 else [(0, 37), (37 + lost, end)])


def test_a_hole_in_one_file_is_filled_by_another(holdings: Holdings, tmp_path: Path) -> None:
    put_clip(tmp_path / "yard", [*frames(50), *frames(50, 100)])
    put_clip(tmp_path / "yard", frames(75, 25))
    assert all_spans(holdings) == [(0, 150)]


def test_only_what_reaches_between_the_times_is_told(holdings: Holdings, tmp_path: Path) -> None:
    for start in (0, 200, 400, 600):
        put_clip(tmp_path / "yard", frames(50, start))
    found = holdings.spans("yard", at(240), at(401))
    assert found == (Span(at(200), at(250)), Span(at(400), at(450)))
    assert holdings.spans("yard", at(250), at(400)) == ()


def test_what_is_put_there_changed_or_removed_later_shows(
    holdings: Holdings, tmp_path: Path
) -> None:
    first = put_clip(tmp_path / "yard", frames(50))
    assert all_spans(holdings) == [(0, 50)]
    put_clip(tmp_path / "yard", frames(50, 100))
    assert all_spans(holdings) == [(0, 50), (100, 150)]
    put_clip(tmp_path / "yard", frames(75))
    assert all_spans(holdings) == [(0, 75), (100, 150)]
    first.unlink()
    assert all_spans(holdings) == [(100, 150)]


def test_a_file_that_grows_counts_up_to_its_last_whole_fragment(
    holdings: Holdings, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    writer = FragmentWriter(tracks())
    clip = archive.open("yard", START)
    clip.write(writer.header())
    assert all_spans(holdings) == []
    clip.write(writer.fragment(frames(25), None))
    assert all_spans(holdings) == [(0, 25)]
    clip.write(writer.fragment(frames(25, 25), None))
    assert all_spans(holdings) == [(0, 50)]
    assert holdings.is_growing("yard")
    clip.close()
    assert all_spans(holdings) == [(0, 50)]
    assert not holdings.is_growing("yard")
    put_clip(tmp_path / "yard", frames(50, 100))
    assert holdings.extent("yard") == Span(at(0), at(150))
    assert holdings.spans("yard", at(60), EVER) == (Span(at(100), at(150)),)


def test_finished_files_are_read_once(
    holdings: Holdings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_clip(tmp_path / "yard", frames(50))
    assert all_spans(holdings) == [(0, 50)]
    monkeypatch.delattr("custom_components.nvr_hotspare.recorder.holdings._examine")
    assert all_spans(holdings) == [(0, 50)]


def test_clips_before_and_after_are_not_read(
    holdings: Holdings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_clip(tmp_path / "yard", frames(50))
    put_clip(tmp_path / "yard", frames(50, 1000))
    monkeypatch.delattr("custom_components.nvr_hotspare.recorder.holdings._examine")
    assert holdings.spans("yard", at(200), at(700)) == ()


def test_the_extent_is_from_the_first_frame_to_the_last(holdings: Holdings, tmp_path: Path) -> None:
    assert holdings.extent("yard") is None
    put_clip(tmp_path / "yard", frames(300))
    put_clip(tmp_path / "yard", frames(50, 100))
    put_clip(tmp_path / "yard", frames(50, 600))
    assert holdings.extent("yard") == Span(at(0), at(650))


def test_damaged_files_count_as_far_as_they_can_be_read(holdings: Holdings, tmp_path: Path) -> None:
    path = put_clip(tmp_path / "yard", frames(50, 100))
    path.write_bytes(b"no footage")
    path = put_clip(tmp_path / "yard", frames(50))
    path.write_bytes(recording(2)[:-5])
    assert all_spans(holdings) == [(0, 25)]
    path.write_bytes(recording(1) + b"\0" * 500)
    assert all_spans(holdings) == [(0, 25)]


def test_no_file_means_no_footage_and_no_channel_an_error(holdings: Holdings) -> None:
    assert all_spans(holdings) == []
    with pytest.raises(ArchiveError):
        holdings.spans("../yard", 0, EVER)


def test_a_single_frame_lasts_as_long_as_it_says(holdings: Holdings, tmp_path: Path) -> None:
    put_clip(tmp_path / "yard", frames(1))
    assert all_spans(holdings) == [(0, 1)]
