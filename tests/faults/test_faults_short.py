"""Each kind of fault once: what is dead is noticed in time, what is only in trouble is let live."""

import json
import subprocess
import sys
from typing import Any

import pytest

from scripts.lab.processes import ROOT
from tests.faults.kinds import OUTAGES

pytestmark = pytest.mark.timeout(700)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The report of a run that is as short as can be."""
    short = ["--trials", "4", "--devices", "4", "--loss-minutes", "0.75", "--json"]
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults.faults", *short],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout, run.stderr[-4000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("fault", OUTAGES)
def test_dead_and_hung_recorders_are_noticed_in_time(report: dict[str, Any], fault: str) -> None:
    detection = report["detection_s"][fault]
    assert detection["n"] == 1
    assert detection["worst"] <= OUTAGES[fault].within + report["starved_s"][fault]


def test_calm_nothing_is_taken_over_for_loss_latency_stalls_or_a_lost_name_server(
    report: dict[str, Any],
) -> None:
    troubles = {"loss", "latency", "stalls", "dns"}
    assert troubles <= report["trouble_minutes"].keys()
    assert not report["needless_by_fault"].keys() - {"switch"}


def test_isolation_of_home_assistant_is_no_outage_of_the_recorders(report: dict[str, Any]) -> None:
    assert report["trouble_minutes"]["switch"] > 0
    assert "switch" not in report["needless_by_fault"]


def test_everything_is_as_before_in_the_end(report: dict[str, Any]) -> None:
    assert report["not_recovered"] == 0
