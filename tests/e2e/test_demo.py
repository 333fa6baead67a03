"""The demo reaches every step of both outages, within what the README promises."""

from pathlib import Path
from typing import Any

import pytest

from .demo import in_order, run_demo

PORT, SUBNET = 18123, 7


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of one run of the demo."""
    folder: Path = tmp_path_factory.mktemp("demo")
    return run_demo(folder, PORT, SUBNET)


@pytest.fixture(params=["first", "second"])
def outage(request: pytest.FixtureRequest, report: dict[str, Any]) -> dict[str, Any]:
    """Each outage of the run: the spare serves the second NVR as well as the first."""
    chosen: dict[str, Any] = report if request.param == "first" else report["later_outages"][0]
    return chosen


pytestmark = pytest.mark.timeout(700)


def test_the_report_tells_what_was_played(report: dict[str, Any]) -> None:
    assert report["spare"] == "onvif"
    assert report["channels"] == 4
    assert report["total_s"] - report["pressed_s"] <= 240


def test_an_outage_is_noticed_within_two_heartbeats(outage: dict[str, Any]) -> None:
    # What Home Assistant could have done in time on a machine with time for it.
    assert 0 < outage["noticed_s"] <= 10 + outage["starved_s"]


def test_the_spare_records_every_camera_as_soon_as_it_says_so(outage: dict[str, Any]) -> None:
    assert len(outage["first_frame_s"]) == 4
    for name, first in outage["first_frame_s"].items():
        # One camera has a key frame every 4 s only: a spare that joins later waits for it.
        patience = 4 if name == "Camera 8" else 2
        assert first <= outage["backing_up_s"] + patience


def test_only_the_frames_before_the_spare_began_are_lost(outage: dict[str, Any]) -> None:
    for name, first in outage["first_frame_s"].items():
        # From the kill to the spare's first frame; what the dead NVR had not yet written, too.
        assert outage["lost_frames"][name] <= (first + 2) * 25


def test_people_see_the_steps_in_order(outage: dict[str, Any]) -> None:
    assert in_order(outage["working_status"], "backing_up", "synchronizing", "recording")
    assert outage["automation_fired"]


def test_everything_else_goes_on_and_all_ends_as_before(outage: dict[str, Any]) -> None:
    assert outage["others_disturbed"] == 0
    assert outage["spare_idle_after"]


def test_the_nvr_has_all_of_its_footage_back_and_none_twice(outage: dict[str, Any]) -> None:
    returned = outage["returned"]
    assert returned["missing_frames"] == 0
    assert returned["duplicate_frames"] == 0
    # At each end of each camera's footage a group of pictures at most.
    assert returned["overlap_frames"] <= 2 * (3 * 25 + 100)
    assert returned["bytes"] > 0


def test_home_assistant_complains_of_nothing(report: dict[str, Any]) -> None:
    assert report["complaints"] == []
