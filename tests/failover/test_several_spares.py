"""N+M: several spares, several failures, cameras by priority, and spares that die too."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import Provision, Record, Release, Unprovision
from custom_components.nvr_hotspare.failover.events import CommandEnded
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Happening,
    Priority,
    Reason,
    Recording,
    Spare,
    Timing,
    WorkingDevice,
    WorkingStatus,
)
from tests.failover.replay import IDLE, RECORDS, SPARE, WAITS, Replay, cameras, device, group

BACKING_UP, NOT_BACKED_UP = WorkingStatus.BACKING_UP, WorkingStatus.NOT_BACKED_UP
YES = Recording.YES
HIGH, NORMAL, LOW, NEVER = Priority


def ranked(unit: str, *priorities: Priority, gives_back: bool = False) -> WorkingDevice:
    """A device with a channel of each priority."""
    channels = tuple(Channel(number=n, priority=p) for n, p in enumerate(priorities, start=1))
    return WorkingDevice(unit=unit, channels=channels, gives_back=gives_back)


def where(site: Replay, unit: str) -> dict[int, str]:
    """By which spare each channel of a device is held."""
    return {camera.channel: spare for camera, spare in site.device(unit).spares.items()}


def test_n_plus_m_a_device_goes_whole_to_the_first_spare_that_can_take_it() -> None:
    site = Replay(group(device("a", 3), capacity=2, second=3, third=8)).calm().kill("a")
    assert site.told_spare() == [Record("second", cameras("a", 3))]
    site.obey()
    assert where(site, "a") == dict.fromkeys((1, 2, 3), "second")
    assert site.status("a") is BACKING_UP


def test_n_plus_m_a_spare_that_is_ready_for_all_goes_before_the_first() -> None:
    site = Replay(group(device("a", 4), device("b", 4), capacity=4, second=4)).calm().kill("b")
    assert site.told_spare() == [Record("second", cameras("b", 4))]


def test_n_plus_m_what_fits_no_spare_whole_is_split_by_priority() -> None:
    site = Replay(group(ranked("a", LOW, HIGH, NORMAL, NEVER, HIGH), capacity=2, second=1))
    site.calm().kill("a").obey()
    assert where(site, "a") == {2: SPARE, 5: SPARE, 3: "second"}
    assert site.device("a").not_backed_up == {
        Camera("a", 1): Reason.NO_ROOM,
        Camera("a", 4): Reason.NOT_PROTECTED,
    }


def test_n_plus_m_what_finds_no_room_is_named_and_gets_the_next_free_place() -> None:
    site = Replay(group(device("a", 2), device("b", 3), capacity=2, second=2)).calm()
    site.kill("a").obey().kill("b").obey()
    assert site.device("b").not_backed_up == {Camera("b", 3): Reason.NO_ROOM}
    site.back("a").tell("a", YES).obey()
    assert site.device("b").not_backed_up == {}
    assert where(site, "b") == {1: "second", 2: "second", 3: SPARE}


def test_n_plus_m_two_failures_are_served_by_two_spares() -> None:
    site = Replay(group(device("a", 3), device("b", 3), capacity=4, second=4)).calm()
    site.miss("a", 15).miss("b", 15).wait(8)
    site.obey()
    assert set(where(site, "a").values()) | set(where(site, "b").values()) == {SPARE, "second"}
    assert site.status("a") is site.status("b") is BACKING_UP
    assert len(site.said(Happening.BACKING_UP)) == 2


def test_n_plus_m_of_two_that_wait_the_higher_priority_comes_first() -> None:
    site = Replay(group(ranked("a", NORMAL, LOW), ranked("b", HIGH, NORMAL), capacity=3)).calm()
    site.kill(SPARE).kill("a").kill("b").back(SPARE).show().obey()
    assert site.device("a").not_backed_up == {Camera("a", 2): Reason.NO_ROOM}
    assert site.device("b").not_backed_up == {}


def test_n_plus_m_a_later_failure_displaces_low_cameras_and_that_is_reported() -> None:
    site = Replay(group(ranked("a", LOW, HIGH), ranked("b", NORMAL, LOW), capacity=2)).calm()
    site.kill("a").obey().told_spare()
    site.kill("b")
    assert site.told_spare() == [Release(SPARE, (Camera("a", 1),))]
    site.obey()
    assert site.device("a").not_backed_up == {Camera("a", 1): Reason.NO_ROOM}
    assert site.device("b").backed_up == (Camera("b", 1),)
    site.back("b").tell("b", YES).obey()
    assert site.device("a").backed_up == cameras("a")
    site.back("a").tell("a", YES).obey()
    assert [told.data["displaced"] for told in site.said(Happening.RETURNED)] == [[], [1]]


@pytest.mark.parametrize("kept", [HIGH, NORMAL])
def test_n_plus_m_a_later_failure_displaces_no_other_cameras(kept: Priority) -> None:
    site = Replay(group(ranked("a", kept), ranked("b", HIGH), capacity=1)).calm()
    site.kill("a").obey().kill("b").obey()
    assert site.device("a").backed_up == (Camera("a", 1),)
    assert site.device("b").not_backed_up == {Camera("b", 1): Reason.NO_ROOM}


def test_n_plus_m_low_cameras_displace_nobody() -> None:
    site = Replay(group(ranked("a", LOW), ranked("b", LOW), capacity=1)).calm()
    site.kill("a").obey().kill("b").obey()
    assert site.device("a").backed_up == (Camera("a", 1),)


def test_n_plus_m_is_provisioned_ahead_by_priority() -> None:
    devices = (ranked("a", LOW, NORMAL, HIGH), device("b", 2), device("c", 2))
    site = Replay(group(*devices, capacity=2, second=4))
    site.show({}).show({}, "second")
    assert site.told_spare() == [
        Provision(SPARE, cameras("b")),
        Provision("second", (*cameras("a", (3, 2, 1)), Camera("c", 1))),
    ]


def test_n_plus_m_an_outage_moves_nothing_on_the_spares_that_it_does_not_concern() -> None:
    devices = (device("a"), device("b"), device("c"), device("d"))
    site = Replay(group(*devices, capacity=4, second=2)).calm().kill("d").obey().back("d")
    site.tell("d", YES).obey()
    assert [told for told in site.told_spare() if told.spare != SPARE] == []
    assert set(site.places) == {*cameras("a"), *cameras("b")}


def test_spares_die_too_and_what_was_ready_there_finds_other_room() -> None:
    site = Replay(group(device("a"), device("b"), capacity=2, second=3)).calm().kill(SPARE)
    assert site.told_spare() == [Provision("second", (Camera("a", 1),))]


def test_spares_fail_too_and_what_one_does_not_take_in_time_goes_to_another() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a")
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    assert site.wait(9).told_spare() == [], "it may still come"
    assert site.wait(1).told_spare() == [Record("second", cameras("a"))]
    assert where(site, "a") == {1: "second", 2: "second"}


def test_spares_fail_too_and_no_other_takes_what_its_device_records_again() -> None:
    of = replace(group(device("a"), capacity=2, second=2), timing=Timing())
    site = Replay(of).calm().kill("a").back("a").wait(2).tell("a", YES)
    site.told_spare()
    assert site.wait(9).told_spare() == []


def test_spares_fail_too_and_none_is_told_anew_once_the_device_is_back() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a").fail()
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    assert site.back("a").wait(20).told_spare() == []


def test_spares_fail_too_and_one_that_made_room_is_not_told_once_the_device_is_back() -> None:
    """A flapping device of ten simulated years, and a command that got lost: see the docs."""
    site = Replay(group(device("a"), device("b"), capacity=2, second=2)).calm().kill("a")
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    site.wait(10)
    assert site.told_spare() == [Unprovision("second", cameras("b"))], "it is its turn now"
    site.back("a").fail()
    site.send(CommandEnded(Unprovision("second", cameras("b")), {}))
    site.tell("a", YES).wait(60)
    assert not any(isinstance(told, Record) for told in site.told_spare())


def test_spares_fail_too_and_one_that_was_told_is_waited_for() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a")
    site.show(dict.fromkeys(cameras("a"), WAITS)).wait(30)
    assert where(site, "a") == {1: SPARE, 2: SPARE}, "perhaps a camera refuses"


def test_spares_die_too_and_the_cameras_move_to_the_next() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a").obey()
    site.told_spare()
    site.kill(SPARE)
    assert site.told_spare() == [Record("second", cameras("a"))]
    assert site.status("a") is BACKING_UP, "unchanged until the next had its time"
    site.obey().wait(60)
    assert site.status("a") is BACKING_UP
    assert where(site, "a") == {1: "second", 2: "second"}


def test_spares_die_too_and_are_relieved_only_when_the_next_records() -> None:
    """It was only cut off, and went on recording."""
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a").obey()
    site.kill(SPARE).obey().told_spare()
    site.back(SPARE).show()
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    assert where(site, "a") == {1: "second", 2: "second"}


def test_spares_die_too_and_one_that_still_records_is_believed_sooner_than_the_next() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a").obey()
    site.kill(SPARE).told_spare()
    site.back(SPARE).show()
    assert where(site, "a") == {1: SPARE, 2: SPARE}
    assert site.told_spare() == []
    site.do(Record("second", cameras("a")))
    site.show(spare="second")
    site.wait(40)
    assert site.told_spare()[0] == Release("second", cameras("a"))


def test_spares_die_too_and_their_footage_of_the_outage_is_owed_still() -> None:
    site = Replay(group(device("a", gives_back=True), capacity=2, second=2)).calm()
    site.kill("a").obey().kill(SPARE).obey()
    site.back("a").tell("a", YES).obey().wait(200)
    (owed,) = site.state.devices["a"].owed
    assert owed.window.spares == (SPARE, "second")


def test_spares_die_too_while_a_device_returns() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a").obey()
    site.back("a").tell("a", Recording.NO).told_spare()
    site.kill(SPARE)
    assert site.told_spare() == [Record("second", cameras("a"))]


def test_spares_die_too_while_a_device_returns_and_the_next_has_to_make_room_first() -> None:
    site = Replay(group(device("a"), device("b"), capacity=2, second=2)).calm().kill("a").obey()
    site.back("a").tell("a", Recording.NO).told_spare()
    site.kill(SPARE)
    assert site.told_spare() == [Unprovision("second", cameras("b"))]
    site.send(CommandEnded(Unprovision("second", cameras("b")), {}))
    assert site.told_spare() == [Record("second", cameras("a"))]


def test_spares_die_too_and_none_goes_on_for_what_its_device_records_again() -> None:
    of = replace(group(device("a"), capacity=2, second=2), timing=Timing())
    site = Replay(of).calm().kill("a").obey().back("a").tell("a", YES)
    site.told_spare()
    site.hear("a").kill(SPARE)
    assert not any(isinstance(told, Record) for told in site.told_spare())


def test_spares_fail_too_and_no_other_is_tried_once_the_device_is_back() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a")
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    site.back("a").tell("a", Recording.NO).wait(30)
    assert not any(told.spare == "second" for told in site.told_spare())


def test_a_spare_that_is_removed_hands_over() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a").obey()
    site.told_spare()
    site.reconfigure(replace(site.state.group, spares=(Spare(unit="second", capacity=2),)))
    assert site.told_spare() == [Record("second", cameras("a"))]


def test_shared_spares_two_recorders_protect_each_other() -> None:
    of = group(device("a"), device("b"), capacity=None, a=2, b=2)
    site = Replay(of).calm()
    assert set(site.spares["a"]) == set(cameras("b"))
    assert set(site.spares["b"]) == set(cameras("a"))
    site.kill("a").obey()
    assert where(site, "a") == {1: "b", 2: "b"}
    assert site.status("a") is BACKING_UP
    assert site.status("b") is WorkingStatus.RECORDING


def test_shared_spares_die_as_both_at_once() -> None:
    site = Replay(group(device("a"), device("b"), device("c"), capacity=None, a=2, b=4)).calm()
    site.kill("c").obey()
    assert where(site, "c") == {1: "b", 2: "b"}
    site.kill("b").obey()
    assert where(site, "c") == {1: "a", 2: "a"}
    assert site.device("b").not_backed_up == dict.fromkeys(cameras("b"), Reason.NO_ROOM)
    site.back("b").tell("b", YES).show(dict.fromkeys(cameras("c"), IDLE), "b").obey()
    assert site.status("b") is WorkingStatus.RECORDING
    assert where(site, "c") == {1: "a", 2: "a"}


def test_shared_spares_never_stand_in_for_themselves() -> None:
    site = Replay(group(device("a"), capacity=None, a=8)).calm().kill("a").obey()
    assert site.status("a") is NOT_BACKED_UP
    assert site.device("a").reason is Reason.NO_SPARE


def test_several_spares_outlive_a_restart() -> None:
    site = Replay(group(device("a", 3), capacity=2, second=2)).calm().kill("a").obey()
    before = where(site, "a")
    site.told_spare()
    site.restart()
    site.show(spare="second").show()
    assert where(site, "a") == before
    assert site.told_spare() == []
    assert all(facts == RECORDS for facts in site.places.values())


def test_a_camera_that_a_spare_was_told_to_record_goes_to_no_other() -> None:
    """Told late, when it had gone to another one, which had to make room first."""
    of = group(device("a", 1), device("b", 1), capacity=1, other=1)
    site = Replay(replace(of, timing=Timing(overlap=10, flap_memory=0))).calm().kill("a")
    record = site.errands[SPARE]
    site.wait(10.5)
    room = site.errands["other"]
    assert record is not None
    assert room is not None
    site.back("a").tell("a", Recording.YES)
    for command in (record.command, room.command):
        site.told_spare()
        site.do(command).send(CommandEnded(command, {}))
    assert [command for command in site.told_spare() if isinstance(command, Record)] == []
