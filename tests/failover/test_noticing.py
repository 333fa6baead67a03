"""When a unit is suspect, offline, and online again."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import Identify
from custom_components.nvr_hotspare.failover.events import (
    HeartbeatReceived,
    Identified,
    PlacesSeen,
    Started,
)
from custom_components.nvr_hotspare.failover.model import (
    Connection,
    Happening,
    Recording,
    Silence,
    Timing,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.view import (
    Phase,
    next_deadline,
    probe_pace,
    watch_pace,
)
from tests.failover.replay import SPARE, Replay, device, group

ONLINE, OFFLINE = Connection.ONLINE, Connection.OFFLINE


@pytest.fixture
def site() -> Replay:
    return Replay(group(device("a"), device("b"))).calm()


def test_one_unanswered_probe_only_makes_a_unit_suspect(site: Replay) -> None:
    site.wait(5).miss("a")
    assert site.device("a").phase is Phase.SUSPECT
    site.wait(100)
    assert site.connection("a") is ONLINE


def test_a_suspect_is_probed_often_and_others_are_not(site: Replay) -> None:
    assert probe_pace(site.state, "a") == 5
    site.miss("a")
    assert probe_pace(site.state, "a") == 0.5
    assert probe_pace(site.state, "b") == 5
    site.hear("a")
    assert probe_pace(site.state, "a") == 5
    assert probe_pace(site.state, "nobody") == 5


def test_a_unit_not_heard_for_the_window_is_offline_and_that_is_told(site: Replay) -> None:
    site.wait(5).miss("a", 5)
    assert site.connection("a") is ONLINE
    assert next_deadline(site.state) == site.now + 0.5
    site.wait(0.5)
    assert site.connection("a") is OFFLINE
    assert site.said(Happening.HEARTBEAT_LOST)[0].data["noticed_after"] == 8


def test_a_network_that_has_just_become_slow_is_no_outage() -> None:
    """A probe that needs two round trips of 2 s, a new connection and its answer, is in time."""
    site = Replay(replace(group(device("a")), timing=Timing())).calm()
    site.wait(6).miss("a", 6)
    assert site.connection("a") is ONLINE
    site.hear("a").wait(100)
    assert site.connection("a") is ONLINE


def test_refusals_count_as_silence_but_not_as_more(site: Replay) -> None:
    site.wait(5).miss("a", 5, Silence.REFUSED)
    assert site.connection("a") is ONLINE
    site.wait(0.5)
    assert site.connection("a") is OFFLINE


def test_a_host_that_refuses_is_no_slow_network() -> None:
    site = Replay(replace(group(device("a")), timing=Timing())).calm()
    site.wait(5).miss("a", 5, Silence.REFUSED)
    assert site.connection("a") is ONLINE
    site.wait(0.5)
    assert site.connection("a") is OFFLINE


def test_one_heartbeat_clears_the_suspicion(site: Replay) -> None:
    site.wait(5).miss("a", 5).hear("a").wait(100)
    assert site.connection("a") is ONLINE
    assert site.device("a").phase is Phase.WATCHING


def test_a_third_of_the_probes_lost_is_no_outage(site: Replay) -> None:
    for _ in range(100):
        site.miss("a", 5).hear("a")
    assert site.connection("a") is ONLINE


def test_nobody_asked_is_no_silence(site: Replay) -> None:
    site.wait(3600)
    assert site.connection("a") is ONLINE


def test_a_host_that_accepts_connections_is_slow_and_not_dead(site: Replay) -> None:
    site.wait(5).miss("a", 20, Silence.SLOW)
    assert site.connection("a") is ONLINE
    assert probe_pace(site.state, "a") == 2
    site.wait(11)
    assert site.connection("a") is OFFLINE
    assert site.said(Happening.HEARTBEAT_LOST)[0].data["noticed_after"] == 26


def test_a_slow_host_that_dies_is_dead(site: Replay) -> None:
    site.wait(5).miss("a", 20, Silence.SLOW).miss("a", 1, Silence.REFUSED)
    assert site.connection("a") is OFFLINE


def test_after_a_start_a_unit_has_a_grace(site: Replay) -> None:
    site.send(Started())
    site.miss("a", 59)
    assert site.connection("a") is ONLINE
    site.miss("a")
    assert site.connection("a") is OFFLINE


def test_the_grace_ends_with_the_first_heartbeat(site: Replay) -> None:
    site.send(Started())
    site.hear("a").miss("a", 16)
    assert site.connection("a") is OFFLINE


def started_alone(*units: str) -> Replay:
    """A site where nothing but Home Assistant starts."""
    of = group(*map(device, units))
    timing = replace(of.timing, boot_grace=0.0)
    return Replay(replace(of, timing=timing)).calm()


def test_a_row_of_restarts_does_not_hide_an_outage() -> None:
    site = started_alone("a", "b")
    last = site.now
    for _ in range(2):
        site.wait(1).miss("a", 2).wait(1).restart()
    site.wait(last + 7.5 - site.now).miss("a")
    assert site.connection("a") is ONLINE
    site.miss("a")
    assert site.connection("a") is OFFLINE
    outage = site.state.devices["a"].outage
    assert outage is not None
    assert outage.since == last
    assert site.connection("b") is ONLINE


def test_who_is_heard_after_a_restart_was_silent_for_nobody() -> None:
    site = started_alone("a")
    site.wait(1).miss("a", 2).wait(1).restart()
    silent = journal.dump(site.state)["silent"]
    assert isinstance(silent, dict)
    assert "a" in silent
    site.hear("a").wait(6).miss("a", 2)
    assert site.connection("a") is ONLINE
    site.restart().hear("a")
    assert journal.dump(site.state)["silent"] == {}


def test_one_unanswered_probe_is_forgotten_by_a_restart() -> None:
    site = started_alone("a")
    site.wait(5).miss("a").wait(5).restart().miss("a", 2)
    assert site.connection("a") is ONLINE


def test_a_unit_that_may_have_lost_its_mains_has_its_grace_whatever_was_known(site: Replay) -> None:
    site.wait(1).miss("a", 2).wait(3).restart()
    site.wait(28).miss("a", 2)
    assert site.connection("a") is ONLINE
    site.wait(1)
    assert site.connection("a") is OFFLINE


def test_a_grace_is_one_also_where_the_window_is_longer() -> None:
    of = group(device("a"))
    site = Replay(replace(of, timing=replace(of.timing, window=40.0))).calm()
    site.wait(1).miss("a", 2).wait(36).restart()
    site.wait(28).miss("a", 2)
    assert site.connection("a") is ONLINE
    site.wait(1)
    assert site.connection("a") is OFFLINE


def test_a_silence_that_begins_in_the_future_is_one_that_begins_now() -> None:
    site = started_alone("a")
    written = journal.dump(site.state) | {"silent": {"a": site.now + 1e6}}
    site.restart(written).miss("a", 2).wait(8)
    assert site.connection("a") is OFFLINE


def test_a_unit_added_later_has_a_grace_too() -> None:
    site = Replay(group(device("a"))).calm().wait(1000)
    site.restart()
    site.miss("a", 59)
    assert site.connection("a") is ONLINE


def test_a_unit_that_is_dead_when_first_seen_is_taken_over() -> None:
    site = Replay(group(device("a"))).hear(SPARE).show().obey().kill("a").obey()
    assert site.status("a") is WorkingStatus.BACKING_UP


def test_an_offline_unit_that_is_heard_must_say_who_it_is(site: Replay) -> None:
    site.kill("a").wait(60)
    assert site.send(HeartbeatReceived("a")) == (Identify("a"),)
    assert site.connection("a") is OFFLINE
    site.send(Identified("a", same=True))
    assert site.connection("a") is ONLINE


def test_another_machine_on_its_address_is_not_the_unit(site: Replay) -> None:
    site.kill("a").hear("a")
    site.send(Identified("a", same=False))
    assert site.connection("a") is OFFLINE
    site.now += 4
    assert site.send(HeartbeatReceived("a")) == ()
    site.now += 1
    assert site.send(HeartbeatReceived("a")) == (Identify("a"),)


def test_an_identity_nobody_asked_for_is_ignored(site: Replay) -> None:
    site.kill("a")
    site.send(Identified("a", same=True))
    assert site.connection("a") is OFFLINE


def test_exchanged_heartbeats_one_that_is_pushed_is_as_good_as_an_answer(site: Replay) -> None:
    for _ in range(6):
        site.hear("a").miss("a", 3).wait(3.5)
    assert site.connection("a") is Connection.ONLINE, "it pushes, and answers no probe"


def test_exchanged_heartbeats_a_pushing_unit_that_falls_silent_is_suspected_at_once(
    site: Replay,
) -> None:
    site.hear("a").miss("a")
    assert site.device("a").phase is Phase.SUSPECT
    assert probe_pace(site.state, "a") == site.state.group.timing.suspect_pace
    site.hear("a")
    assert site.device("a").phase is Phase.WATCHING, "it was probed, and answered"


def test_the_spare_is_watched_in_the_same_way(site: Replay) -> None:
    site.kill(SPARE)
    assert site.spare.connection is OFFLINE
    assert not site.said(Happening.HEARTBEAT_LOST)
    site.send(PlacesSeen(SPARE, {}))
    assert site.state.spares[SPARE].places is None
    site.back(SPARE)
    assert site.spare.connection is ONLINE


def test_looking_often_only_while_something_is_under_way(site: Replay) -> None:
    assert watch_pace(site.state, "a") == watch_pace(site.state, SPARE) == 10
    site.kill("a")
    assert watch_pace(site.state, SPARE) == 1
    site.obey()
    assert watch_pace(site.state, SPARE) == 10
    site.back("a")
    assert watch_pace(site.state, "a") == watch_pace(site.state, SPARE) == 1
    assert watch_pace(site.state, "b") == 10
    site.tell("a", Recording.YES).obey()
    assert watch_pace(site.state, "a") == watch_pace(site.state, SPARE) == 10
