"""Calm: what is no outage starts no takeover."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.calm import WEEK
from custom_components.nvr_hotspare.failover.commands import Record, Release
from custom_components.nvr_hotspare.failover.events import (
    Event,
    HostLink,
    Planned,
    PowerReturned,
    WitnessSeen,
)
from custom_components.nvr_hotspare.failover.model import (
    Connection,
    Happening,
    Recording,
    Spare,
    Timing,
    WorkingStatus,
)
from tests.failover.replay import SPARE, START, Replay, cameras, device, group

ONLINE, OFFLINE = Connection.ONLINE, Connection.OFFLINE
YES = Recording.YES


@pytest.fixture
def site() -> Replay:
    of = replace(group(device("a"), device("b")), timing=Timing(window=8, overlap=0))
    return Replay(of).calm()


def test_calm_a_planned_restart_has_a_grace(site: Replay) -> None:
    site.send(Planned("a", site.now + 180))
    site.hear("a").miss("a", 300)
    assert site.connection("a") is ONLINE
    site.hear("a")
    assert site.commands == []


def test_calm_a_planned_restart_of_a_spare_at_work_is_not_excused() -> None:
    site = Replay(group(device("a"), capacity=2, second=2)).calm().kill("a").obey()
    site.send(Planned(SPARE, site.now + 180))
    site.told_spare()
    site.kill(SPARE)
    assert site.told_spare() == [Record("second", cameras("a"))]


def test_calm_a_planned_restart_that_never_ends_is_an_outage(site: Replay) -> None:
    site.send(Planned("a", site.now + 180))
    site.miss("a", 100).wait(129)
    assert site.connection("a") is ONLINE
    site.wait(1)
    assert site.connection("a") is OFFLINE
    assert site.said(Happening.HEARTBEAT_LOST)[0].data["noticed_after"] == 180


def test_calm_a_restart_excuses_one_silence_only(site: Replay) -> None:
    site.send(Planned("a", site.now + 180))
    site.miss("a", 50).hear("a").miss("a", 16)
    assert site.connection("a") is OFFLINE


def test_calm_maintenance_lasts_until_its_end(site: Replay) -> None:
    site.send(Planned("a", site.now + 600, once=False))
    site.miss("a", 50).hear("a").miss("a", 50)
    assert site.connection("a") is ONLINE
    site.send(Planned("a", site.now, once=False))
    site.miss("a")
    assert site.connection("a") is OFFLINE


@pytest.mark.parametrize(
    "meanwhile",
    [
        PowerReturned(),
        Planned("a", START + 180),
        Planned("a", START + 700),
        Planned("a", START),
    ],
    ids=["mains return", "a restart", "a restart beyond its end", "a restart that is called off"],
)
def test_calm_nothing_ends_maintenance_early(site: Replay, meanwhile: Event) -> None:
    site.send(Planned("a", START + 600, once=False))
    site.send(meanwhile)
    site.miss("a", 50).hear("a").miss("a", 100)
    assert site.connection("a") is ONLINE


@pytest.mark.parametrize("meanwhile", [PowerReturned(), Planned("a", START + 60)])
def test_calm_a_longer_excuse_stays(site: Replay, meanwhile: Event) -> None:
    site.send(Planned("a", START + 180))
    site.send(meanwhile)
    site.miss("a", 300)
    assert site.connection("a") is ONLINE


def test_calm_a_restart_that_is_called_off_excuses_nothing(site: Replay) -> None:
    site.send(Planned("a", site.now + 180))
    site.send(Planned("a", site.now))
    site.kill("a")
    assert site.now < START + 10


def test_calm_an_outage_is_not_planned_afterwards(site: Replay) -> None:
    site.kill("a")
    site.send(Planned("a", site.now + 180))
    site.obey()
    assert site.status("a") is WorkingStatus.BACKING_UP


def test_calm_after_mains_return_units_have_a_boot_grace(site: Replay) -> None:
    site.send(PowerReturned())
    site.miss("a", 59)
    assert site.connection("a") is ONLINE
    site.miss("a")
    assert site.connection("a") is OFFLINE


def flap(site: Replay, times: int) -> None:
    """Let a device come back and die again, soon after each other; at last it is back."""
    for _ in range(times):
        site.kill("a").obey().back("a").hear("a").tell("a", YES).obey()


@pytest.mark.parametrize(("flaps", "beats"), [(1, 6), (2, 12), (3, 24), (9, 192)])
def test_calm_a_flapping_device_is_given_back_to_after_quiet_heartbeats_that_double(
    site: Replay, flaps: int, beats: int
) -> None:
    flap(site, 1 + flaps)
    site.told_spare()
    site.hear("a", beats - 2, every=0.5)
    assert site.told_spare() == []
    assert site.status("a") is WorkingStatus.BACKING_UP
    site.hear("a", every=0.5)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_calm_an_unanswered_probe_begins_the_quiet_anew(site: Replay) -> None:
    flap(site, 2)
    site.told_spare()
    site.hear("a", 4, every=5).miss("a").hear("a", 5, every=5).tell("a", YES)
    assert site.told_spare() == []
    site.hear("a", every=5)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_calm_a_device_that_is_never_quiet_is_given_back_to_in_the_end(site: Replay) -> None:
    flap(site, 2)
    site.told_spare()
    for _ in range(11):
        site.hear("a", every=4.5).miss("a").hear("a").tell("a", YES)
    assert site.told_spare() == []
    site.wait(10)
    assert site.told_spare() == [Release(SPARE, cameras("a"))]


def test_calm_a_device_that_was_well_for_an_hour_is_no_flapper(site: Replay) -> None:
    flap(site, 1)
    site.wait(3700).hear("a").told_spare()
    flap(site, 1)
    assert site.told_spare()[-1] == Release(SPARE, cameras("a"))


def test_calm_a_weekly_restart_is_a_habit_once_it_was_seen_twice(site: Replay) -> None:
    begin = site.now
    for week in range(4):
        site.now = begin + week * WEEK + 100 * week
        site.hear("a").miss("a", 60)
        assert site.connection("a") is (OFFLINE if week < 2 else ONLINE)
        if week < 2:
            site.back("a").tell("a", YES).obey()
    site.miss("a", 300)
    assert site.connection("a") is OFFLINE


def test_calm_failures_within_a_minute_are_one_incident_with_one_alert(site: Replay) -> None:
    site.kill("a").wait(30).hear("b")
    site.kill("b")
    first, second = site.said(Happening.HEARTBEAT_LOST)
    assert first.data["incident"] == second.data["incident"]
    assert (first.data["alert"], second.data["alert"]) == (True, False)
    site.wait(60).back("a").tell("a", YES).obey()
    site.kill("a")
    third = site.said(Happening.HEARTBEAT_LOST)[-1]
    assert third.data["incident"] != first.data["incident"]
    assert third.data["alert"] is True


def silent(site: Replay, *units: str, seconds: float = 30) -> None:
    for _ in range(round(2 * seconds)):
        site.now += 0.5
        for unit in units:
            site.now -= 0.5
            site.miss(unit)


def test_isolation_when_no_unit_no_camera_and_no_gateway_answers(site: Replay) -> None:
    site.send(WitnessSeen("gateway", answers=False))
    site.send(WitnessSeen("camera", answers=False))
    silent(site, "a", "b", SPARE)
    assert site.state.isolated
    assert {site.connection(unit) for unit in ("a", "b", SPARE)} == {ONLINE}
    assert site.commands == []


def test_isolation_one_camera_that_answers_disproves_it(site: Replay) -> None:
    """The switch of all recorders is dead."""
    site.send(WitnessSeen("gateway", answers=False))
    site.send(WitnessSeen("camera", answers=True))
    silent(site, "a", "b", SPARE)
    assert site.connection("a") is site.connection("b") is OFFLINE


def test_isolation_a_lone_recorder_that_falls_silent_is_an_outage() -> None:
    site = Replay(group(device("a"), capacity=None)).calm().kill("a")
    assert len(site.said(Happening.HEARTBEAT_LOST)) == 1


def test_isolation_is_not_assumed_on_old_evidence(site: Replay) -> None:
    site.send(WitnessSeen("gateway", answers=False))
    site.wait(60)
    silent(site, "a", "b", SPARE)
    assert site.connection("a") is OFFLINE


def test_isolation_is_not_assumed_while_another_unit_answers(site: Replay) -> None:
    site.send(WitnessSeen("gateway", answers=False))
    silent(site, "a", SPARE)
    assert site.connection("a") is OFFLINE


def test_isolation_is_seen_before_the_last_unit_was_asked(site: Replay) -> None:
    """Units are asked in turns of 5 s: the first one's time is over before the last one's turn."""
    site.wait(4).hear("b").hear(SPARE).wait(1).miss("a", 2)
    site.send(WitnessSeen("gateway", answers=False))
    site.miss("a", 8)
    assert site.state.isolated
    assert site.connection("a") is ONLINE


def test_isolation_is_disproved_by_a_unit_heard_since_the_witnesses_are_silent(
    site: Replay,
) -> None:
    site.wait(4).hear("b").hear(SPARE).wait(1).miss("a", 2)
    for _ in range(2):
        site.send(WitnessSeen("gateway", answers=False))
        site.miss("a").hear("b").miss("a")
    site.miss("a", 4)
    assert site.connection("a") is OFFLINE


def test_isolation_without_a_link_is_certain(site: Replay) -> None:
    site.send(HostLink(up=False))
    silent(site, "a", seconds=600)
    assert site.connection("a") is ONLINE
    site.send(HostLink(up=True))
    silent(site, "a", seconds=7)
    assert site.connection("a") is ONLINE
    silent(site, "a", seconds=1)
    assert site.connection("a") is OFFLINE


def test_isolation_a_spare_on_the_same_host_proves_nothing() -> None:
    local = (Spare(unit=SPARE, capacity=4, local=True),)
    site = Replay(replace(group(device("a"), device("b")), spares=local)).calm()
    site.send(WitnessSeen("gateway", answers=False))
    silent(site, "a", "b", seconds=7)
    site.hear(SPARE)
    silent(site, "a", "b", seconds=3)
    site.hear(SPARE)
    assert site.state.isolated


def test_isolation_when_it_is_over_units_get_their_time_anew(site: Replay) -> None:
    site.send(WitnessSeen("gateway", answers=False))
    silent(site, "a", "b", SPARE, seconds=100)
    site.hear(SPARE)
    assert not site.state.isolated
    silent(site, "a", "b", seconds=3)
    site.hear("b")
    silent(site, "a", seconds=4.5)
    assert site.connection("a") is ONLINE
    silent(site, "a", seconds=0.5)
    assert site.connection("a") is OFFLINE
