"""The group changes, also in the middle of an outage; and Home Assistant starts anew."""

from dataclasses import replace
import json
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import (
    Identify,
    Provision,
    Record,
    Release,
    Unprovision,
)
from custom_components.nvr_hotspare.failover.events import (
    CommandEnded,
    Event,
    HeartbeatReceived,
    Identified,
    PlacesSeen,
    ProbeUnanswered,
    RecordingsSeen,
    Started,
    TimePassed,
)
from custom_components.nvr_hotspare.failover.machine import step
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Connection,
    Happening,
    Reason,
    Recording,
    Silence,
    Spare,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.state import State
from tests.failover.replay import IDLE, RECORDS, SPARE, Replay, cameras, device, group

BACKING_UP = WorkingStatus.BACKING_UP


@pytest.fixture
def site() -> Replay:
    """Two devices, of which one is down and backed up."""
    site = Replay(group(device("a"), device("b"))).calm().kill("a").obey().wait(30)
    site.told_spare()
    return site


def test_removing_a_device_ends_its_outage_and_releases(site: Replay) -> None:
    site.reconfigure(group(device("b"))).obey()
    assert site.told_spare() == [
        Release(SPARE, cameras("a")),
        Unprovision(SPARE, cameras("a")),
    ]
    assert "a" not in site.state.pulses
    assert not site.said(Happening.RETURNED)


def test_a_device_added_during_an_outage_disturbs_nothing(site: Replay) -> None:
    site.reconfigure(group(device("c"), device("a"), device("b")))
    assert site.status("a") is BACKING_UP
    site.obey()
    assert site.told_spare() == [
        Unprovision(SPARE, cameras("b")),
        Provision(SPARE, cameras("c")),
    ]
    site.show().obey()
    assert site.status("a") is BACKING_UP
    assert set(site.places) == {*cameras("a"), *cameras("c")}


def test_a_channel_removed_during_an_outage_is_let_go_of(site: Replay) -> None:
    site.reconfigure(group(device("a", 1), device("b"))).obey()
    assert site.told_spare()[0] == Release(SPARE, (Camera("a", 2),))
    assert site.device("a").backed_up == (Camera("a", 1),)


def test_a_new_spare_goes_on_with_the_outage(site: Replay) -> None:
    other = Spare(unit="other", capacity=4)
    site.reconfigure(replace(site.state.group, spares=(other,)))
    assert site.status("a") is BACKING_UP, "unchanged until the new one had its time"
    site.send(PlacesSeen("other", {}))
    assert site.told_spare() == [Record("other", cameras("a"))]
    site.send(CommandEnded(Record("other", cameras("a")), {}))
    site.send(PlacesSeen("other", dict.fromkeys(cameras("a"), RECORDS)))
    site.wait(60)
    assert site.status("a") is BACKING_UP
    assert site.device("a").spare == "other"


def test_without_its_spare_the_outage_is_reported(site: Replay) -> None:
    site.reconfigure(replace(site.state.group, spares=())).wait(5)
    assert site.device("a").reason is Reason.NO_SPARE
    assert site.device("b").spare_ready_reason is Reason.NO_SPARE


def test_a_smaller_spare_records_what_it_can(site: Replay) -> None:
    site.reconfigure(group(device("a"), device("b"), capacity=1)).obey()
    assert site.device("a").not_backed_up == {Camera("a", 2): Reason.NO_ROOM}
    assert site.device("a").backed_up == (Camera("a", 1),)


def test_a_restart_goes_on_with_the_outage(site: Replay) -> None:
    site.restart()
    assert site.connection("a") is Connection.OFFLINE
    assert site.status("a") is BACKING_UP
    site.show()
    assert site.told_spare() == []
    assert site.device("a").backed_up == cameras("a")
    site.wait(100)
    assert site.status("a") is BACKING_UP
    site.back("a").tell("a", Recording.YES).obey()
    (told,) = site.said(Happening.RETURNED)
    assert told.data["noticed_after"] == 8
    assert len(site.said(Happening.BACKING_UP)) == 1


def test_a_restart_while_the_device_returns_gives_it_a_new_grace(site: Replay) -> None:
    site.back("a").tell("a", Recording.NO).wait(119)
    site.now += 1000
    site.restart().show().wait(119)
    assert site.connection("a") is Connection.ONLINE
    assert site.told_spare() == []
    site.wait(1)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_a_restart_keeps_what_was_shown() -> None:
    site = Replay(group(device("a"))).calm().wait(5)
    site.restart()
    assert site.status("a") is WorkingStatus.RECORDING


def test_an_offline_spare_stays_offline_over_a_restart(site: Replay) -> None:
    site.kill(SPARE).restart()
    assert site.spare.connection is Connection.OFFLINE
    assert site.send(HeartbeatReceived(SPARE)) == (Identify(SPARE),)


def test_an_outage_that_the_journal_missed_is_gone_on_with() -> None:
    """The spare was told to record, and Home Assistant died before that was written."""
    site = Replay(group(device("a"))).calm()
    written = journal.dump(site.state)
    site.kill("a").obey().told_spare()
    site.restart(written).show()
    assert site.told_spare() == []
    assert site.status("a") is BACKING_UP
    site.kill("a")
    assert site.told_spare() == []
    site.back("a").tell("a", Recording.YES)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_what_is_recorded_for_an_unprotected_device_is_no_outage() -> None:
    site = Replay(group(device("a", protected=False))).hear("a").hear(SPARE)
    site.show(dict.fromkeys(cameras("a"), RECORDS))
    assert site.told_spare() == [Release(SPARE, cameras("a"))]
    site.obey()
    assert site.commands == [Unprovision(SPARE, cameras("a"))]


def test_nothing_happens_before_the_group_is_known() -> None:
    state = journal.load(None)
    events: tuple[Event, ...] = (Started(), HeartbeatReceived("a"), TimePassed())
    for now, event in enumerate(events):
        assert step(state, event, now) == (state, ())


def test_what_concerns_no_unit_of_the_group_is_ignored(site: Replay) -> None:
    before = site.state
    stranger = (Camera("x", 1),)
    for event in (
        HeartbeatReceived("x"),
        ProbeUnanswered("x", Silence.SILENT),
        Identified("x", same=True),
        RecordingsSeen("x", {1: Recording.YES}),
        PlacesSeen("x", {stranger[0]: IDLE}),
        PlacesSeen("a", {stranger[0]: IDLE}),
        RecordingsSeen(SPARE, {1: Recording.YES}),
        CommandEnded(Record("x", stranger), {}),
        CommandEnded(Identify("a"), {}),
    ):
        assert site.send(event) == ()
        assert site.state == before


type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
foreign: st.SearchStrategy[Json] = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def start_and_take_over(data: object) -> None:
    """Start a group with a journal, and check that it works."""
    site = Replay(group(device("a"), device("b")), state=journal.load(data))
    site.send(Started())
    site.show().wait(200).kill("a").obey()
    assert site.status("a") is BACKING_UP


@given(foreign)
def test_a_foreign_journal_is_no_journal(data: Json) -> None:
    assert journal.load(data) == State()


def paths(data: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place inside a journal."""
    found = [path] if path else []
    items = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in items:
        found += paths(value, (*path, key))
    return found


def written_outage() -> journal.Json:
    site = Replay(group(device("a"), device("b"))).calm().kill("b").obey().kill("a").obey()
    site.back("a").tell("a", Recording.NO, Recording.YES).obey()
    return journal.dump(site.state)


@given(st.data())
def test_a_damaged_journal_costs_no_more_than_what_it_held(data: st.DataObject) -> None:
    written = json.loads(json.dumps(written_outage()))
    path = data.draw(st.sampled_from(paths(written)))
    place = written
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = data.draw(foreign | st.sampled_from([math.nan, math.inf, -1.0, "²"]))
    start_and_take_over(written)
