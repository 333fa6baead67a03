"""The demo with recorders of Hikvision and of Dahua, emulated: each make as the spare of itself."""

from pathlib import Path
import re
from typing import Any

import pytest

from .demo import in_order, run_demo

PLACES = {"hikvision": (18144, 144), "dahua": (18143, 143)}
"""Port and subnet of the demo with each."""

pytestmark = pytest.mark.timeout(700)


@pytest.fixture(scope="module", params=PLACES)
def make(request: pytest.FixtureRequest) -> str:
    made: str = request.param
    return made


@pytest.fixture(scope="module")
def report(make: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of one run of the demo."""
    folder: Path = tmp_path_factory.mktemp("demo")
    report = run_demo(folder, *PLACES[make], "--spare", make, "--working", make)
    entries = folder / "demo" / "home-assistant" / ".storage" / "core.config_entries"
    told = re.findall(r'"driver":\s*"(\w+)"', entries.read_text(encoding="utf-8"))
    return report | {"drivers": told}


def test_of_what_make_all_recorders_are_is_found_out(report: dict[str, Any], make: str) -> None:
    assert (report["spare"], report["working"]) == (make, make)
    assert report["drivers"] == [make] * 3


def test_an_outage_is_noticed_and_every_camera_recorded_in_time(report: dict[str, Any]) -> None:
    for outage in (report, *report["later_outages"]):
        assert 0 < outage["noticed_s"] <= 10 + outage["starved_s"]
        assert len(outage["first_frame_s"]) == 4
        begun = [first - outage["backing_up_s"] for first in outage["first_frame_s"].values()]
        assert max(begun) <= 15 + outage["starved_s"]


def test_people_see_the_same_as_with_any_spare(report: dict[str, Any]) -> None:
    for outage in (report, *report["later_outages"]):
        assert in_order(outage["working_status"], "backing_up", "synchronizing", "recording")
        assert outage["automation_fired"]
        assert outage["others_disturbed"] == 0
        assert outage["spare_idle_after"]
    assert report["complaints"] == []


def test_the_nvr_has_all_of_its_footage_back_and_none_twice(report: dict[str, Any]) -> None:
    for outage in (report, *report["later_outages"]):
        assert outage["returned"]["missing_frames"] == 0
        assert outage["returned"]["duplicate_frames"] == 0
        assert outage["returned"]["bytes"] > 0
