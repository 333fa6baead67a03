"""Devices that get their cameras back only when the user says so, or at their time."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import Record, Release
from custom_components.nvr_hotspare.failover.events import Configured, Drill, GiveBack, TakeOver
from custom_components.nvr_hotspare.failover.model import Group, Recording, WorkingStatus
from custom_components.nvr_hotspare.failover.view import Phase
from tests.failover.replay import SPARE, Replay, cameras, device, group

YES, NO, UNKNOWN = Recording.YES, Recording.NO, Recording.UNKNOWN
NORMAL = group(device("a"), device("b"))


def holding(of: Group, *, back: bool = True) -> Group:
    return replace(of, devices=tuple(replace(it, holds_back=back) for it in of.devices))


@pytest.fixture
def site() -> Replay:
    """A device that was down and is back, and whose cameras a spare records."""
    site = Replay(holding(NORMAL)).calm().kill("a").obey().wait(30)
    site.told_spare()
    return site.back("a")


def test_a_device_that_records_again_is_backed_up_until_the_user_says_so(site: Replay) -> None:
    site.tell("a", YES).wait(3600).tell("a", YES)
    assert site.told_spare() == []
    assert site.status("a") is WorkingStatus.BACKING_UP
    site.send(GiveBack("a"))
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    assert site.device("a").phase is Phase.WATCHING


@pytest.mark.parametrize("told", [NO, UNKNOWN])
def test_neither_its_grace_nor_its_silence_gives_anything_back(
    site: Replay, told: Recording
) -> None:
    site.tell("a", told).wait(7200).hear("a").tell("a", told)
    assert site.told_spare() == []


def test_make_before_break_counts_from_when_the_user_says_so(site: Replay) -> None:
    site.tell("a", NO).wait(600).send(GiveBack("a"))
    site.tell("a", NO).wait(30)
    assert site.told_spare() == []
    site.tell("a", YES)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_when_its_time_has_come_it_is_given_back_to(site: Replay) -> None:
    site.tell("a", YES).wait(600).tell("a", YES)
    site.send(Configured(NORMAL))
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_what_the_user_said_counts_for_one_return(site: Replay) -> None:
    site.tell("a", NO).send(GiveBack("a"))
    site.kill("a").obey().wait(30)
    site.told_spare()
    site.back("a").tell("a", YES).wait(600).tell("a", YES)
    assert site.told_spare() == []


def test_what_it_records_itself_makes_room_for_another_outage() -> None:
    site = Replay(holding(group(device("a"), device("b"), capacity=2))).calm()
    site.kill("a").obey().wait(30)
    site.back("a").tell("a", YES)
    site.told_spare()
    site.kill("b")
    sent = site.told_spare()
    assert Release(SPARE, cameras("a")) in sent
    site.obey()
    told = [*sent, *site.told_spare()]
    assert any(isinstance(it, Record) and it.cameras == cameras("b") for it in told)


@pytest.mark.parametrize("wish", [TakeOver("a"), Drill("a")])
def test_what_the_user_began_ends_as_ever(wish: TakeOver | Drill) -> None:
    site = Replay(holding(NORMAL)).calm()
    site.send(wish)
    site.obey().wait(15).tell("a", YES)
    if isinstance(wish, TakeOver):
        site.send(GiveBack("a"))
    site.tell("a", YES).wait(1)
    assert any(isinstance(it, Release) for it in site.told_spare())
