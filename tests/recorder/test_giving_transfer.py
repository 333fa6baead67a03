"""From a spare's archive into a recorder's folder: what is given, what is told, what is left."""

from dataclasses import replace
from datetime import UTC, datetime
import errno
import os
from pathlib import Path
import shutil

import pytest

from custom_components.nvr_hotspare.recorder.giving import transfer as transfer_module
from custom_components.nvr_hotspare.recorder.giving.lookout import look
from custom_components.nvr_hotspare.recorder.giving.model import (
    TransferProblem,
    TransferState,
)
from custom_components.nvr_hotspare.recorder.giving.naming import DATES
from custom_components.nvr_hotspare.recorder.giving.target import MARK, hold
from custom_components.nvr_hotspare.recorder.returned import returned
from custom_components.nvr_hotspare.recorder.spans import total
from tests.recorder.footage import START, decode, frames, indexed
from tests.recorder.giving_lab import RATE, SECOND, Site, clip, every, gops, seconds


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


# What is given


def test_a_gap_is_filled_with_all_frames_that_the_spare_holds(site: Site) -> None:
    site.store(0, 10)
    report = site.give(seconds(2, 7))

    assert report.state is TransferState.DONE, report.error
    assert site.numbers() == every(2, 7)
    assert (report.frames, report.overlap_frames, report.clips) == (125, 0, 1)
    assert (report.seconds, report.seconds_done, report.missing) == (5.0, 5.0, ())
    assert report.bytes == sum(path.stat().st_size for path in site.files())


def test_a_clip_has_the_groups_of_pictures_that_a_gap_is_in_and_tells_the_overlap(
    site: Site,
) -> None:
    site.store(0, 12, length=4)
    report = site.give(seconds(5.2, 9.6))

    assert site.numbers() == every(4, 12)
    assert report.overlap_frames == len(every(4, 5.2)) + len(every(9.6, 12))
    assert report.playing_time == pytest.approx(8.0)


def test_a_clock_that_is_off_by_less_than_half_a_frame_makes_no_overlap(site: Site) -> None:
    site.store(0, 10)
    report = site.give(seconds(2.003, 6.997), job="late")
    other = site.give(seconds(6.997, 8.003), job="early")

    assert site.numbers() == every(2, 8)
    assert (report.overlap_frames, other.overlap_frames) == (0, 0)


def test_a_clip_that_is_wholly_missing_is_copied_as_it_is(site: Site) -> None:
    path = site.store(0, 10)
    site.give(seconds(-5, 15))
    (given,) = site.files()
    assert given.read_bytes() == path.read_bytes()
    assert given.name == path.name


def test_a_file_is_as_old_as_its_footage(site: Site) -> None:
    site.store(0, 10)
    site.give(seconds(3, 7))
    (given,) = site.files()
    assert given.stat().st_mtime_ns == seconds(0, 7).end


def test_what_is_cut_plays_from_its_beginning_and_has_an_index(site: Site) -> None:
    site.store(0, 10)
    site.give(seconds(3, 7))
    (given,) = site.files()
    data = given.read_bytes()

    assert data == indexed(clip(gops(3, 7), following=gops(7, 8)[0][0].ticks))


async def test_what_is_cut_is_decoded_without_a_complaint(site: Site) -> None:
    site.store(0, 10)
    site.give(seconds(3, 7))
    (given,) = site.files()
    assert await decode(given) == (100, "")


def test_a_long_gap_is_filled_from_many_clips(site: Site) -> None:
    for begin in (0, 10, 20):
        site.store(begin, begin + 10)
    report = site.give(seconds(5, 25))

    assert site.numbers() == every(5, 25)
    assert report.clips == 3


def test_two_gaps_in_one_group_of_pictures_become_one_clip(site: Site) -> None:
    site.store(0, 12, length=4)
    report = site.give(seconds(1, 1.2), seconds(2, 2.2), seconds(6, 6.2))

    assert site.numbers() == every(0, 8)
    assert report.clips == 1


def test_gaps_that_are_apart_become_clips_of_their_own(site: Site) -> None:
    site.store(0, 10)
    report = site.give(seconds(1, 2), seconds(5, 6))
    assert site.numbers() == every(1, 2) + every(5, 6)
    assert report.clips == 2


def test_clips_that_overlap_on_the_spare_double_no_frame(site: Site) -> None:
    site.store(0, 10)
    site.store(6, 16)
    site.store(8, 12)
    report = site.give(seconds(0, 16))
    assert site.numbers() == every(0, 16)
    assert not report.missing


def test_what_the_spare_does_not_hold_is_told(site: Site) -> None:
    site.store(0, 5)
    site.store(8, 12)
    report = site.give(seconds(2, 15))

    assert report.state is TransferState.DONE
    assert report.missing == (seconds(5, 8), seconds(12, 15))
    assert report.seconds_done == report.seconds == 7.0


def test_of_very_many_missing_stretches_the_closest_are_told_as_one(site: Site) -> None:
    for begin in range(0, 160, 4):
        site.store(begin, begin + 2)
    report = site.give(seconds(0, 160))
    assert 0 < len(report.missing) <= 32
    assert total(report.missing) >= 80 * SECOND


def test_a_clip_that_is_still_written_is_given_up_to_its_last_whole_fragment(site: Site) -> None:
    opened = site.archive.open("yard", START)
    opened.write(clip(gops(0, 10))[:-100])
    report = site.give(seconds(2, 10))
    assert site.numbers() == every(2, 9)
    assert report.missing == (seconds(9, 10),)


def test_of_a_damaged_clip_is_given_what_can_be_read(site: Site) -> None:
    path = site.store(0, 10)
    site.store(10, 20)
    data = bytearray(path.read_bytes())
    place = data.index(b"moof", len(data) // 2)
    data[place : place + 4] = b"oops"
    path.write_bytes(data)
    report = site.give(seconds(0, 20))

    assert report.state is TransferState.DONE
    assert report.problem is TransferProblem.SOURCE_DAMAGED
    given = site.numbers()
    assert given == sorted({*given})
    assert {*every(0, 4), *every(10, 20)} <= {*given}
    assert round(total(report.missing) / SECOND) == 20 - len(given) // RATE


# What was given before


def test_the_same_job_again_gives_nothing_twice_and_tells_the_same(site: Site) -> None:
    site.store(0, 10)
    first = site.give(seconds(2.5, 7))
    assert site.give(seconds(2.5, 7)) == first
    assert site.numbers() == every(2, 7)


def test_what_is_no_longer_there_is_given_again(site: Site) -> None:
    site.store(0, 10)
    site.store(10, 20)
    site.give(seconds(2, 14))
    site.files()[0].unlink()
    site.give(seconds(2, 14))
    assert site.numbers() == every(2, 14)


def test_a_job_goes_on_with_more_gaps(site: Site) -> None:
    site.store(0, 10)
    site.give(seconds(2, 5))
    report = site.give(seconds(2, 5), seconds(5, 8))
    assert site.numbers() == every(2, 8)
    assert report.frames == 150


def test_what_was_only_begun_is_removed(site: Site) -> None:
    site.store(0, 10)
    transfer = site.transfer(site.request(seconds(2, 5)))
    place = site.folder / "recording-channel-1"
    place.mkdir()
    other = place / "2026-11-23T18-31-09.000000Z.mp4.01234567.partial"
    other.write_bytes(b"of another job")

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer_module, "copy", die)
        patch.setattr(Path, "unlink", lambda *_args, **_options: None)
        with pytest.raises(Killed):
            transfer.run()
    assert len(site.files()) == 2
    with other.open("rb") as file:
        hold(file)  # as its job does
        site.give(seconds(2, 5))
    assert site.numbers() == every(2, 5)
    assert [path for path in site.files() if path.suffix != ".mp4"] == [other]


def test_what_was_only_begun_is_no_obstacle_when_the_ledger_is_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.store(0, 10)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_args, **_options: None)
        patch.setattr(transfer_module, "copy", fail_to_write)
        site.give(seconds(2, 5))
    assert len(site.files()) == 1
    shutil.rmtree(site.state / "returns")
    assert site.give(seconds(2, 5)).state is TransferState.DONE
    assert site.files() == site.recordings()


def fail_to_write(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_what_nobody_goes_on_with_is_removed(site: Site) -> None:
    site.store(0, 10)
    place = site.folder / "recording-channel-1"
    place.mkdir()
    left, used, foreign = (
        place / name
        for name in ("a.mp4.01234567.partial", "b.mp4.01234567.partial", "c.mp4.partial")
    )
    for path in (left, used, foreign):
        path.write_bytes(b"left behind")
    with used.open("rb") as file:
        hold(file)
        site.give(seconds(2, 5))
    assert [path for path in site.files() if path.suffix != ".mp4"] == [used, foreign]


def test_in_the_hour_that_comes_twice_no_name_is_used_twice(tmp_path: Path) -> None:
    site = Site(tmp_path, DATES)
    site.target = replace(site.target, zone="Europe/Berlin")
    first = round(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()) - START // SECOND
    for begin in (first, first + 3600):
        opened = site.archive.open("yard", START + begin * SECOND)
        opened.write(clip([frames(RATE, 0, START + begin * SECOND)]))
        opened.close()
    report = site.give(*(seconds(begin, begin + 1) for begin in (first, first + 3600)))

    assert (report.state, report.missing) == (TransferState.DONE, ())
    names = [path.name for path in site.recordings()]
    assert names == ["02-30-00.mp4", "02-30-01.mp4"]
    assert total(look(site.target, seconds(first - 9, first + 9999)).spans) == 2 * SECOND


# The spare's own clips


def test_clips_are_returned_when_nothing_of_them_is_missing_any_more(site: Site) -> None:
    before, in_part, whole, beside = (site.store(at, at + 10) for at in (0, 10, 20, 30))
    site.give(seconds(15, 30), window=seconds(5, 38))

    assert returned(in_part.parent) & {p.name for p in (before, in_part, whole, beside)} == {
        in_part.name,
        whole.name,
    }


def test_a_clip_that_was_never_missing_is_returned_without_being_sent(site: Site) -> None:
    path = site.store(0, 10)
    report = site.give()
    assert report.state is TransferState.DONE
    assert path.name in returned(path.parent)
    assert not site.files()


def test_no_damaged_and_no_open_clip_is_returned(site: Site) -> None:
    path = site.store(0, 10)
    path.write_bytes(path.read_bytes()[:-10])
    opened = site.archive.open("yard", START + 10 * SECOND)
    opened.write(clip(gops(10, 12)))
    site.give(seconds(0, 12))
    assert not {path.name, opened.path.name, opened.path.stem} & returned(path.parent)


def test_nothing_is_returned_by_a_job_that_failed(site: Site) -> None:
    path = site.store(0, 10)
    (site.folder / MARK).unlink()
    site.give(seconds(0, 10))
    assert not returned(path.parent)
