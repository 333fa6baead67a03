"""Home Assistant dies a few times during outages: somebody decides, and never two."""

import json
import subprocess
import sys
from typing import Any

import pytest

from scripts.lab.processes import ROOT

PORT, SUBNET = 18133, 34
TRIALS, DEVICES = 3, 2

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a run that is as short as can be; what it says is shown with a failure."""
    short = ["--away", "--trials", str(TRIALS), "--devices", str(DEVICES), "--json"]
    folder = tmp_path_factory.mktemp("away") / "away"
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults.faults", *short),
            *("--port", str(PORT), "--subnet", str(SUBNET), "--folder", str(folder)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    print(run.stderr)
    assert run.stdout
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_home_assistant_dies_as_often_as_asked_for_and_both_have_their_turns(
    report: dict[str, Any],
) -> None:
    assert report["trials"] == TRIALS
    assert report["outages"] == DEVICES
    assert report["decided"]["home_assistant"] >= 2


def test_there_are_never_two_who_decide_for_an_engine(report: dict[str, Any]) -> None:
    assert report["two_deciders"] == 0


def test_there_is_always_one_but_for_the_silence_that_is_allowed(report: dict[str, Any]) -> None:
    assert 0 < report["longest_without_decider_s"] <= report["limit_s"] == 25


def test_an_outage_is_reported_once(report: dict[str, Any]) -> None:
    wrong = ("reports_missing", "reports_unfinished", "reports_doubled", "reports_needless")
    assert {name: report[name] for name in wrong} == dict.fromkeys(wrong, 0)


def test_warm_spares_lose_no_frame_and_give_all_of_it_back(report: dict[str, Any]) -> None:
    assert report["spare_lost_frames"] == {f"Camera {n}": 0 for n in range(1, DEVICES + 1)}
    assert report["returned_missing_frames"] == 0
