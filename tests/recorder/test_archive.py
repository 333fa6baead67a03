"""The files on disk, whatever happened to those who wrote them."""

import errno
import os
from pathlib import Path
import subprocess
import sys

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.errors import ArchiveError
from tests.recorder.footage import START, decode, indexed, recording

NAME = "2026-11-23T18-31-00.123456Z.mp4"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "recordings")


def names(archive: Archive, channel: str = "yard") -> list[str]:
    return sorted(path.name for path in (archive.folder / channel).iterdir())


def test_a_file_gets_its_name_when_it_is_closed(archive: Archive) -> None:
    clip = archive.open("yard", START)
    clip.write(b"footage")
    assert names(archive) == [NAME + ".open"]
    assert [(c.start, c.open) for c in archive.clips("yard")] == [(START // 1000 * 1000, True)]
    path = clip.close()
    assert path == archive.folder / "yard" / NAME
    assert path.read_bytes() == b"footage"
    assert [(c.path, c.open) for c in archive.clips("yard")] == [(path, False)]


def test_clips_come_in_the_order_of_their_times(archive: Archive) -> None:
    for second in (3, 1, 2):
        clip = archive.open("yard", START + second * 1_000_000_000)
        clip.write(b"x")
        clip.close()
    starts = [clip.start for clip in archive.clips("yard")]
    assert starts == sorted(starts)
    assert len(starts) == 3


def test_no_file_is_ever_overwritten(archive: Archive) -> None:
    contents = [b"first", b"second", b"third"]
    clips = []
    for content in contents:
        clip = archive.open("yard", START)
        clip.write(content)
        clips.append(clip)
    foreign = archive.folder / "yard" / NAME
    foreign.write_bytes(b"put there by somebody else")
    for clip in clips:
        clip.close()
    found = [clip.path.read_bytes() for clip in archive.clips("yard")]
    assert sorted(found) == sorted([*contents, b"put there by somebody else"])
    assert foreign.read_bytes() == b"put there by somebody else"


def test_a_file_nothing_was_written_to_leaves_no_trace(archive: Archive) -> None:
    assert archive.open("yard", START).close() is None
    assert names(archive) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../yard", "a/b", "/yard", ".yard", "yard\0", "a b", "ä", "x" * 129]
)
def test_a_channel_is_no_path(archive: Archive, name: str) -> None:
    with pytest.raises(ArchiveError):
        archive.open(name, START)
    with pytest.raises(ArchiveError):
        archive.clips(name)
    assert not archive.folder.exists()


def test_other_files_and_folders_are_left_alone(archive: Archive, tmp_path: Path) -> None:
    archive.open("yard", START).write(b"x")
    folder = archive.folder / "yard"
    for name in ("notes.txt", "2026-02-31T00-00-00.000000Z.mp4", NAME + ".partial"):
        (folder / name).write_bytes(b"x")
    (folder / "2026-11-23T18-32-00.000000Z.mp4").mkdir()
    (archive.folder / ".trash").mkdir()
    (archive.folder / "link").symlink_to(tmp_path)
    assert [clip.path.name for clip in archive.clips("yard")] == [NAME + ".open"]
    assert archive.channels() == ["yard"]


def test_an_archive_without_a_folder_is_empty(archive: Archive) -> None:
    assert archive.channels() == []
    assert archive.clips("yard") == Archive(archive.folder).recover() == []


async def test_what_a_killed_engine_left_open_plays_after_recovery(archive: Archive) -> None:
    archive.open("yard", START).write(recording(3)[:-100])
    (recovered,) = Archive(archive.folder).recover()
    assert (recovered.path.name, recovered.open) == (NAME, False)
    assert recovered.path.read_bytes() == indexed(recording(2))
    assert await decode(recovered.path) == (50, "")
    assert Archive(archive.folder).recover() == []


def test_a_recovered_file_loses_the_zeros_that_a_power_cut_leaves(archive: Archive) -> None:
    archive.open("yard", START).write(recording(2) + bytes(5000))
    (recovered,) = Archive(archive.folder).recover()
    assert recovered.path.read_bytes() == indexed(recording(2))


@pytest.mark.parametrize("size", [0, 20, 700])
def test_an_open_file_without_a_fragment_is_removed(archive: Archive, size: int) -> None:
    clip = archive.open("yard", START)
    clip.write(recording(1)[:size])
    assert Archive(archive.folder).recover() == []
    assert names(archive) == []


def test_an_open_file_that_is_not_ours_is_kept_aside(archive: Archive) -> None:
    archive.open("yard", START).write(b"something else entirely")
    assert Archive(archive.folder).recover() == []
    assert names(archive) == [NAME + ".damaged"]
    assert archive.clips("yard") == []


def test_a_file_that_cannot_be_closed_keeps_no_other_open(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for channel in ("hall", "yard"):
        archive.open(channel, START).write(recording(1))
    again = Archive(archive.folder)
    fsync = os.fsync

    def fail_once(_: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail_once)
    assert [clip.path.parent.name for clip in again.recover()] == ["yard"]
    assert again.left_open == "A recording can't be closed: Input/output error."
    assert [clip.path.parent.name for clip in again.recover()] == ["hall"]
    assert again.left_open == ""


def test_half_a_fragment_is_cut_off_when_the_file_is_closed(archive: Archive) -> None:
    clip = archive.open("yard", START)
    clip.write(recording(2))
    with clip.path.open("ab") as file:  # what a write leaves that fails, and whose undoing fails
        file.write(b"half a fragment")
    path = clip.close()
    assert path is not None
    assert path.read_bytes() == indexed(recording(2))


def test_recovery_does_not_touch_closed_files(archive: Archive) -> None:
    clip = archive.open("yard", START)
    clip.write(b"cut off long ago")
    path = clip.close()
    Archive(archive.folder).recover()
    assert path is not None
    assert path.read_bytes() == b"cut off long ago"


def test_a_full_disk_leaves_no_half_fragment(archive: Archive) -> None:
    """In a child, whose files may not grow beyond 1000 bytes."""
    program = f"""
import resource, signal
from pathlib import Path
from custom_components.nvr_hotspare.recorder.archive import Archive
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
clip = Archive(Path({str(archive.folder)!r})).open("yard", {START})
clip.write(b"a" * 900)
try:
    clip.write(b"b" * 900)
except OSError as error:
    print(error.errno)
clip.write(b"c" * 50)
clip.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) == errno.EFBIG
    (clip,) = archive.clips("yard")
    assert clip.path.read_bytes() == b"a" * 900 + b"c" * 50
