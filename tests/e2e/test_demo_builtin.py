"""The demo with Home Assistant as the spare, which is killed while it backs up."""

from pathlib import Path
from typing import Any

import pytest

from .demo import in_order, run_demo
from .secrecy import ENTRIES, files_that_tell, passwords_of

PORT, SUBNET = 18125, 5

pytestmark = pytest.mark.timeout(700)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the run leaves behind is there."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    """The report of one run of the demo."""
    return run_demo(folder, PORT, SUBNET, "--spare", "builtin", "--kill-hass")


def test_no_frame_is_lost_to_the_death_of_a_recorder(report: dict[str, Any]) -> None:
    for outage in (report, *report["later_outages"]):
        assert set(outage["lost_frames"].values()) == {0}


def test_the_footage_begins_before_the_failure(report: dict[str, Any]) -> None:
    for outage in (report, *report["later_outages"]):
        assert len(outage["first_frame_s"]) == 4
        assert max(outage["first_frame_s"].values()) < 0


def test_a_kill_of_home_assistant_costs_the_spare_no_frame(report: dict[str, Any]) -> None:
    assert set(report["spare_lost_frames"].values()) == {0}


def test_people_see_the_same_as_with_any_spare(report: dict[str, Any]) -> None:
    for outage in (report, *report["later_outages"]):
        assert in_order(outage["working_status"], "backing_up", "synchronizing", "recording")
        assert outage["automation_fired"]
        assert outage["others_disturbed"] == 0
        assert outage["spare_idle_after"]


def test_the_nvr_has_all_of_its_footage_back_and_none_twice(report: dict[str, Any]) -> None:
    for outage in (report, *report["later_outages"]):
        assert outage["returned"]["missing_frames"] == 0
        assert outage["returned"]["duplicate_frames"] == 0
        assert outage["returned"]["bytes"] > 0


def test_home_assistant_complains_of_nothing(report: dict[str, Any]) -> None:
    assert report["complaints"] == []


@pytest.mark.usefixtures("report")
def test_what_is_left_of_it_holds_passwords_in_the_configuration_alone(folder: Path) -> None:
    passwords = passwords_of(folder / "demo" / "site")
    assert len(passwords) == 4
    assert files_that_tell(folder / "demo" / "home-assistant", passwords) == {ENTRIES}
    assert files_that_tell(folder / "demo" / "footage", passwords) == set()
