"""The Working Status of a device that answers."""

import pytest

from custom_components.nvr_hotspare.failover.model import Recording, WorkingStatus
from tests.failover.replay import Replay, device, group

YES, NO, UNKNOWN = Recording.YES, Recording.NO, Recording.UNKNOWN
NOT_SCHEDULED = Recording.NOT_SCHEDULED
RECORDING, NO_RECORD = WorkingStatus.RECORDING, WorkingStatus.NO_RECORD
UNVERIFIED = WorkingStatus.UNVERIFIED


@pytest.fixture
def site() -> Replay:
    return Replay(group(device("a")))


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ((YES, YES), RECORDING),
        ((YES, NOT_SCHEDULED), RECORDING),
        ((NOT_SCHEDULED, NOT_SCHEDULED), UNVERIFIED),
        ((UNKNOWN, UNKNOWN), UNVERIFIED),
        ((YES, UNKNOWN), UNVERIFIED),
        ((YES, NO), UNVERIFIED),
    ],
)
def test_what_is_told_first(
    site: Replay, told: tuple[Recording, Recording], status: WorkingStatus
) -> None:
    site.tell("a", *told)
    assert site.status("a") is status


def test_a_device_that_told_nothing_yet_is_unverified(site: Replay) -> None:
    assert site.status("a") is UNVERIFIED


def test_a_camera_not_recorded_for_a_while_is_no_record(site: Replay) -> None:
    site.tell("a", YES)
    for _ in range(6):
        site.tell("a", NO, YES)
        assert site.status("a") is RECORDING
        site.wait(10)
    site.tell("a", NO, YES)
    assert site.status("a") is NO_RECORD
    site.tell("a", YES, YES)
    assert site.status("a") is RECORDING


def test_a_short_interruption_changes_nothing(site: Replay) -> None:
    site.tell("a", YES)
    for _ in range(10):
        site.tell("a", NO, YES).wait(50).tell("a", YES, YES).wait(5)
        assert site.status("a") is RECORDING


def test_nothing_told_for_long_proves_nothing(site: Replay) -> None:
    site.tell("a", YES).wait(59)
    assert site.status("a") is RECORDING
    site.wait(1)
    assert site.status("a") is UNVERIFIED


def test_one_old_no_proves_nothing(site: Replay) -> None:
    site.tell("a", YES).tell("a", NO).wait(3600)
    assert site.status("a") is UNVERIFIED


def test_a_suspected_device_keeps_its_status(site: Replay) -> None:
    site.tell("a", YES).hear("a").miss("a", 10)
    assert site.status("a") is RECORDING


def test_the_view_tells_since_when(site: Replay) -> None:
    site.wait(20).tell("a", YES).wait(10).tell("a", YES)
    assert site.device("a").since == site.now - 10
