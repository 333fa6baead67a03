"""An engine that is killed at any step of giving footage back, and what the next one does."""

from collections.abc import Iterator
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from custom_components.nvr_hotspare.recorder.giving.model import TransferState
from custom_components.nvr_hotspare.recorder.giving.target import hold
from custom_components.nvr_hotspare.recorder.returned import returned
from tests.recorder.giving_child import GAPS, STEPS
from tests.recorder.giving_lab import RATE, Site, numbers, seconds

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    for begin in (0, 10, 20):
        site.store(begin, begin + 10)
    return site


def kills() -> Iterator[tuple[str, int]]:
    for step in STEPS:
        yield f"-{step}", 1
        yield step, 1
    yield "copy", 2
    yield "note", 3
    yield "-publish", 2


def kill(site: Site, step: str, number: int) -> None:
    """Have a job be killed at a step."""
    child = (sys.executable, "-W", "ignore", "-m", "tests.recorder.giving_child")
    process = subprocess.run(
        (*child, site.folder.parent, step, str(number)),
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()


@pytest.mark.parametrize(("step", "number"), kills())
def test_after_a_kill_no_frame_is_missing_or_doubled(site: Site, step: str, number: int) -> None:
    kill(site, step, number)
    assert {*numbers(site.recordings())} <= {*range(2 * RATE, 28 * RATE)}

    report = site.give(*(seconds(*gap) for gap in GAPS))
    assert report.state is TransferState.DONE, report.error
    assert site.numbers() == [*range(2 * RATE, 7 * RATE), *range(12 * RATE, 28 * RATE)]
    assert site.files() == site.recordings()
    assert (report.clips, report.frames) == (3, 21 * RATE)
    clips = site.archive.clips("yard")
    assert returned(clips[0].path.parent) >= {clip.path.name for clip in clips}


def test_what_a_killed_job_has_begun_is_removed_by_another_one(site: Site) -> None:
    kill(site, "copy", 1)
    (left,) = site.files()
    with left.open("rb") as file:
        hold(file)  # as one that is being written
        site.give(seconds(0, 1), job="job-2")
        assert left.exists()
    site.give(seconds(1, 2), job="job-3")
    assert site.files() == site.recordings()
