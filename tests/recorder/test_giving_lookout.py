"""What a recorder's folder is found to hold, and whether it is of use."""

from datetime import UTC, datetime
from io import BytesIO
import os
from pathlib import Path
import random
import time

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.archive import mark
from custom_components.nvr_hotspare.recorder.giving import isomedia
from custom_components.nvr_hotspare.recorder.giving.inspection import inspect
from custom_components.nvr_hotspare.recorder.giving.lookout import look
from custom_components.nvr_hotspare.recorder.giving.model import (
    Covered,
    Target,
    TransferError,
    TransferProblem,
)
from custom_components.nvr_hotspare.recorder.giving.naming import DATES, MEDIAMTX
from custom_components.nvr_hotspare.recorder.giving.target import MARK
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.recorder.footage import START, recording, run
from tests.recorder.giving_lab import SECOND, Site, clip, gops, seconds

HOUR = 3_600 * SECOND
ALL = seconds(-1000, 1000)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def place(folder: Path, name: str, data: bytes, written: int = 0) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if written:
        os.utime(path, ns=(written, written))
    return path


async def film(folder: Path, *options: str) -> bytes:
    """Return 4 s of another program's recording."""
    path = folder / "film.mp4"
    source = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=4")
    code, _, errors = await run("ffmpeg", "-v", "error", *source, *options, path)
    assert code == 0, errors
    return path.read_bytes()


# What there is


def test_our_own_recordings_are_known_to_the_frame(site: Site) -> None:
    site.record(0, 10)
    site.record(10, 20)
    site.record(25, 30)
    site.record(0, 99, channel="recording-channel-2")
    assert look(site.target, ALL) == Covered(spans=(seconds(0, 20), seconds(25, 30)))


def test_only_what_was_asked_for_is_told(site: Site) -> None:
    site.record(0, 10)
    assert look(site.target, seconds(3.5, 5)).spans == (seconds(3.5, 5),)
    assert look(site.target, seconds(10, 12)).spans == ()


def test_a_recording_that_began_before_counts_unless_it_ended_before(site: Site) -> None:
    path = site.record(0, 10)
    assert look(site.target, seconds(8, 12)).spans == (seconds(8, 10),)
    os.utime(path, ns=(START - 3600 * SECOND,) * 2)
    assert look(site.target, seconds(8, 12)).spans == ()


def test_a_pause_within_a_recording_is_one(site: Site) -> None:
    data = clip([*gops(0, 3), *gops(7, 9)])
    place(site.folder, "recording-channel-1/2026-11-23T18-31-00.123456Z.mp4", data)
    assert look(site.target, ALL).spans == (seconds(0, 3), seconds(7, 9))


def test_what_a_recorder_is_still_writing_counts_as_far_as_it_can_be_read(site: Site) -> None:
    data = clip(gops(0, 5))
    name = "recording-channel-1/2026-11-23T18-31-00.123456Z.mp4.open"
    place(site.folder, name, data[:-10])
    assert look(site.target, ALL) == Covered(spans=(seconds(0, 4),))


def test_what_is_not_whole_counts_for_nothing(site: Site) -> None:
    name = "recording-channel-1/2026-11-23T18-31-00.123456Z.mp4.01234567.partial"
    place(site.folder, name, clip(gops(0, 5)))
    assert look(site.target, ALL) == Covered()


def test_what_is_no_file_is_not_read(site: Site) -> None:
    folder = site.folder / "recording-channel-1"
    folder.mkdir()
    os.mkfifo(folder / "2026-11-23T18-31-00.123456Z.mp4")
    (folder / "2026-11-23T18-32-00.123456Z.mp4").mkdir()
    assert look(site.target, ALL) == Covered()


def test_what_can_not_be_read_is_told(site: Site) -> None:
    name = "recording-channel-1/2026-11-23T18-31-00.123456Z.mp4"
    place(site.folder, name, b"\0\0\0\1 no film at all")
    assert look(site.target, ALL) == Covered(unknown=(name,))


def test_a_damaged_recording_counts_as_far_as_it_can_be_read_and_is_told(site: Site) -> None:
    path = site.record(0, 10)
    data = bytearray(path.read_bytes())
    at = data.index(b"moof", len(data) // 2)
    data[at : at + 4] = b"oops"
    path.write_bytes(data)
    found = look(site.target, ALL)
    assert found.unknown == ("recording-channel-1/2026-11-23T18-31-00.123456Z.mp4",)
    assert len(found.spans) == 1
    assert found.spans[0].start == START
    assert found.spans[0].length < 10 * SECOND


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-g", "10"),
        ("-movflags", "frag_keyframe+empty_moov", "-g", "7"),
        ("-movflags", "faststart", "-video_track_timescale", "90000"),
    ],
)
async def test_other_programs_recordings_are_known_by_name_and_length(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    data = await film(tmp_path, *options)
    target = Target(folder=str(tmp_path / "m"), template=MEDIAMTX, channel=1, name="cams/yard")
    place(tmp_path, "m/cams/yard/2026-11-23_18-31-00-500000.mp4", data)
    begin = START - START % (60 * SECOND) + SECOND // 2
    assert look(target, ALL).spans == (Span(begin, begin + 4 * SECOND),)


async def test_of_a_growing_recording_counts_what_is_there(tmp_path: Path) -> None:
    data = await film(tmp_path, "-movflags", "frag_keyframe+empty_moov", "-g", "10")
    target = Target(folder=str(tmp_path / "m"), template=DATES, channel=1, name="yard")
    place(tmp_path, "m/yard/2026-11-23/18-31-00.mp4", data[: data.rindex(b"moof") + 100])
    begin = START - START % (60 * SECOND)
    assert look(target, ALL).spans == (Span(begin, begin + 3 * SECOND),)


async def test_in_the_hour_that_comes_twice_the_file_tells_which_one_it_is(tmp_path: Path) -> None:
    data = await film(tmp_path)
    target = Target(
        folder=str(tmp_path / "m"), template=DATES, zone="Europe/Berlin", channel=1, name="yard"
    )
    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()) * SECOND
    for begin in (first, first + HOUR):
        place(tmp_path, "m/yard/2026-10-25/02-30-00.mp4", data, written=begin + 5 * SECOND)
        assert look(target, Span(first - HOUR, first + 2 * HOUR)).spans == (
            Span(begin, begin + 4 * SECOND),
        )


def test_a_folder_that_is_gone_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    target = Target(folder=str(tmp_path / "gone"), template=DATES, channel=1, name="yard")
    with pytest.raises(FileNotFoundError):
        look(target, ALL)


def test_a_target_without_sense_is_refused(site: Site) -> None:
    with pytest.raises(TransferError):
        look(Target(folder=str(site.folder), template="x", channel=1), ALL)


@given(number=st.integers(0, 2**32))
def test_no_file_is_too_strange(number: int) -> None:
    whole = bytearray(recording(1))
    source = random.Random(number)
    for _ in range(20):
        whole[source.randrange(2000)] = source.randrange(256)
    length = isomedia.length(BytesIO(whole))
    assert length is None or 0 < length <= 7 * 24 * HOUR


def test_a_fragment_may_tell_of_more_samples_than_it_has() -> None:
    whole = recording(1).replace(b"trun\0\0\x07\x01\0\0\0\x19", b"trun\0\0\x07\x01\xff\xff\xff\xff")
    length = isomedia.length(BytesIO(whole))
    assert length is not None
    assert length >= SECOND


# Whether it is of use


def test_a_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "device"
    folder.mkdir()
    now = time.time_ns()
    name = datetime.fromtimestamp(now // SECOND, UTC).strftime("yard/%Y-%m-%d/%H-%M-%S.mp4")
    place(folder, name, recording(1))
    before = sorted(folder.rglob("*"))
    target = Target(folder=str(folder), template=DATES, channel=1, name="yard")
    found = inspect(target, tmp_path / "footage", mark=False)

    assert (found.problem, found.error, found.links) == (None, "", True)
    assert (found.recognised, found.newest) == (1, now // SECOND * SECOND)
    assert found.total > found.free > 0
    assert sorted(folder.rglob("*")) == before


def test_it_is_marked_if_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "device"
    folder.mkdir()
    target = Target(folder=str(folder), template=DATES, channel=1, name="yard")
    assert not inspect(target, tmp_path / "footage", mark=True).error
    assert [path.name for path in folder.iterdir()] == [MARK]


@pytest.mark.parametrize("inner", ["", "below"])
def test_the_spares_own_footage_is_no_recorders_folder(tmp_path: Path, inner: str) -> None:
    own = tmp_path / "footage"
    mark(own)
    (own / "below").mkdir()
    for folder, archive in ((own / inner, tmp_path / "another"), (tmp_path, own)):
        target = Target(folder=str(folder), template=DATES, channel=1, name="yard")
        assert inspect(target, archive, mark=True).problem is TransferProblem.FOLDER_DENIED


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    target = Target(folder=str(tmp_path / "gone"), template=DATES, channel=1, name="yard")
    found = inspect(target, tmp_path / "footage", mark=True)
    assert found.problem is TransferProblem.FOLDER_GONE
    assert not (tmp_path / "gone").exists()


def test_a_path_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    target = Target(folder="somewhere", template=DATES, channel=1, name="yard")
    assert inspect(target, tmp_path, mark=True).problem is TransferProblem.FOLDER_GONE


def test_a_file_system_without_links_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "device"
    folder.mkdir()

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    target = Target(folder=str(folder), template=DATES, channel=1, name="yard")
    found = inspect(target, tmp_path / "footage", mark=False)
    assert (found.error, found.links) == ("", False)
    assert list(folder.iterdir()) == []
