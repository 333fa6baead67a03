"""What goes wrong while footage is given back: told, and nothing half done is left behind."""

import errno
from io import FileIO
import os
from pathlib import Path
import threading
from typing import Any, BinaryIO

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.giving import copying, transfer as transfer_module
from custom_components.nvr_hotspare.recorder.giving.model import (
    TransferProblem,
    TransferReport,
    TransferState,
)
from custom_components.nvr_hotspare.recorder.giving.pace import Pace
from custom_components.nvr_hotspare.recorder.giving.pieces import Piece
from custom_components.nvr_hotspare.recorder.giving.target import MARK
from custom_components.nvr_hotspare.recorder.returned import returned
from tests.recorder.giving_lab import Site, every, numbers, seconds


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def failed(report: TransferReport, problem: TransferProblem) -> bool:
    return report.state is TransferState.FAILED and report.problem is problem


def spoil(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so many copies have a wrong byte."""
    real, left = copying.copy, [times]

    def copy(
        source: BinaryIO, piece: Piece, file: FileIO, pace: Pace, stop: threading.Event
    ) -> None:
        real(source, piece, file, pace, stop)
        if left[0]:
            left[0] -= 1
            os.pwrite(file.fileno(), b"?", file.seek(0, os.SEEK_END) - 1000)

    monkeypatch.setattr(transfer_module, "copy", copy)


def test_a_copy_that_reads_otherwise_is_made_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.store(0, 10)
    spoil(1, monkeypatch)
    report = site.give(seconds(2, 5))
    assert report.state is TransferState.DONE
    assert site.numbers() == every(2, 5)


def test_a_header_that_reads_otherwise_is_noticed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.store(0, 10)
    real = copying.copy

    def copy(source: BinaryIO, piece: Piece, file: FileIO, *rest: Any) -> None:
        real(source, piece, file, *rest)
        assert piece.whole
        os.pwrite(file.fileno(), b"?", piece.start - 20)

    monkeypatch.setattr(transfer_module, "copy", copy)
    assert failed(site.give(seconds(0, 10)), TransferProblem.NOT_VERIFIED)


def test_copies_that_always_read_otherwise_are_not_given(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site.store(0, 10)
    spoil(99, monkeypatch)
    report = site.give(seconds(0, 10))
    assert failed(report, TransferProblem.NOT_VERIFIED)
    assert not site.files()
    assert not returned(path.parent)


def test_a_folder_without_its_mark_is_another_one(site: Site) -> None:
    site.store(0, 10)
    (site.folder / MARK).unlink()
    assert failed(site.give(seconds(2, 5)), TransferProblem.FOLDER_GONE)
    assert list(site.folder.iterdir()) == []


def test_a_folder_that_is_gone_is_never_made(site: Site) -> None:
    site.store(0, 10)
    (site.folder / MARK).unlink()
    site.folder.rmdir()
    assert failed(site.give(seconds(2, 5)), TransferProblem.FOLDER_GONE)
    assert not site.folder.exists()


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (errno.ENOSPC, TransferProblem.FOLDER_FULL),
        (errno.EDQUOT, TransferProblem.FOLDER_FULL),
        (errno.EROFS, TransferProblem.FOLDER_READ_ONLY),
        (errno.EACCES, TransferProblem.FOLDER_DENIED),
        (errno.ESTALE, TransferProblem.FOLDER_GONE),
        (errno.EIO, TransferProblem.FOLDER_FAILED),
    ],
)
def test_a_disk_that_fails_amid_a_copy_leaves_nothing_behind(
    site: Site, monkeypatch: pytest.MonkeyPatch, number: int, problem: TransferProblem
) -> None:
    site.store(0, 10)
    site.give(seconds(2, 3))

    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "copy_file_range", fail)
        report = site.give(seconds(2, 3), seconds(5, 8))
    assert failed(report, problem)
    assert report.error.endswith(".")
    assert site.numbers() == every(2, 3)
    assert len(site.files()) == 1

    assert site.give(seconds(2, 3), seconds(5, 8)).state is TransferState.DONE
    assert site.numbers() == every(2, 3) + every(5, 8)


def test_a_system_that_does_not_copy_by_itself_is_no_obstacle(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.store(0, 10)

    def refuse(*_: object) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "copy_file_range", refuse)
    site.give(seconds(2, 8))
    assert site.numbers() == every(2, 8)


def test_what_the_recorder_needs_itself_stays_free(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.store(0, 10)
    real = os.statvfs

    def statvfs(path: Path) -> os.statvfs_result:
        fields = list(real(path))
        fields[3] = fields[4] = 1
        return os.statvfs_result(fields)

    monkeypatch.setattr(os, "statvfs", statvfs)
    assert failed(site.give(seconds(2, 5)), TransferProblem.FOLDER_FULL)
    assert not site.files()


def test_a_ledger_that_cannot_be_kept_is_told(site: Site) -> None:
    site.store(0, 10)
    (site.state / "returns").write_text("no folder")
    assert failed(site.give(seconds(2, 5)), TransferProblem.ENGINE_FAILED)
    assert not site.files()


def test_a_spare_whose_disk_is_gone_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.store(0, 10)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Archive, "clips", fail)
    assert failed(site.give(seconds(2, 5)), TransferProblem.SOURCE_LOST)


def test_a_link_that_leads_elsewhere_is_not_followed(site: Site, tmp_path: Path) -> None:
    site.store(0, 10)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (site.folder / "recording-channel-1").symlink_to(elsewhere)
    assert failed(site.give(seconds(2, 5)), TransferProblem.FOLDER_DENIED)
    assert list(elsewhere.iterdir()) == []


def test_a_name_that_is_taken_is_not_taken_away(site: Site) -> None:
    site.store(0, 10)
    site.give(seconds(2, 5))
    (given,) = site.files()
    given.write_bytes(b"the device's own")
    site.give(seconds(2, 5))

    assert given.read_bytes() == b"the device's own"
    (other,) = [path for path in site.files() if path != given]
    assert numbers([other]) == every(2, 5)


def test_too_many_files_of_the_same_time_are_told(site: Site) -> None:
    site.store(0, 10)
    site.give(seconds(2, 5))
    (given,) = site.files()
    for number in range(100):
        name = given.name.replace("123456Z", f"{123456 + number}Z")
        given.with_name(name).write_bytes(b"the device's own")
    assert failed(site.give(seconds(2, 5)), TransferProblem.NAME_TAKEN)


def test_a_job_that_is_ended_leaves_nothing_half_done(site: Site) -> None:
    site.store(0, 60)
    pace = Pace()
    pace.bandwidth = 200_000
    transfer = site.transfer(site.request(seconds(0, 60)), pace)
    thread = threading.Thread(target=transfer.run)
    thread.start()
    transfer.stop()
    thread.join(10)

    assert not thread.is_alive()
    assert transfer.report.state is TransferState.WAITING
    assert not site.files()
