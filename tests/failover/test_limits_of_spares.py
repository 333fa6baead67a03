"""What no spare can take is promised to nobody."""

from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Reason,
    WorkingDevice,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.protection import protection
from tests.failover.replay import Replay, cameras, device, group

FAST = WorkingDevice(unit="a", channels=(Channel(number=1, too_fast=True), Channel(number=2)))


def test_limits_a_camera_too_fast_for_every_spare_is_promised_to_nobody() -> None:
    site = Replay(group(FAST)).calm()
    assert site.device("a").spare_ready_reason is Reason.TOO_FAST
    assert protection(site.state).singles == {"a": (Camera("a", 1),)}
    assert protection(site.state).unproven == (Camera("a", 2),)


def test_limits_a_camera_too_fast_for_every_spare_is_left_out_of_a_takeover() -> None:
    site = Replay(group(FAST)).calm().kill("a").obey()
    assert site.status("a") is WorkingStatus.BACKING_UP
    assert site.device("a").not_backed_up == {Camera("a", 1): Reason.TOO_FAST}
    assert site.device("a").backed_up == (Camera("a", 2),)


def test_limits_a_spare_without_a_place_is_promised_nothing() -> None:
    site = Replay(group(device("a"), capacity=0)).calm()
    assert site.device("a").spare_ready_reason is Reason.NO_ROOM
    assert protection(site.state).singles == {"a": cameras("a")}
    site.kill("a").wait(1)
    assert site.status("a") is WorkingStatus.NOT_BACKED_UP
    assert site.spare.capacity == 0
