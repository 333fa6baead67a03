"""What is deleted, what never, and what is told when room runs out."""

import os
from pathlib import Path
import threading
import time

import pytest

from custom_components.nvr_hotspare.recorder import storage as storage_module
from custom_components.nvr_hotspare.recorder.archive import MARK, Archive, mark
from custom_components.nvr_hotspare.recorder.disk import Disk
from custom_components.nvr_hotspare.recorder.errors import EngineBusyError
from custom_components.nvr_hotspare.recorder.orders import Settings
from custom_components.nvr_hotspare.recorder.report import StorageReport, StorageState
from custom_components.nvr_hotspare.recorder.returned import mark_returned, returned
from custom_components.nvr_hotspare.recorder.space import Space
from custom_components.nvr_hotspare.recorder.storage import Storage
from tests.recorder.footage import recording

DAY = 86_400_000_000_000
SIZE = 1000
ROOMY = Settings(free_floor=0)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    folder = tmp_path / "footage"
    mark(folder)
    return Archive(folder, marked=True)


def add(archive: Archive, channel: str, *, days_ago: float, size: int = SIZE) -> str:
    """Add a clip and return its name; what is in it is of no matter."""
    clip = archive.open(channel, time.time_ns() - round(days_ago * DAY))
    clip.write(b"x" * size)
    return clip.path.rename(clip.path.with_suffix("")).name


def names(archive: Archive, channel: str) -> list[str]:
    return [clip.path.name for clip in archive.clips(channel)]


def look(archive: Archive, settings: Settings = ROOMY, rate: float = 0.0) -> StorageReport:
    space = Space(archive)
    space.tidy(settings)
    return space.look(settings, rate)


def no_room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """Let the disk seem to have so many bytes free."""
    real = os.statvfs

    def statvfs(path: Path) -> os.statvfs_result:
        found = real(path)
        fields = list(found)
        fields[3] = fields[4] = free // found.f_frsize
        return os.statvfs_result(fields)

    monkeypatch.setattr(os, "statvfs", statvfs)


def test_all_is_well_where_there_is_room(archive: Archive) -> None:
    add(archive, "yard", days_ago=1)
    add(archive, "hall", days_ago=0)
    report = look(archive)

    assert (report.state, report.error, report.used) == (StorageState.OK, "", 2 * SIZE)
    assert report.total > report.free > 0


def test_footage_goes_when_its_days_are_over(archive: Archive) -> None:
    add(archive, "yard", days_ago=7.1)
    kept = [add(archive, "yard", days_ago=6.9), add(archive, "yard", days_ago=0)]
    look(archive, Settings(free_floor=0, days=7))

    assert names(archive, "yard") == kept


def test_without_promised_days_footage_stays_for_ever(archive: Archive) -> None:
    kept = [add(archive, "yard", days_ago=4000)]
    look(archive)

    assert names(archive, "yard") == kept


def test_over_the_limit_the_oldest_returned_footage_goes_first(archive: Archive) -> None:
    old = [add(archive, "yard", days_ago=day) for day in (9, 8, 7)]
    new = [add(archive, "hall", days_ago=day) for day in (6, 5, 4)]
    mark_returned(archive.folder / "yard", old[1:])
    mark_returned(archive.folder / "hall", new)
    report = look(archive, Settings(free_floor=0, space_limit=3 * SIZE))

    assert names(archive, "yard") == old[:1]
    assert names(archive, "hall") == new[1:]
    assert (report.state, report.used) == (StorageState.OK, 3 * SIZE)


def test_footage_neither_returned_nor_over_its_days_is_reported_and_never_deleted(
    archive: Archive,
) -> None:
    kept = [add(archive, "yard", days_ago=day) for day in (3, 2, 1)]
    report = look(archive, Settings(free_floor=0, space_limit=SIZE, days=7))

    assert names(archive, "yard") == kept
    assert report.state is StorageState.FULL_SOON
    assert "limit" in report.error


def test_returned_footage_stays_while_there_is_room(archive: Archive) -> None:
    kept = add(archive, "yard", days_ago=3)
    mark_returned(archive.folder / "yard", [kept])
    look(archive, Settings(free_floor=0, space_limit=10 * SIZE))

    assert names(archive, "yard") == [kept]


def test_at_the_floor_nothing_is_written_until_there_is_more_than_a_little_room(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [add(archive, "yard", days_ago=1)]
    floor = 1 << 30
    settings, space = Settings(free_floor=floor), Space(archive)
    found = []
    for free in (floor + (1 << 20), floor - (1 << 20), floor + (1 << 20), floor + (65 << 20)):
        with monkeypatch.context() as patch:
            no_room(patch, free)
            found.append(space.look(settings, 0.0).state)

    assert found == [StorageState.OK, StorageState.FULL, StorageState.FULL, StorageState.OK]
    assert names(archive, "yard") == kept


def test_returned_footage_makes_room_at_the_floor(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = add(archive, "yard", days_ago=2)
    kept = add(archive, "yard", days_ago=1)
    mark_returned(archive.folder / "yard", [gone])
    no_room(monkeypatch, 1 << 20)
    look(archive, Settings(free_floor=1 << 30))

    assert names(archive, "yard") == [kept]


def test_a_disk_that_will_be_full_within_the_hour_is_told(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room(monkeypatch, 8 << 30)
    settings = Settings(free_floor=1 << 30)

    assert look(archive, settings, rate=2_000_000).state is StorageState.OK
    assert look(archive, settings, rate=2_500_000).state is StorageState.FULL_SOON


def test_what_is_being_written_is_not_deleted(archive: Archive) -> None:
    clip = archive.open("yard", time.time_ns() - 9 * DAY)
    clip.write(b"x")
    look(archive, Settings(free_floor=0, days=1))

    assert clip.path.exists()


def test_a_folder_without_its_mark_is_gone(archive: Archive) -> None:
    (archive.folder / MARK).unlink()
    report = Space(archive).look(ROOMY, 0.0)

    assert report.state is StorageState.UNAVAILABLE
    assert "gone" in report.error
    with pytest.raises(OSError, match="gone"):
        archive.open("yard", time.time_ns())


def test_a_missing_folder_is_never_made(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "share", marked=True)
    with pytest.raises(OSError, match="gone"):
        archive.open("yard", time.time_ns())

    assert not archive.folder.exists()


def test_deleting_a_channel_takes_its_footage_and_nobody_elses(archive: Archive) -> None:
    clip = add(archive, "yard", days_ago=1)
    mark_returned(archive.folder / "yard", [clip])
    add(archive, "hall", days_ago=1)
    (archive.folder / "hall" / "notes.txt").write_text("mine")
    space = Space(archive)
    space.delete("yard")
    space.delete("hall")

    assert not (archive.folder / "yard").exists()
    assert [path.name for path in (archive.folder / "hall").iterdir()] == ["notes.txt"]


def test_marks_survive_a_line_cut_short(tmp_path: Path) -> None:
    mark_returned(tmp_path, ["a.mp4", "b.mp4"])
    with (tmp_path / ".returned").open("a") as file:
        file.write("\nc.m")
    mark_returned(tmp_path, ["d.mp4", "bad\nname"])

    assert {"a.mp4", "b.mp4", "d.mp4"} <= returned(tmp_path)
    assert not {"c.mp4", "bad", "name"} & returned(tmp_path)


# The storage as the engine sees it


async def test_a_disk_that_is_gone_refuses_writing_until_it_is_back(archive: Archive) -> None:
    disk = Disk()
    storage = Storage(archive, disk, ROOMY)
    await storage.look()
    assert disk.refusal == ""
    (archive.folder / MARK).rename(archive.folder / "away")
    await storage.look()
    assert storage.report.state is StorageState.UNAVAILABLE
    with pytest.raises(OSError, match="gone"):
        await disk.write(lambda: None)
    (archive.folder / "away").rename(archive.folder / MARK)
    await storage.look()

    assert (storage.report.state, disk.refusal) == (StorageState.OK, "")
    disk.shutdown()


async def test_files_left_open_on_a_disk_that_was_away_are_closed_when_it_is_back(
    archive: Archive,
) -> None:
    disk = Disk()
    (archive.folder / MARK).rename(archive.folder / "away")
    storage = Storage(archive, disk, ROOMY)
    await storage.look()
    left = archive.folder / "yard" / "2026-11-23T18-31-00.000000Z.mp4.open"
    left.parent.mkdir()
    left.write_bytes(recording(2)[:-10])
    (archive.folder / "away").rename(archive.folder / MARK)
    await storage.start()

    assert [clip.open for clip in archive.clips("yard")] == [False]
    assert storage.holding == {"yard"}
    disk.shutdown()


async def test_a_file_that_could_not_be_closed_is_closed_at_the_next_look(
    archive: Archive,
) -> None:
    disk = Disk()
    storage = Storage(archive, disk, ROOMY)
    await storage.start()
    left = archive.folder / "yard" / "2026-11-23T18-31-00.000000Z.mp4.open"
    left.parent.mkdir()
    left.write_bytes(recording(2))
    archive.leave_open(left, OSError(5, "Input/output error"))
    await storage.start()

    assert [clip.open for clip in archive.clips("yard")] == [False]
    assert archive.left_open == ""
    disk.shutdown()


async def test_two_engines_never_write_into_one_folder(archive: Archive) -> None:
    disk = Disk()
    first, second = Storage(archive, disk, ROOMY), Storage(archive, disk, ROOMY)
    await first.look()
    with pytest.raises(EngineBusyError):
        await second.look()
    await first.look()

    disk.shutdown()


async def test_a_disk_that_does_not_answer_is_told(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_module, "_PATIENCE", 0.05)
    answer = threading.Event()
    look = Space.look

    def hang(space: Space, settings: Settings, rate: float) -> StorageReport:
        answer.wait(10)
        return look(space, settings, rate)

    monkeypatch.setattr(Space, "look", hang)
    disk = Disk()
    storage = Storage(archive, disk, ROOMY)
    for _ in range(2):
        await storage.look()
        assert storage.report.state is StorageState.UNAVAILABLE
        assert "does not answer" in storage.report.error
    answer.set()
    monkeypatch.setattr(storage_module, "_PATIENCE", 10.0)
    await storage.look()

    assert (storage.report.state, disk.refusal) == (StorageState.OK, "")
    disk.shutdown()
