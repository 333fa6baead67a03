"""Spares that record though the device answers: it does not record, the user says so, a drill."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import Record, Release
from custom_components.nvr_hotspare.failover.events import Drill, GiveBack, StorageFailed, TakeOver
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Connection,
    Group,
    Happening,
    Reason,
    Recording,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.view import Phase, watch_pace
from tests.failover.replay import SPARE, Replay, cameras, device, group

YES, NO, UNKNOWN = Recording.YES, Recording.NO, Recording.UNKNOWN
ONE, TWO = cameras("a")


def covering(*, covers: bool = True) -> Group:
    a = device("a", gives_back=True)
    return group(replace(a, covers_no_record=covers), device("b"))


@pytest.fixture
def site() -> Replay:
    """A device of which spares take the channels that it does not record."""
    return Replay(covering()).calm()


def fail(site: Replay, *told: Recording, seconds: int = 60) -> None:
    """Let a device tell the same for a while."""
    site.tell("a", *told)
    for _ in range(seconds // 10):
        site.wait(10).hear("a").tell("a", *told)


def test_no_record_is_told_once_when_it_is_proven_for_long_enough() -> None:
    site = Replay(covering(covers=False)).calm()
    fail(site, NO, YES, seconds=50)
    assert not site.said(Happening.NO_RECORD)
    fail(site, NO, YES, seconds=100)
    (told,) = site.said(Happening.NO_RECORD)
    assert told.data == {"channels": [1], "not_recorded_for": 60}
    assert site.status("a") is WorkingStatus.NO_RECORD
    assert site.told_spare() == [], "nobody turned it on"


def test_no_record_of_another_channel_is_told_too() -> None:
    site = Replay(covering(covers=False)).calm()
    fail(site, NO, YES)
    fail(site, NO, NO)
    assert [told.data["channels"] for told in site.said(Happening.NO_RECORD)] == [[1], [1, 2]]


def test_no_record_is_told_again_after_it_was_recorded() -> None:
    site = Replay(covering(covers=False)).calm()
    for _ in range(2):
        fail(site, NO, YES)
        site.tell("a", YES)
    assert len(site.said(Happening.NO_RECORD)) == 2


def test_no_record_is_not_told_again_after_a_restart(site: Replay) -> None:
    fail(site, NO, YES)
    site.restart().hear("a").show().obey()
    fail(site, NO, YES, seconds=100)
    assert len(site.said(Happening.NO_RECORD)) == 1
    assert site.device("a").backed_up == (ONE,)


def test_no_record_takes_over_just_these_channels(site: Replay) -> None:
    fail(site, NO, YES)
    assert site.told_spare() == [Record(SPARE, (ONE,))]
    site.obey()
    assert site.connection("a") is Connection.ONLINE
    assert site.status("a") is WorkingStatus.BACKING_UP
    assert site.device("a").backed_up == (ONE,)
    assert not site.said(Happening.HEARTBEAT_LOST)


def test_no_record_gives_back_when_seen_recording_again_and_not_before(site: Replay) -> None:
    fail(site, NO, YES)
    site.obey().told_spare()
    fail(site, NO, YES, seconds=600)
    fail(site, UNKNOWN, YES, seconds=600)
    assert site.told_spare() == []
    site.tell("a", YES)
    assert site.told_spare() == [Release(SPARE, (ONE,))]
    site.obey()
    assert site.status("a") is WorkingStatus.RECORDING
    (told,) = site.said(Happening.RETURNED)
    assert told.data["cause"] == "no_record"
    assert len(site.state.devices["a"].owed) == 1


def test_no_record_of_a_failed_disk_counts_at_once(site: Replay) -> None:
    site.send(StorageFailed("a"))
    assert site.status("a") is WorkingStatus.NO_RECORD
    assert site.told_spare() == [Record(SPARE, cameras("a"))]


@pytest.mark.parametrize("told", [UNKNOWN, Recording.NOT_SCHEDULED])
def test_no_record_is_not_what_is_unscheduled_or_unknown(site: Replay, told: Recording) -> None:
    fail(site, told, told, seconds=600)
    assert site.commands == []


def test_no_record_without_room_is_named(site: Replay) -> None:
    site.reconfigure(replace(site.state.group, spares=()))
    fail(site, NO, YES)
    assert site.device("a").not_backed_up == {ONE: Reason.NO_SPARE}
    assert site.status("a") is WorkingStatus.NO_RECORD
    site.tell("a", YES)
    assert site.device("a").outage_since is None


def test_no_record_and_then_silence_is_an_outage_of_all(site: Replay) -> None:
    fail(site, NO, YES)
    site.obey().told_spare()
    site.kill("a")
    assert site.told_spare() == [Record(SPARE, (TWO,))]
    assert len(site.said(Happening.HEARTBEAT_LOST)) == 1
    site.obey().back("a").tell("a", YES).obey()
    assert len(site.said(Happening.RETURNED)) == 1
    assert site.device("a").phase is Phase.SYNCHRONIZING


def test_manual_take_over_lasts_until_the_user_gives_back(site: Replay) -> None:
    site.send(TakeOver("a"))
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    assert site.device("a").phase is Phase.TAKING_OVER
    site.obey().wait(3600).hear("a").tell("a", YES)
    assert site.told_spare() == []
    assert site.device("a").phase is Phase.BACKING_UP
    assert watch_pace(site.state, "a") == watch_pace(site.state, SPARE) == 10
    assert site.device("a").backed_up == cameras("a")
    site.send(GiveBack("a"))
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    assert site.device("a").outage_since is None


def test_manual_take_over_outlives_a_restart(site: Replay) -> None:
    site.send(TakeOver("a"))
    site.obey().told_spare()
    site.restart().hear("a").show().tell("a", YES).wait(600)
    assert site.told_spare() == []
    assert site.device("a").backed_up == cameras("a")


def test_manual_give_back_makes_before_it_breaks(site: Replay) -> None:
    site.send(TakeOver("a"))
    site.obey().told_spare()
    site.tell("a", NO, YES)
    site.send(GiveBack("a"))
    assert site.told_spare() == [Release(SPARE, (TWO,))]


def test_manual_give_back_ends_a_hold_down() -> None:
    of = covering()
    site = Replay(replace(of, timing=replace(of.timing, flap_memory=3600))).calm()
    for _ in range(2):
        site.kill("a").obey().back("a").tell("a", YES).obey()
    assert site.status("a") is WorkingStatus.BACKING_UP
    site.send(GiveBack("a"))
    site.obey()
    assert site.device("a").outage_since is None


def test_manual_words_about_a_dead_device_change_nothing(site: Replay) -> None:
    site.kill("a").obey().told_spare()
    for said in (TakeOver("a"), GiveBack("a"), Drill("a"), TakeOver("stranger"), GiveBack("b")):
        site.send(said)
    assert site.told_spare() == []
    site.back("a").tell("a", YES).obey()
    assert site.device("a").outage_since is None


def test_manual_drill_measures_a_takeover_and_ends_by_itself(site: Replay) -> None:
    site.send(Drill("a"))
    site.now += 2
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    site.obey()
    (told,) = site.said(Happening.DRILLED)
    assert told.data["first_confirmed_after"] == {"1": 2, "2": 2}
    assert told.data["not_backed_up"] == {}
    assert [told.happening for told in site.commands if hasattr(told, "happening")] == [
        Happening.DRILLED
    ]
    assert site.device("a").outage_since is None
    assert site.device("a").owed_windows == 0
    assert site.spare.channels_in_use == 0


def test_manual_drill_names_what_was_not_recorded_in_time(site: Replay) -> None:
    site.send(Drill("a"))
    site.fail().wait(10).fail()
    (told,) = site.said(Happening.DRILLED)
    assert told.data["not_backed_up"] == {"1": "spare_fails", "2": "spare_fails"}


def test_manual_drill_that_meets_an_outage_becomes_one(site: Replay) -> None:
    site.send(Drill("a"))
    site.kill("a").obey()
    assert site.status("a") is WorkingStatus.BACKING_UP
    assert len(site.said(Happening.HEARTBEAT_LOST)) == 1
    site.back("a").tell("a", YES).obey()
    assert len(site.said(Happening.RETURNED)) == 1
    assert not site.said(Happening.DRILLED)


def test_manual_drill_needs_a_device_that_is_well(site: Replay) -> None:
    site.miss("a")
    site.send(Drill("a"))
    assert site.told_spare() == []


def test_manual_take_over_displaces_no_more_than_an_outage() -> None:
    site = Replay(group(device("a"), device("b"), capacity=2)).calm().kill("b").obey()
    site.send(TakeOver("a"))
    assert site.device("a").not_backed_up == dict.fromkeys(cameras("a"), Reason.NO_ROOM)
    assert site.device("b").backed_up == cameras("b")
    assert Camera("a", 1) not in site.state.spares[SPARE].held
