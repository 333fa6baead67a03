"""Two engines and one group, each on a host of its own, one of which is cut off."""

import json
import subprocess
import sys
from typing import Any

import pytest

from scripts.lab.processes import ROOT

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The report of a run with few cameras."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults.faults"),
            *("--engines", "--channels", "2", "--json"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout, run.stderr[-4000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_cameras_are_spread_over_the_engines_by_what_they_have_room_for(
    report: dict[str, Any],
) -> None:
    assert report["capacity"] == [3, 4]
    assert report["spread"] == [[1, 2], [3, 4]]


def test_the_cameras_of_a_machine_that_is_cut_off_move_to_the_other_engine(
    report: dict[str, Any],
) -> None:
    assert report["moved"] == [1, 2]
    assert report["lost_frames"] == 0


def test_what_only_that_machine_recorded_is_given_back_when_it_is_there_again(
    report: dict[str, Any],
) -> None:
    assert report["collected_frames"] > 0
    assert report["missing_frames"] == 0
    assert report["returned"] == [1, 1]
