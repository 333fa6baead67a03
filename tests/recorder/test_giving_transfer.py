"""From a spare's archive into a recorder's folder: what is given, what is told, what is left."""

from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.giving.model import TransferState
from tests.recorder.giving_lab import RATE, SECOND, Site, seconds


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def every(begin: float, end: float) -> list[int]:
    return list(range(round(begin * RATE), round(end * RATE)))


def test_a_gap_is_filled_with_all_frames_that_the_spare_holds(site: Site) -> None:
    site.store(0, 10)
    report = site.give(seconds(2, 7))

    assert report.state is TransferState.DONE, report.error
    assert site.numbers() == every(2, 7)
    assert (report.frames, report.overlap_frames, report.clips) == (125, 0, 1)
    assert (report.seconds, report.seconds_done, report.missing) == (5.0, 5.0, ())
    assert report.bytes == sum(path.stat().st_size for path in site.files())
