"""What is told of an outage that is over, and of who recorded in it."""

from typing import Any

import pytest

from custom_components.nvr_hotspare.failover.commands import Record
from custom_components.nvr_hotspare.failover.model import Camera
from custom_components.nvr_hotspare.footage.covers import covers_told, lacks_told, present_cover
from custom_components.nvr_hotspare.footage.timeline import Cover, Lack
from custom_components.nvr_hotspare.reports.account import account
from custom_components.nvr_hotspare.settings.unit import ChannelConfig
from tests.failover.replay import Replay, device, group

TITLES = {"SPARE": "Attic"}
CHANNELS = [ChannelConfig(number=number, name=f"Camera {number}", source=None) for number in (1, 2)]
KEPT: dict[str, Any] = {
    "since": 1000.0,
    "cause": "silence",
    "spares": ["Attic"],
    "noticed_after": 8.0,
    "backing_up_after": 8.5,
    "offline_for": 60.0,
    "first_confirmed_after": {"1": 8.5},
    "not_backed_up": {"2": "no_room"},
    "ended": "1970-01-01T00:17:55.000+00:00",  # 75 s after it
    "footage": "media-source://nvr_hotspare/group/NVR-1",
}
RETURNED = KEPT | {
    "spares": ["SPARE"],
    "first_frame_after": {"1": -2.0},
    "synchronized": "1970-01-01T00:18:00.000+00:00",
    "footage_returned": 62.0,
    "channels": {
        "1": {
            "missing_seconds": 1.5,
            "not_recovered": [
                {
                    "from": "1970-01-01T00:16:42.000+00:00",
                    "to": "1970-01-01T00:16:43.500+00:00",
                    "reason": "damaged",
                }
            ],
        }
    },
}


def test_what_was_lost_is_what_passed_before_the_spare_recorded() -> None:
    told = account(KEPT, CHANNELS, TITLES)
    assert told["cameras"] == [
        {"number": 1, "name": "Camera 1", "lost": 8.5},
        {"number": 2, "name": "Camera 2", "lost": None, "reason": "no_room"},
    ]
    assert (told["ended"], told["synchronized"], told["spares"]) == (1075.0, None, ["Attic"])
    assert told["footage"] == KEPT["footage"]


def test_what_was_compared_is_told_exactly() -> None:
    told = account(RETURNED, CHANNELS, TITLES)
    assert told["cameras"][0] == {"number": 1, "name": "Camera 1", "lost": 1.5}
    assert (told["synchronized"], told["footage_returned"]) == (1080.0, 62.0)
    assert told["spares"] == ["Attic"]


def test_a_footage_that_begins_before_the_outage_loses_nothing() -> None:
    report = {key: value for key, value in RETURNED.items() if key != "channels"}
    assert account(report, CHANNELS, TITLES)["cameras"][0]["lost"] == 0.0


def test_spares_cover_from_their_first_frame_until_they_let_go() -> None:
    assert covers_told([KEPT], 1, TITLES) == [Cover(start=1008.5, end=1075.0, by="Attic")]
    assert covers_told([RETURNED], 1, TITLES) == [
        Cover(start=998.0, end=1075.0, by="Attic", returned=True)
    ]
    assert covers_told([KEPT], 2, TITLES) == []


def test_an_outage_of_which_only_the_first_frames_are_known_covers_nothing() -> None:
    assert covers_told([{"since": 1000.0, "first_frame_after": {"1": 3.0}}], 1, TITLES) == []


def test_what_is_proven_lost_is_known_where_footage_was_given_back() -> None:
    assert lacks_told([KEPT, RETURNED], 1) == [
        Lack(start=1000.0, end=1075.0, lost=[(1002, 1003.5)])
    ]
    assert lacks_told([RETURNED], 2) == []


@pytest.fixture
def backed_up() -> Replay:
    """A group whose only device is away; the spare records its cameras."""
    site = Replay(group(device("a"))).calm().kill("a")
    assert any(isinstance(command, Record) for command in site.told_spare())
    return site.obey()


def test_a_spare_covers_now_from_when_it_was_seen_recording(backed_up: Replay) -> None:
    camera, found = Camera("a", 1), backed_up.state.devices["a"]
    assert found.outage is not None
    confirmed = found.outage.confirmed[camera]
    assert present_cover(found, camera, None, "Attic") == Cover(
        start=confirmed, end=None, by="Attic"
    )
    earlier = present_cover(found, camera, confirmed - 20, "Attic")
    assert earlier == Cover(start=confirmed - 20, end=None, by="Attic")


def test_nothing_is_covered_while_nothing_happens() -> None:
    calm = Replay(group(device("a"))).calm().state.devices["a"]
    assert present_cover(calm, Camera("a", 1), None, "Attic") is None
