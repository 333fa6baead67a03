"""Settings drift: what is provisioned follows the cameras that a unit has now."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import Provision, Unprovision
from custom_components.nvr_hotspare.failover.model import Channel, Priority
from tests.failover.replay import IDLE, SPARE, Replay, cameras, device, group


@pytest.fixture
def site() -> Replay:
    """A device with two cameras, which the spare is ready for."""
    site = Replay(group(device("a"), capacity=4)).calm()
    assert site.places == dict.fromkeys(cameras("a"), IDLE)
    return site


def test_drift_a_camera_that_is_added_is_provisioned(site: Replay) -> None:
    site.reconfigure(group(device("a", 3), capacity=4))
    assert site.told_spare() == [Provision(SPARE, cameras("a", [3]))]


def test_drift_a_camera_that_is_removed_makes_room(site: Replay) -> None:
    site.reconfigure(group(device("a", 1), capacity=4))
    assert site.told_spare() == [Unprovision(SPARE, cameras("a", [2]))]


def test_drift_a_camera_that_lost_its_own_source_is_provisioned_no_more(site: Replay) -> None:
    channels = (Channel(number=1), Channel(number=2, has_source=False))
    site.reconfigure(group(replace(device("a"), channels=channels), capacity=4))
    assert site.told_spare() == [Unprovision(SPARE, cameras("a", [2]))]


def test_drift_a_camera_that_became_more_important_takes_the_place_of_another() -> None:
    site = Replay(group(device("a", 3), capacity=2)).calm()
    assert set(site.places) == set(cameras("a", [1, 2]))
    high = Channel(number=3, priority=Priority.HIGH)
    channels = (Channel(number=1), Channel(number=2), high)
    site.reconfigure(group(replace(device("a"), channels=channels), capacity=2)).obey()
    assert set(site.places) == set(cameras("a", [1, 3]))


def test_drift_what_did_not_change_is_left_alone(site: Replay) -> None:
    site.reconfigure(group(device("a"), device("b", 1), capacity=4))
    assert site.told_spare() == [Provision(SPARE, cameras("b", 1))]
