"""A wrong password is not an outage: a device that comes back with one is there all the same."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import Identify, Record, Release
from custom_components.nvr_hotspare.failover.events import GiveBack, Identified, IdentityRefused
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Connection,
    Happening,
    Priority,
    Reason,
    Recording,
    WorkingDevice,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.view import next_deadline
from tests.failover.replay import SPARE, Replay, cameras, device, group

ONLINE, OFFLINE = Connection.ONLINE, Connection.OFFLINE
YES, UNKNOWN = Recording.YES, Recording.UNKNOWN
BACKING_UP = WorkingStatus.BACKING_UP
DAY = 86_400


@pytest.fixture
def site() -> Replay:
    return Replay(group(device("a"), device("b"), capacity=2)).calm().kill("a").obey()


def well_for(site: Replay, unit: str, seconds: float) -> Replay:
    """Let a device answer probes for a while, and never say who it is."""
    for _ in range(round(seconds / 300)):
        site.hear(unit, every=300)
        if Identify(unit) in site.commands:
            site.send(IdentityRefused(unit))
            site.commands.remove(Identify(unit))
    return site


def test_a_wrong_password_is_no_outage() -> None:
    """A device that answers each probe so is well, whatever it does not let us ask."""
    site = Replay(group(device("a"))).calm()
    well_for(site, "a", 2 * DAY)
    assert site.connection("a") is ONLINE
    assert site.commands == []


def test_a_wrong_password_shows_a_device_online_that_is_back(site: Replay) -> None:
    site.refuse("a")
    assert site.connection("a") is ONLINE
    assert site.status("a") is BACKING_UP, "make before break: nobody saw it record"


def test_a_wrong_password_gives_nothing_back(site: Replay) -> None:
    site.told_spare()
    well_for(site.refuse("a"), "a", DAY - 600).tell("a", YES)
    assert site.told_spare() == []
    assert site.device("a").backed_up == cameras("a")


def test_a_wrong_password_that_nobody_corrects_is_let_go_of_after_a_day(site: Replay) -> None:
    site.told_spare()
    well_for(site.refuse("a"), "a", DAY - 600)
    assert next_deadline(site.state) is not None
    site.wait(600)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    [returned] = site.said(Happening.RETURNED)
    assert returned.data["released_on_grace"] == [1, 2]
    assert site.connection("a") is ONLINE


def test_a_wrong_password_that_is_corrected_is_followed_by_an_ordinary_return(
    site: Replay,
) -> None:
    site.refuse("a").wait(5).commands.clear()
    site.hear("a")
    assert site.commands == [Identify("a")]
    site.send(Identified("a", same=True))
    site.tell("a", YES).obey()
    [returned] = site.said(Happening.RETURNED)
    assert returned.data["released_on_grace"] == []
    assert site.status("a") is WorkingStatus.RECORDING
    assert Identify("a") not in site.wait(60).hear("a").commands[1:]


def test_a_wrong_password_is_not_asked_about_with_each_heartbeat(site: Replay) -> None:
    site.refuse("a").commands.clear()
    site.hear("a", 4, every=1)
    assert Identify("a") not in site.commands


def test_a_wrong_password_may_be_that_of_another_machine(site: Replay) -> None:
    site.refuse("a").wait(5).hear("a")
    site.send(Identified("a", same=False))
    assert site.connection("a") is OFFLINE
    assert site.status("a") is BACKING_UP
    assert len(site.said(Happening.HEARTBEAT_LOST)) == 1, "it is the same outage"


def test_a_wrong_password_does_not_keep_a_device_from_dying_again(site: Replay) -> None:
    site.refuse("a").kill("a")
    assert site.connection("a") is OFFLINE
    assert site.device("a").backed_up == cameras("a")
    site.back("a").tell("a", YES)
    assert not site.state.devices["a"].outage.refused  # type: ignore[union-attr]  # it has one


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.NORMAL, Priority.LOW])
def test_a_wrong_password_makes_way_for_any_camera_without_a_place(priority: Priority) -> None:
    """Though its own cameras are the most important ones."""
    high = tuple(Channel(number=number, priority=Priority.HIGH) for number in (1, 2))
    other = (Channel(number=1, priority=priority),)
    devices = (WorkingDevice(unit="a", channels=high), WorkingDevice(unit="b", channels=other))
    site = Replay(group(*devices, capacity=2)).calm().kill("a").obey().refuse("a").kill("b")
    site.obey()
    assert site.device("b").backed_up == (Camera("b", 1),)
    assert site.device("a").backed_up == (Camera("a", 1),)
    site.hear("a").send(Identified("a", same=True))
    site.tell("a", YES).obey()
    [returned] = site.said(Happening.RETURNED)
    assert returned.data["displaced"] == [2]


def test_a_wrong_password_makes_way_before_a_low_camera_does() -> None:
    low = WorkingDevice(unit="b", channels=(Channel(number=1, priority=Priority.LOW),))
    site = Replay(group(device("a", 1), low, device("c", 1), capacity=2)).calm()
    site.kill("a").obey().refuse("a").kill("b").obey().kill("c").obey()
    assert site.device("b").backed_up == (Camera("b", 1),)
    assert site.device("c").backed_up == (Camera("c", 1),)
    assert site.device("a").backed_up == ()


def test_a_wrong_password_takes_no_place_anew(site: Replay) -> None:
    site.refuse("a").kill("b").obey()
    assert site.device("b").backed_up == cameras("b")
    site.back("b").tell("b", YES).obey().told_spare()
    well_for(site, "a", 600)
    assert not [told for told in site.told_spare() if isinstance(told, Record)]


def test_a_wrong_password_is_remembered_over_a_restart(site: Replay) -> None:
    site.refuse("a").restart()
    site.hear("a").hear("b").hear(SPARE).show()
    assert Identify("a") in site.commands
    site.told_spare()
    site.wait(600).hear("a")
    assert site.told_spare() == [], "the grace is not that of a device that is known"


def test_a_wrong_password_is_overruled_by_the_user(site: Replay) -> None:
    site.told_spare()
    site.refuse("a").wait(10).send(GiveBack("a"))
    assert site.told_spare() == []
    site.tell("a", YES)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_a_wrong_password_of_one_that_never_told_is_no_reason_to_hurry() -> None:
    site = Replay(group(device("a"))).hear("a").hear(SPARE).show({}).kill("a").obey()
    well_for(site.refuse("a"), "a", 900)
    assert site.device("a").backed_up == cameras("a")


def test_a_wrong_password_of_a_spare_leaves_it_offline(site: Replay) -> None:
    site.kill(SPARE).refuse(SPARE)
    assert site.connection(SPARE) is OFFLINE
    assert site.device("a").not_backed_up == dict.fromkeys(cameras("a"), Reason.SPARE_OFFLINE)


def test_a_wrong_password_leaves_a_camera_with_one_stream_to_the_spare() -> None:
    lonely = WorkingDevice(unit="a", channels=(Channel(number=1, single_stream=True),))
    site = Replay(replace(group(device("b")), devices=(lonely,))).calm().kill("a").obey()
    assert site.refuse("a").hear("a").device("a").backed_up == cameras("a", 1)
