"""The verifier finds what is wrong with a recording, and nothing where nothing is."""

import json
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.model import CLOCK_RATE, VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from tests.recorder.footage import recording, small_clip
from virtual_nvr.stamp import FRAME_RATE, Stamp, build, checksum, time_of
from virtual_nvr.verify import Report, VerifyError, count, missing, verify
from virtual_nvr.verify_command import main

FIRST = 44_886_530_000
"""A frame number of November 2026."""


def frame(number: int, *, camera: int = 1, late: int = 0, spoilt: bool = False) -> VideoFrame:
    """Return a frame as a camera sends it; `late` is an error of the recorder's clock, in ns."""
    clip = small_clip()
    slices = clip.frames[number % len(clip.frames)]
    stamp = build(Stamp(camera, number, time_of(number), checksum(slices) ^ spoilt))
    return VideoFrame(
        nal_units=[stamp, *slices],
        time=time_of(number) + late,
        ticks=number * CLOCK_RATE // FRAME_RATE,
        key=number % clip.gop == 0,
    )


def store(path: Path, frames: list[VideoFrame], cut: int = 0) -> Path:
    """Write frames, ten to a fragment, and leave out the last bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = FragmentWriter(small_clip().tracks)
    parts = [writer.header()]
    parts += [writer.fragment(frames[n : n + 10], None) for n in range(0, len(frames), 10)]
    data = b"".join(parts)
    path.write_bytes(data[: len(data) - cut])
    return path


def some(*numbers: int) -> list[VideoFrame]:
    return [frame(FIRST + number) for number in numbers]


def runs(value: tuple[range, ...]) -> list[tuple[int, int]]:
    return [(run[0] - FIRST, run[-1] - FIRST) for run in value]


def report_on(path: Path) -> Report:
    (report,) = verify([path]).values()
    return report


def test_a_faultless_recording_has_no_faults(tmp_path: Path) -> None:
    report = report_on(store(tmp_path / "a.mp4", some(*range(100))))
    assert runs(report.present) == [(0, 99)]
    assert report.missing == report.doubled == report.damaged == ()
    assert report.out_of_order == report.clock_error == 0
    assert (report.first, report.last) == (time_of(FIRST), time_of(FIRST + 99))


def test_missing_frames_are_named(tmp_path: Path) -> None:
    report = report_on(store(tmp_path / "a.mp4", some(*range(5), *range(7, 20), 30)))
    assert runs(report.missing) == [(5, 6), (20, 29)]
    assert count(report.missing) == 12


def test_doubled_frames_are_named_within_and_across_files(tmp_path: Path) -> None:
    store(tmp_path / "a" / "a.mp4", some(0, 1, 2, 2, 3))
    store(tmp_path / "b" / "b.mp4", some(3, 4, 5))
    report = report_on(tmp_path)
    assert runs(report.doubled) == [(2, 3)]
    assert runs(report.present) == [(0, 5)]
    assert report.out_of_order == 0


def test_frames_out_of_order_are_counted(tmp_path: Path) -> None:
    assert report_on(store(tmp_path / "a.mp4", some(0, 2, 1, 3))).out_of_order == 1


def test_a_frame_whose_picture_was_spoilt_is_missing(tmp_path: Path) -> None:
    frames = [frame(FIRST + n, spoilt=n == 4) for n in range(10)]
    report = report_on(store(tmp_path / "a.mp4", frames))
    assert runs(report.damaged) == runs(report.missing) == [(4, 4)]


def test_the_worst_error_of_the_recorders_clock_is_told(tmp_path: Path) -> None:
    frames = [frame(FIRST + n, late=-3_000_000 if n < 10 else 1_000_000) for n in range(20)]
    assert report_on(store(tmp_path / "a.mp4", frames)).clock_error == 3_000_000


def test_open_files_count_up_to_their_last_whole_fragment(tmp_path: Path) -> None:
    store(tmp_path / "a.mp4.open", some(*range(30)), cut=1)
    (tmp_path / "b.mp4.open").write_bytes(b"")
    assert runs(report_on(tmp_path).present) == [(0, 19)]


def test_cameras_are_reported_apart(tmp_path: Path) -> None:
    for camera in (2, 1):
        frames = [frame(FIRST + n, camera=camera) for n in range(camera * 10)]
        store(tmp_path / str(camera) / "a.mp4", frames)
    assert {number: count(r.present) for number, r in verify([tmp_path]).items()} == {1: 10, 2: 20}


def test_only_the_asked_time_counts(tmp_path: Path) -> None:
    store(tmp_path / "a.mp4", some(*range(20, 30)))
    reports = verify([tmp_path], time_of(FIRST + 15), time_of(FIRST + 25))
    assert runs(reports[1].present) == [(20, 24)]
    assert runs(reports[1].missing) == [(15, 19)]


def test_frames_in_neither_of_two_folders_are_missing(tmp_path: Path) -> None:
    store(tmp_path / "nvr" / "a.mp4", some(*range(10)))
    store(tmp_path / "spare" / "a.mp4", some(*range(12, 30)))
    folders = [tmp_path / "nvr", tmp_path / "spare"]
    window = (time_of(FIRST + 5), time_of(FIRST + 32))
    assert runs(missing(folders, 1, *window)) == [(10, 11), (30, 31)]
    assert runs(missing(folders, 7, *window)) == [(5, 31)]


def test_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    path = store(tmp_path / "a.mp4", some(0, 1))
    assert verify([path, tmp_path, tmp_path / "."])[1].doubled == ()


def test_a_frame_number_from_nowhere_costs_no_memory(tmp_path: Path) -> None:
    report = report_on(store(tmp_path / "a.mp4", [frame(0), frame(10**12)]))
    assert [run.stop - run.start for run in report.missing] == [10**12 - 1]


def test_what_cannot_be_checked_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "plain.mp4").write_bytes(recording(1))
    with pytest.raises(VerifyError, match=r"plain\.mp4 .* no stamp"):
        verify([tmp_path])
    (tmp_path / "plain.mp4").write_bytes(b"x" * 100)
    with pytest.raises(VerifyError, match=r"plain\.mp4"):
        verify([tmp_path])
    with pytest.raises(VerifyError, match="not there"):
        verify([tmp_path / "nowhere"])


def test_the_command_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path / "a.mp4", some(*range(5)))
    assert main([str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["1"]
    assert report["present"] == {"frames": 5, "runs": [[FIRST, FIRST + 4]]}
    assert report["last_ns"] == time_of(FIRST + 4)


def test_the_command_fails_where_frames_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(tmp_path / "a.mp4", some(*range(5), 7))
    assert main([str(tmp_path)]) == 1
    assert f"2 missing ({FIRST + 5}-{FIRST + 6})" in capsys.readouterr().out
    assert main([str(tmp_path), "--to", str(time_of(FIRST + 5) / 1e9)]) == 0
    assert main([str(tmp_path), "--from", "2027-01-01T00:00:00Z"]) == 1
    assert main([str(tmp_path / "nowhere")]) == 2
