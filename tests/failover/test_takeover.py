"""What the spare is told when a device is offline, and what is reported."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.commands import Provision, Record, Unprovision
from custom_components.nvr_hotspare.failover.coverage import fits
from custom_components.nvr_hotspare.failover.events import CommandEnded
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Happening,
    PlaceFacts,
    Reason,
    Recording,
    Spare,
    SpareStatus,
    WorkingDevice,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.view import Phase
from tests.failover.replay import IDLE, RECORDS, SPARE, WAITS, Replay, cameras, device, group

BACKING_UP, NOT_BACKED_UP = WorkingStatus.BACKING_UP, WorkingStatus.NOT_BACKED_UP


@pytest.fixture
def site() -> Replay:
    return Replay(group(device("a"), device("b"), device("c"))).calm()


def test_all_cameras_of_an_offline_device_are_recorded_at_once(site: Replay) -> None:
    site.kill("a")
    assert site.told_spare() == [Record(SPARE, cameras("a"))]


def test_status_is_unchanged_until_a_camera_is_seen_recorded(site: Replay) -> None:
    site.kill("a")
    assert site.device("a").phase is Phase.TAKING_OVER
    site.send(CommandEnded(Record(SPARE, cameras("a")), {}))
    assert site.status("a") is WorkingStatus.RECORDING
    site.show({**site.places, Camera("a", 2): RECORDS, Camera("a", 1): WAITS})
    assert site.status("a") is BACKING_UP
    view = site.device("a")
    assert view.phase is Phase.TAKING_OVER
    assert view.spare == SPARE
    assert view.backed_up == (Camera("a", 2),)
    assert view.not_backed_up == {}


def test_backing_up_is_told_once_an_outage(site: Replay) -> None:
    site.kill("a").wait(1).obey()
    site.show(dict.fromkeys(cameras("a"), WAITS)).show(dict.fromkeys(cameras("a"), RECORDS))
    (told,) = site.said(Happening.BACKING_UP)
    assert told.data == {"backing_up_after": 9, "channels": [1, 2]}


def test_the_spare_shows_whom_it_serves(site: Replay) -> None:
    idle = site.spare
    assert (idle.status, idle.channels_in_use, idle.serving) == (SpareStatus.IDLE, 0, ())
    busy = site.kill("a").obey().spare
    assert (busy.status, busy.channels_in_use) == (SpareStatus.BACKING_UP, 2)
    assert (busy.capacity, busy.serving) == (4, ("a",))


def test_a_camera_not_seen_recorded_in_time_is_reported(site: Replay) -> None:
    site.kill("a")
    site.send(CommandEnded(Record(SPARE, cameras("a")), {}))
    refused = PlaceFacts(commanded=True, recording=Recording.NO, error="401")
    site.show({Camera("a", 1): refused, Camera("a", 2): WAITS})
    site.wait(9.5)
    assert site.status("a") is WorkingStatus.RECORDING
    site.wait(0.5)
    assert site.status("a") is NOT_BACKED_UP
    assert site.device("a").not_backed_up == {
        Camera("a", 1): Reason.CAMERA_REFUSES,
        Camera("a", 2): Reason.SPARE_FAILS,
    }
    assert site.said(Happening.NOT_BACKED_UP)[0].data == {
        "reason": "camera_refuses",
        "channels": {"1": "camera_refuses", "2": "spare_fails"},
    }


def test_a_camera_that_is_not_recorded_is_tried_again_and_counts_when_it_is(site: Replay) -> None:
    site.kill("a").told_spare()
    site.fail().wait(4.5)
    assert site.told_spare() == []
    site.wait(0.5)
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    site.wait(20)
    assert site.status("a") is NOT_BACKED_UP
    site.obey()
    assert site.status("a") is BACKING_UP
    assert site.device("a").reason is None


def test_a_camera_that_stops_being_recorded_has_its_time_again(site: Replay) -> None:
    site.kill("a").obey()
    site.show(dict.fromkeys(cameras("a"), WAITS)).wait(9.5)
    assert site.status("a") is BACKING_UP
    site.wait(0.5)
    assert site.status("a") is NOT_BACKED_UP


def test_a_command_without_an_answer_is_given_up_and_given_again(site: Replay) -> None:
    site.kill("a").told_spare()
    site.wait(10)
    assert site.status("a") is NOT_BACKED_UP
    site.wait(25)
    assert site.told_spare() == [], "it may still be under way"
    site.wait(5)
    assert site.told_spare() == [Record(SPARE, cameras("a"))]


def test_the_end_of_another_command_is_not_waited_for(site: Replay) -> None:
    site.kill("a")
    site.send(CommandEnded(Provision(SPARE, cameras("a")), {}))
    site.told_spare()
    site.show({})
    assert site.told_spare() == [], "the spare is still busy"


def test_an_idle_camera_of_an_online_device_makes_room(site: Replay) -> None:
    assert set(site.places) == {*cameras("a"), *cameras("b")}
    site.kill("c").obey()
    assert site.told_spare() == [
        Unprovision(SPARE, cameras("b")),
        Record(SPARE, cameras("c")),
    ]
    assert site.status("c") is BACKING_UP
    assert not site.said(Happening.NOT_BACKED_UP)


def test_nothing_is_recorded_into_room_that_is_not_seen_to_be_there(site: Replay) -> None:
    site.kill("c").told_spare()
    site.fail().wait(5)
    assert site.told_spare() == [Unprovision(SPARE, cameras("b"))]
    site.fail().wait(4)
    assert site.told_spare() == []
    site.wait(6)
    assert site.device("c").not_backed_up == dict.fromkeys(cameras("c"), Reason.SPARE_FAILS)
    site.fail().told_spare()
    site.show(dict.fromkeys(cameras("a"), IDLE))
    assert site.told_spare() == [Record(SPARE, cameras("c"))]


def test_what_finds_no_room_is_reported_and_gets_the_next_free_place(site: Replay) -> None:
    site.kill("a").obey().kill("b").obey().kill("c").obey()
    assert site.status("c") is NOT_BACKED_UP
    assert site.device("c").reason is Reason.NO_ROOM
    assert site.device("a").not_backed_up == {}
    site.back("a").tell("a", Recording.YES).obey()
    assert site.status("c") is BACKING_UP


def test_a_device_larger_than_the_room_gets_as_many_as_fit() -> None:
    site = Replay(group(device("a", 3), capacity=2)).calm().kill("a").obey()
    assert site.status("a") is BACKING_UP
    assert site.device("a").not_backed_up == {Camera("a", 3): Reason.NO_ROOM}
    assert not site.device("a").spare_ready


def test_a_camera_without_its_own_source_is_reported_at_once() -> None:
    channels = (Channel(number=1, has_source=False), Channel(number=2))
    site = Replay(group(WorkingDevice(unit="a", channels=channels))).calm()
    assert site.device("a").spare_ready_reason is Reason.NO_SOURCE
    site.kill("a").obey()
    assert site.device("a").not_backed_up == {Camera("a", 1): Reason.NO_SOURCE}
    assert site.device("a").backed_up == (Camera("a", 2),)


def test_without_a_spare_nothing_is_backed_up() -> None:
    site = Replay(group(device("a"), capacity=None)).kill("a").wait(3600)
    assert site.device("a").reason is Reason.NO_SPARE
    assert site.device("a").spare is None
    assert site.told_spare() == []
    with pytest.raises(KeyError):
        _ = site.spare


def test_an_offline_spare_is_reported_and_used_as_soon_as_it_is_back(site: Replay) -> None:
    site.kill(SPARE).kill("a")
    assert site.status("a") is NOT_BACKED_UP
    assert site.device("a").reason is Reason.SPARE_OFFLINE
    assert site.told_spare() == []
    site.wait(100).back(SPARE)
    assert site.told_spare() == [], "what it holds is not known yet"
    site.show()
    assert site.told_spare() == [Record(SPARE, cameras("a"))]
    site.obey()
    assert site.status("a") is BACKING_UP


def test_a_spare_that_dies_while_backing_up_is_told_again(site: Replay) -> None:
    site.kill("a").obey().told_spare()
    site.kill(SPARE)
    assert site.status("a") is NOT_BACKED_UP
    assert site.spare.status is SpareStatus.IDLE
    site.back(SPARE).show(dict.fromkeys(cameras("a"), IDLE)).obey()
    assert site.told_spare()[0] == Record(SPARE, cameras("a"))
    assert site.status("a") is BACKING_UP
    assert len(site.said(Happening.BACKING_UP)) == 1
    assert len(site.said(Happening.NOT_BACKED_UP)) == 1


def test_a_spare_that_went_on_recording_is_told_nothing(site: Replay) -> None:
    site.kill("a").obey().kill(SPARE).told_spare()
    site.back(SPARE).show()
    assert site.told_spare() == []
    assert site.status("a") is BACKING_UP


def test_an_unprotected_device_is_not_taken_over() -> None:
    site = Replay(group(device("a", protected=False))).calm().kill("a").wait(60)
    assert site.device("a").reason is Reason.NOT_PROTECTED
    assert site.device("a").spare_ready_reason is Reason.NOT_PROTECTED
    assert site.told_spare() == []


def test_cameras_are_provisioned_ahead_in_the_order_of_the_group() -> None:
    site = Replay(group(device("a", protected=False), device("b", 3), device("c", 3)))
    site.hear(SPARE).show()
    assert site.told_spare() == [Provision(SPARE, (*cameras("b", 3), Camera("c", 1)))]


def test_what_can_not_be_provisioned_is_tried_calmly_and_told(site: Replay) -> None:
    site.wait(5).show({}).fail().told_spare()
    assert site.device("a").spare_ready_reason is Reason.SPARE_FAILS
    site.wait(59.5)
    assert site.told_spare() == []
    site.wait(0.5).obey()
    assert site.device("a").spare_ready


def test_a_takeover_waits_for_no_failed_provisioning(site: Replay) -> None:
    site.wait(5).show({}).fail().told_spare()
    site.kill("a")
    assert site.told_spare() == [Record(SPARE, cameras("a"))]


def test_a_spare_is_ready_for_whom_it_has_room(site: Replay) -> None:
    assert all(site.device(unit).spare_ready for unit in "abc")
    site.kill("a").obey().kill("b").obey()
    assert site.device("a").spare_ready
    assert site.device("c").spare_ready_reason is Reason.NO_ROOM
    site.kill(SPARE)
    assert site.device("c").spare_ready_reason is Reason.SPARE_OFFLINE


def test_a_device_without_channels_has_nothing_to_record() -> None:
    site = Replay(group(device("a", 0))).kill("a")
    assert site.device("a").reason is Reason.NO_SOURCE


@pytest.mark.parametrize(("channels", "whole"), [(4, True), (5, False)])
def test_a_device_fits_a_spare_of_its_size(channels: int, *, whole: bool) -> None:
    fit = fits(device("a", channels), Spare(unit=SPARE, capacity=4))
    assert (fit.channels, fit.capacity, fit.whole) == (channels, 4, whole)


def test_the_older_outage_is_served_first() -> None:
    site = Replay(group(device("a"), device("b"), capacity=2)).calm()
    site.kill(SPARE).kill("b").kill("a").back(SPARE).show().obey()
    assert site.status("b") is BACKING_UP
    assert site.device("a").reason is Reason.NO_ROOM


def test_what_records_without_having_been_told_is_told(site: Replay) -> None:
    """As after a spare's own restart: nobody knows when it would stop."""
    site.kill("a").obey().told_spare()
    by_itself = PlaceFacts(commanded=False, recording=Recording.YES)
    site.wait(5).show(dict.fromkeys(cameras("a"), by_itself))
    assert site.told_spare() == [Record(SPARE, cameras("a"))]


def test_the_older_outage_keeps_its_places_when_channels_are_added(site: Replay) -> None:
    site.kill("a").obey().kill("b").obey()
    grown = replace(site.state.group, devices=(device("a", 3), device("b")))
    site.reconfigure(grown).obey()
    assert site.device("b").not_backed_up == {}
    assert site.device("a").not_backed_up == {Camera("a", 3): Reason.NO_ROOM}
