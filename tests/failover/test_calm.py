"""Calm: what is no outage starts no takeover."""

from dataclasses import replace

import pytest

from custom_components.nvr_hotspare.failover.events import (
    HostLink,
    Planned,
    PowerReturned,
    WitnessSeen,
)
from custom_components.nvr_hotspare.failover.model import (
    Connection,
    Happening,
    Spare,
    WorkingStatus,
)
from tests.failover.replay import SPARE, Replay, device, group

ONLINE, OFFLINE = Connection.ONLINE, Connection.OFFLINE


@pytest.fixture
def site() -> Replay:
    return Replay(group(device("a"), device("b"))).calm()


def test_calm_a_planned_restart_has_a_grace(site: Replay) -> None:
    site.send(Planned("a", site.now + 180))
    site.hear("a").miss("a", 300)
    assert site.connection("a") is ONLINE
    site.hear("a")
    assert site.commands == []


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
    site.send(Planned("a", site.now))
    site.miss("a")
    assert site.connection("a") is OFFLINE


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
