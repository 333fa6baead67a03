"""How a device gets its cameras back, and what is told of its outage."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import Record, Release
from custom_components.nvr_hotspare.failover.events import CommandEnded
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Connection,
    Happening,
    Reason,
    Recording,
    Timing,
    WorkingDevice,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.view import Phase
from tests.failover.replay import IDLE, RECORDS, SPARE, START, WAITS, Replay, cameras, device, group

YES, NO, UNKNOWN = Recording.YES, Recording.NO, Recording.UNKNOWN
BACKING_UP = WorkingStatus.BACKING_UP
ONE, TWO = cameras("a")


@pytest.fixture
def site() -> Replay:
    """Two devices, of which one is down and backed up."""
    site = Replay(group(device("a"), device("b"))).calm().kill("a").obey().wait(30)
    site.told_spare()
    return site


def test_make_before_break_the_spare_records_on_until_the_device_is_seen_recording(
    site: Replay,
) -> None:
    site.back("a")
    assert site.connection("a") is Connection.ONLINE
    assert site.device("a").phase is Phase.RETURNING
    site.tell("a", NO).wait(20).tell("a", NO)
    assert site.told_spare() == []
    assert site.status("a") is BACKING_UP
    site.tell("a", YES)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    assert site.status("a") is BACKING_UP


def test_both_record_for_a_while_before_the_spare_lets_go() -> None:
    patient = replace(group(device("a")), timing=Timing(overlap=10))
    site = Replay(patient).calm().kill("a").obey().wait(30)
    site.told_spare()
    site.back("a").tell("a", YES).wait(8).tell("a", YES)
    assert site.told_spare() == []
    site.wait(2.1)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_a_break_in_what_the_device_records_begins_the_while_anew() -> None:
    patient = replace(group(device("a")), timing=Timing(overlap=10))
    site = Replay(patient).calm().kill("a").obey().wait(30)
    site.told_spare()
    site.back("a").tell("a", YES).wait(8).tell("a", NO).wait(1).tell("a", YES).wait(8)
    assert site.told_spare() == []


def test_what_the_spare_failed_to_record_is_not_taken_over_once_the_device_records() -> None:
    site = Replay(replace(group(device("a")), timing=Timing())).calm().kill("a")
    site.back("a").tell("a", YES).fail()
    site.told_spare()
    assert site.device("a").phase is Phase.WATCHING
    assert site.wait(5).told_spare() == []


def test_each_camera_is_given_back_by_itself(site: Replay) -> None:
    site.back("a").tell("a", NO, YES)
    assert site.told_spare() == [Release(SPARE, (TWO,))]
    site.obey()
    assert site.status("a") is BACKING_UP
    assert site.device("a").backed_up == (ONE,)
    site.tell("a", YES, YES).obey()
    assert site.status("a") is WorkingStatus.RECORDING


def test_the_outage_is_over_when_the_spare_has_let_go(site: Replay) -> None:
    since = site.device("a").outage_since
    site.back("a").tell("a", YES)
    assert not site.said(Happening.RETURNED)
    site.send(CommandEnded(Release(SPARE, cameras("a")), {}))
    assert site.status("a") is WorkingStatus.RECORDING
    assert site.device("a").outage_since is None
    assert site.said(Happening.RETURNED)[0].data == {
        "since": since,
        "cause": "silence",
        "spares": [SPARE],
        "incident": START + 8,
        "noticed_after": 8,
        "backing_up_after": 8,
        "offline_for": 38,
        "first_confirmed_after": {"1": 8, "2": 8},
        "released_first": [],
        "released_on_grace": [],
        "displaced": [],
        "not_backed_up": {},
    }


def test_what_was_told_on_the_brink_does_not_count(site: Replay) -> None:
    site.hear("b").miss("b", 5).tell("b", YES).wait(10).obey().told_spare()
    assert site.status("b") is BACKING_UP
    site.back("b")
    assert site.told_spare() == []


def test_what_was_given_back_before_the_spare_was_away_does_not_count(site: Replay) -> None:
    site.back("a").tell("a", YES).kill(SPARE).tell("a", NO).told_spare()
    site.back(SPARE).show()
    assert site.told_spare() == []
    assert site.status("a") is BACKING_UP


def test_a_spare_that_never_stood_in_holds_up_nothing(site: Replay) -> None:
    site.kill(SPARE).kill("b").back("b").tell("b", YES)
    assert [told.unit for told in site.said(Happening.RETURNED)] == ["b"]


def test_only_what_was_lent_is_reported_as_released() -> None:
    channels = tuple(Channel(number=n, single_stream=True) for n in (1, 2))
    of = group(WorkingDevice(unit="a", channels=channels), capacity=1)
    site = Replay(of).calm().kill("a").obey().back("a").obey()
    assert site.said(Happening.RETURNED)[0].data["released_first"] == [1]


def test_a_release_that_fails_is_tried_again_and_holds_up_the_end(site: Replay) -> None:
    site.back("a").tell("a", YES).fail()
    assert site.status("a") is BACKING_UP
    site.told_spare()
    site.wait(5)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    assert site.status("a") is WorkingStatus.RECORDING


def test_what_a_device_told_before_it_was_suspect_does_not_count(site: Replay) -> None:
    site.back("a").tell("a", YES).fail().told_spare()
    site.wait(4).miss("a").wait(3).hear("a")
    assert site.told_spare() == [], "it may have died and come back: it must tell again"
    site.tell("a", YES)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_a_release_done_without_an_answer_is_seen(site: Replay) -> None:
    site.back("a").tell("a", YES)
    site.show(dict.fromkeys(cameras("a"), IDLE)).wait(35)
    assert len(site.said(Happening.RETURNED)) == 1


def test_make_before_break_but_a_camera_without_a_stream_left_is_released_first() -> None:
    channels = (Channel(number=1, single_stream=True), Channel(number=2))
    site = Replay(group(WorkingDevice(unit="a", channels=channels))).calm().kill("a").obey()
    site.told_spare()
    site.back("a")
    assert site.told_spare() == [Release(SPARE, (ONE,))]
    site.obey().tell("a", NO, YES).obey()
    assert site.said(Happening.RETURNED)[0].data["released_first"] == [1]
    assert site.status("a") is WorkingStatus.UNVERIFIED


@pytest.mark.parametrize("told", [UNKNOWN, Recording.NOT_SCHEDULED])
def test_a_device_that_does_not_tell_must_have_been_well(site: Replay, told: Recording) -> None:
    site.back("a").tell("a", told).hear("a", 2, every=5)
    site.miss("a").tell("a", told).hear("a", 2, every=5)
    assert site.told_spare() == []
    site.hear("a", every=5)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    assert site.status("a") is WorkingStatus.UNVERIFIED


def test_a_device_that_used_to_tell_and_does_not_yet_is_waited_for(site: Replay) -> None:
    site.restart().show().back("a").hear("a", 10, every=5)
    assert site.told_spare() == []


def test_a_device_that_never_told_is_not_waited_for_that_long() -> None:
    site = Replay(group(device("a"))).hear("a").hear(SPARE).show().obey().kill("a").obey()
    site.told_spare()
    site.back("a").hear("a", 2, every=5)
    assert site.told_spare() == []
    site.hear("a", every=5)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_a_device_that_never_records_has_a_grace(site: Replay) -> None:
    site.back("a")
    for _ in range(11):
        site.wait(10).tell("a", NO)
    assert site.told_spare() == []
    site.wait(10)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey().tell("a", NO)
    assert site.said(Happening.RETURNED)[0].data["released_on_grace"] == [1, 2]
    assert site.status("a") is WorkingStatus.NO_RECORD


def test_what_was_told_before_the_outage_does_not_count(site: Replay) -> None:
    site.tell("a", YES)
    site.back("a")
    assert site.told_spare() == []


def test_a_device_that_falls_silent_again_is_still_backed_up(site: Replay) -> None:
    site.back("a").wait(10).kill("a").obey()
    assert site.told_spare() == []
    assert site.status("a") is BACKING_UP
    assert len(site.said(Happening.HEARTBEAT_LOST)) == 1
    site.back("a").tell("a", YES).obey()
    assert len(site.said(Happening.RETURNED)) == 1


def test_what_was_given_back_is_taken_again_when_the_device_falls_silent(site: Replay) -> None:
    site.back("a").tell("a", NO, YES).obey().told_spare()
    site.kill("a")
    assert site.told_spare() == [Record(SPARE, (TWO,))]
    site.obey()
    assert site.device("a").backed_up == (ONE, TWO)


def test_silence_during_the_release_is_answered_by_recording_again(site: Replay) -> None:
    site.back("a").tell("a", YES).told_spare()
    site.kill("a")
    assert site.told_spare() == [], "one command at a time"
    site.send(CommandEnded(Release(SPARE, cameras("a")), {}))
    assert site.told_spare() == [Record(SPARE, cameras("a"))]


def test_what_is_recorded_goes_before_what_waits_for_its_place() -> None:
    """a's release was lost with the spare; when both are back in need, a's footage runs on."""
    site = Replay(group(device("a"), device("b"), capacity=2)).calm().kill("a").obey()
    site.back("a").kill("b").tell("a", YES)
    site.kill(SPARE).kill("a").told_spare()
    site.back(SPARE).show()
    assert site.told_spare() == []
    assert site.status("a") is BACKING_UP
    assert site.device("b").not_backed_up == dict.fromkeys(cameras("b"), Reason.NO_ROOM)


def test_an_outage_is_not_over_while_a_command_for_it_is_under_way() -> None:
    channels = (Channel(number=1, single_stream=True),)
    site = Replay(group(WorkingDevice(unit="a", channels=channels))).calm().kill("a").back("a")
    assert site.device("a").phase is Phase.RETURNING
    site.obey()
    assert site.device("a").phase is Phase.WATCHING
    assert site.places == {ONE: IDLE}


def test_an_outage_that_nobody_backed_up_ends_with_the_return() -> None:
    site = Replay(group(device("a"), device("b"), capacity=2)).calm()
    site.kill("a").obey().kill("b").obey().back("b")
    assert site.status("b") is WorkingStatus.UNVERIFIED
    (told,) = site.said(Happening.RETURNED)
    assert told.data["not_backed_up"] == {"1": "no_room", "2": "no_room"}
    assert told.data["backing_up_after"] is None


def test_a_device_that_is_back_before_the_spare_records_is_still_covered(site: Replay) -> None:
    site.kill("b").back("b").show({**site.places, **dict.fromkeys(cameras("b"), WAITS)})
    assert site.status("b") is WorkingStatus.RECORDING, "unchanged"
    site.show({**site.places, **dict.fromkeys(cameras("b"), RECORDS)})
    assert site.status("b") is BACKING_UP
    site.tell("b", YES).obey()
    assert site.status("b") is WorkingStatus.RECORDING


def test_a_spare_that_died_holds_up_the_end_for_the_grace(site: Replay) -> None:
    site.kill(SPARE).back("a").tell("a", YES)
    assert site.status("a") is WorkingStatus.RECORDING
    site.wait(119)
    assert not site.said(Happening.RETURNED)
    site.wait(1)
    assert len(site.said(Happening.RETURNED)) == 1


def test_a_spare_that_is_back_before_lets_go_in_the_same_outage(site: Replay) -> None:
    site.kill(SPARE).back("a").tell("a", YES).wait(60).back(SPARE).show()
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    assert len(site.said(Happening.RETURNED)) == 1


def test_a_spare_that_is_back_later_lets_go_of_what_the_device_records(site: Replay) -> None:
    site.kill(SPARE).back("a").wait(200).tell("a", YES).back(SPARE).show()
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    assert len(site.said(Happening.RETURNED)) == 1


def test_a_spare_that_is_back_later_keeps_what_the_device_does_not_record(site: Replay) -> None:
    site.kill(SPARE).back("a").wait(200).tell("a", YES, NO).back(SPARE).show()
    assert site.told_spare() == [Release(SPARE, (ONE,))]
    site.obey()
    assert site.status("a") is BACKING_UP
    site.tell("a", YES, YES).obey()
    assert len(site.said(Happening.RETURNED)) == 2


def test_unprotecting_during_an_outage_releases_at_once(site: Replay) -> None:
    devices = (device("a", protected=False), device("b"))
    site.reconfigure(replace(site.state.group, devices=devices))
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    assert site.status("a") is WorkingStatus.NOT_BACKED_UP
    assert site.connection("a") is Connection.OFFLINE
    site.obey().back("a")
    assert len(site.said(Happening.RETURNED)) == 1


def test_protecting_during_an_outage_takes_over_at_once() -> None:
    site = Replay(group(device("a", protected=False))).calm().kill("a").obey()
    site.told_spare()
    site.reconfigure(group(device("a")))
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    site.obey()
    assert site.status("a") is BACKING_UP


def test_orphans_on_the_spare_are_released_and_taken_away(site: Replay) -> None:
    site.back("a").tell("a", YES).obey().told_spare()
    site.show({**site.places, Camera("gone", 1): RECORDS}).obey()
    assert [type(command).__name__ for command in site.told_spare()] == ["Release", "Unprovision"]
    assert set(site.places) == {*cameras("a"), *cameras("b")}


def test_a_spare_that_does_not_let_go_is_told_ever_less_often(site: Replay) -> None:
    site.back("a").tell("a", YES)
    pauses = []
    for _ in range(6):
        site.told_spare()
        site.fail()
        began = site.now
        while not site.told_spare():
            site.wait(1)
        pauses.append(site.now - began)
    assert pauses == [5, 10, 20, 40, 60, 60]
