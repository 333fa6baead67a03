"""A deputy decides while the manager is away: one outage, whoever decides.

`Replay` is the manager and, while it is away, the deputy: both are the same machine.
"""

from collections.abc import Callable, Iterable
import json

import pytest

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import Announce
from custom_components.nvr_hotspare.failover.events import (
    Planned,
    SynchronizationEnded,
    TimePassed,
)
from custom_components.nvr_hotspare.failover.handover import (
    Absence,
    Said,
    dump_said,
    load_said,
    take_back,
    take_charge,
)
from custom_components.nvr_hotspare.failover.invariants import check_invariants
from custom_components.nvr_hotspare.failover.machine import step
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Connection,
    Group,
    Happening,
    Recording,
    UnitId,
    WorkingStatus,
)
from tests.failover.replay import SPARE, Replay, device, group

SITE = group(device("a", gives_back=True), device("b", gives_back=True))
TWO_SPARES = group(device("a", gives_back=True), device("b", gives_back=True), second=4)
YES = Recording.YES


class Away:
    """The deputy of the first spare at work, from the moment the manager is gone."""

    def __init__(
        self,
        manager: Replay,
        units: Iterable[UnitId] = ("a", "b"),
        planned: Iterable[Planned] = (),
    ) -> None:
        of = manager.state.group
        self.charge = Group(
            devices=tuple(it for it in of.devices if it.unit in units),
            spares=tuple(it for it in of.spares if it.unit == SPARE),
            timing=of.timing,
        )
        self.since = manager.now
        self.began = json.loads(json.dumps(journal.dump(manager.state)))
        self.deputy = Replay(self.charge)
        self.deputy.now = manager.now
        self.deputy.state, commands = take_charge(self.began, self.charge, planned, manager.now)
        self.deputy.commands = list(commands)
        self.deputy.spares = manager.spares
        self.said: list[Said] = []

    def do(self, *deeds: Callable[[Replay], object]) -> Away:
        """Let things happen, and note when what is said is said."""
        for deed in deeds:
            known = len(self.deputy.commands)
            deed(self.deputy)
            self.said += [
                Said(self.deputy.now, it)
                for it in self.deputy.commands[known:]
                if isinstance(it, Announce)
            ]
        return self

    @property
    def absence(self) -> Absence:
        return Absence(
            spare=SPARE,
            since=self.since,
            began=self.began,
            journal=json.loads(json.dumps(journal.dump(self.deputy.state))),
            said=tuple(self.said),
        )


def well(of: Group = SITE) -> Replay:
    """A manager to whom nothing has happened."""
    return Replay(of).calm()


def gone(manager: Replay, away: Away, seconds: float = 5.0) -> Replay:
    """The manager starts again with its own journal, after the deputy's time."""
    manager.now = away.deputy.now + seconds
    return manager.restart(away.began)


def resume(manager: Replay, away: Away, *, present: bool = False) -> list[Announce]:
    """Take back, check all that must be true then, and return what is told of the time away."""
    before = manager.state
    manager.state, commands, said = take_back(before, away.absence, manager.now, present=present)
    check_invariants(manager.state, manager.now)
    assert step(manager.state, TimePassed(), manager.now) == (manager.state, ())
    again, _, _ = take_back(manager.state, away.absence, manager.now, present=present)
    assert journal.dump(again) == journal.dump(manager.state)
    manager.commands += commands
    return [item.announcement for item in said]


def happenings(said: Iterable[Announce]) -> list[tuple[UnitId, Happening]]:
    return [(it.unit, it.happening) for it in said]


def announced(manager: Replay) -> list[Announce]:
    """Return all that the manager has announced by itself."""
    return [it for it in manager.commands if isinstance(it, Announce)]


def die(unit: UnitId) -> Callable[[Replay], object]:
    return lambda it: it.show().kill(unit).obey()


def live(unit: UnitId) -> Callable[[Replay], object]:
    """Be back, record, and get the cameras back."""
    return lambda it: it.back(unit).tell(unit, YES).obey()


def test_a_deputy_goes_on_with_a_suspicion() -> None:
    manager = well()
    last = manager.now
    away = Away(manager.wait(5).miss("a", 2))
    away.do(lambda it: it.wait(1).miss("a"))
    assert away.deputy.connection("a") is Connection.ONLINE
    away.do(lambda it: it.miss("a", 3))
    assert away.deputy.connection("a") is Connection.OFFLINE
    outage = away.deputy.state.devices["a"].outage
    assert outage is not None
    assert outage.since == last
    away.do(lambda it: it.wait(20))
    assert away.deputy.connection("b") is Connection.ONLINE


def test_where_nothing_happened_nothing_changes() -> None:
    manager = well()
    away = Away(manager).do(lambda it: it.show().hear("a").hear("b"))
    gone(manager, away)
    before = journal.dump(manager.state)
    assert resume(manager, away) == []
    assert journal.dump(manager.state) == before


def test_an_outage_that_began_while_away_goes_on_with_its_own_times() -> None:
    manager = well()
    away = Away(manager).do(die("a"))
    gone(manager, away, 60)
    told = resume(manager, away)
    assert happenings(told) == [("a", Happening.HEARTBEAT_LOST), ("a", Happening.BACKING_UP)]
    shown = manager.device("a")
    assert shown.connection is Connection.OFFLINE
    assert shown.working_status is WorkingStatus.BACKING_UP
    assert shown.outage_since == away.since
    assert shown.since == manager.now - 60
    manager.show().obey()
    assert manager.device("a").backed_up == (Camera("a", 1), Camera("a", 2))
    manager.back("a").tell("a", YES).obey()
    assert happenings(announced(manager)) == [("a", Happening.RETURNED)]
    (returned,) = manager.said(Happening.RETURNED)
    assert returned.data["since"] == round(away.since, 3)
    (owed,) = manager.state.devices["a"].owed
    assert owed.window.outage == away.since


def test_an_outage_that_began_and_ended_while_away_is_told_and_its_footage_owed() -> None:
    manager = well()
    away = Away(manager).do(die("a"), live("a"))
    gone(manager, away)
    assert happenings(resume(manager, away)) == [
        ("a", Happening.HEARTBEAT_LOST),
        ("a", Happening.BACKING_UP),
        ("a", Happening.RETURNED),
    ]
    assert manager.state.devices["a"].outage is None
    (owed,) = manager.state.devices["a"].owed
    assert owed.window.spares == (SPARE,)
    assert owed.window.cameras == (Camera("a", 1), Camera("a", 2))
    assert announced(manager) == []
    manager.hear("a").show().tell("a", YES)
    assert manager.state.devices["a"].delivery is not None
    assert len(manager.state.devices["a"].owed) == 1


def test_an_outage_that_the_manager_began_may_end_while_away() -> None:
    manager = well().show().kill("a").obey()
    since = manager.device("a").outage_since
    away = Away(manager).do(lambda it: it.show(), live("a"))
    gone(manager, away)
    told = resume(manager, away)
    assert happenings(told) == [("a", Happening.RETURNED)]
    assert told[0].data["since"] == round(since or 0, 3)
    assert manager.device("a").connection is Connection.ONLINE
    assert len(manager.state.devices["a"].owed) == 1


def test_an_outage_that_lasts_all_the_time_stays_the_same() -> None:
    manager = well().show().kill("a").obey()
    since = manager.device("a").outage_since
    away = Away(manager).do(lambda it: it.show().wait(600))
    gone(manager, away)
    assert resume(manager, away) == []
    assert manager.device("a").outage_since == since
    assert manager.device("a").working_status is WorkingStatus.BACKING_UP


def test_one_outage_ends_and_another_begins_while_away() -> None:
    manager = well().show().kill("a").obey()
    first = manager.device("a").outage_since
    away = Away(manager).do(lambda it: it.show(), live("a"), lambda it: it.wait(100))
    away.do(lambda it: it.hear("a"), die("a"))
    gone(manager, away)
    assert happenings(resume(manager, away)) == [
        ("a", Happening.RETURNED),
        ("a", Happening.HEARTBEAT_LOST),
        ("a", Happening.BACKING_UP),
    ]
    again = manager.device("a").outage_since
    assert again == manager.now - 5 - 8
    assert first != again


def test_what_is_in_nobody_elses_charge_stays_as_the_manager_knows_it() -> None:
    manager = well()
    away = Away(manager, units=("a",)).do(die("a"))
    gone(manager, away)
    manager.kill("b")
    before = manager.state.devices["b"].outage
    resume(manager, away)
    assert manager.state.devices["b"].outage == before
    assert manager.device("a").working_status is WorkingStatus.BACKING_UP


def test_a_failure_that_both_noticed_is_one_outage() -> None:
    """The manager is back, and the engine can be reached only later."""
    manager = well()
    away = Away(manager).do(die("a"))
    gone(manager, away).kill("a")
    assert happenings(announced(manager)) == [("a", Happening.HEARTBEAT_LOST)]
    assert happenings(resume(manager, away)) == [("a", Happening.BACKING_UP)]
    assert manager.device("a").outage_since == away.since
    manager.show().obey().back("a").tell("a", YES).obey()
    assert len(manager.said(Happening.RETURNED)) == 1


def test_the_manager_heard_a_device_before_it_learnt_of_its_outage() -> None:
    manager = well()
    away = Away(manager).do(die("a"))
    gone(manager, away).hear("a", 3, every=1)
    resume(manager, away)
    assert manager.device("a").connection is Connection.OFFLINE
    manager.show().back("a").tell("a", YES).obey()
    assert manager.device("a").connection is Connection.ONLINE
    assert len(manager.said(Happening.RETURNED)) == 1
    assert manager.spare.channels_in_use == 0


def test_an_outage_that_the_manager_has_ended_does_not_come_back() -> None:
    """It was over before the engine could be reached."""
    manager = well().show().kill("a").obey()
    away = Away(manager).do(lambda it: it.show().wait(60))
    gone(manager, away).show().back("a").tell("a", YES).obey()
    assert manager.state.devices["a"].outage is None
    assert resume(manager, away) == []
    assert manager.state.devices["a"].outage is None
    assert len(manager.state.devices["a"].owed) == 1


def test_cameras_stay_with_the_engine_that_has_them_though_another_spare_is_free() -> None:
    manager = well(TWO_SPARES)
    away = Away(manager).do(die("a"))
    gone(manager, away)
    resume(manager, away)
    assert set(manager.device("a").spares.values()) == {SPARE}
    manager.show().show(spare="second").obey()
    assert set(manager.device("a").spares.values()) == {SPARE}
    assert not any(facts.commanded for facts in manager.spares["second"].values())


def test_a_manager_that_was_there_knows_of_no_outage_of_a_device_it_heard() -> None:
    """Engine and device could not reach each other, nor engine and manager."""
    manager = well()
    away = Away(manager).do(die("a"))
    manager.now = away.deputy.now
    manager.hear("a")
    assert resume(manager, away, present=True) == []
    assert manager.device("a").connection is Connection.ONLINE
    manager.tell("a", YES).show().obey()
    assert manager.spare.channels_in_use == 0
    assert manager.said(Happening.RETURNED) == []


def test_a_manager_that_was_there_learns_who_else_has_footage_of_the_outage() -> None:
    manager = well(TWO_SPARES)
    away = Away(manager).do(die("a"))
    manager.now = away.deputy.now
    manager.kill(SPARE).show(spare="second").kill("a").obey()
    assert manager.device("a").spare == "second"
    assert resume(manager, away, present=True) == []
    assert manager.device("a").spare == "second"
    assert manager.state.devices["a"].outage is not None
    assert set(manager.state.devices["a"].outage.spares) == {SPARE, "second"}


def test_a_manager_that_was_there_owes_what_the_engine_has_of_an_outage_that_is_over() -> None:
    manager = well()
    away = Away(manager).do(die("a"), live("a"))
    manager.now = away.deputy.now
    manager.kill(SPARE).kill("a")
    manager.back("a").tell("a", YES)
    assert manager.state.devices["a"].owed == ()
    assert resume(manager, away, present=True) == []
    assert len(manager.state.devices["a"].owed) == 1


def test_footage_that_was_given_back_is_not_owed_again() -> None:
    manager = well().show().kill("a").obey()
    manager.back("a").tell("a", YES).obey()
    (old,) = manager.state.devices["a"].owed
    away = Away(manager).do(lambda it: it.show().wait(10_000).hear("a"), die("a"), live("a"))
    gone(manager, away).hear("a")
    manager.send(SynchronizationEnded("a", done=(old.window,), error="", data={}))
    resume(manager, away)
    (owed,) = manager.state.devices["a"].owed
    assert owed.window.start > old.window.end


def test_silence_that_is_excused_is_excused_from_a_deputy_too() -> None:
    manager = well()
    planned = Planned("a", manager.now + 100)
    away = Away(manager, planned=[planned]).do(lambda it: it.show().miss("a", 60))
    assert away.deputy.connection("a") is Connection.ONLINE
    away.do(die("a"))
    assert away.deputy.now >= planned.until


def test_a_device_that_left_the_group_meanwhile_is_spoken_of_no_more() -> None:
    manager = well()
    away = Away(manager).do(die("a"), die("b"))
    manager.reconfigure(group(device("b", gives_back=True)))
    gone(manager, away)
    assert {unit for unit, _ in happenings(resume(manager, away))} == {"b"}


def test_a_camera_that_left_the_group_meanwhile_is_owed_no_more() -> None:
    manager = well()
    away = Away(manager).do(die("a"), live("a"))
    manager.reconfigure(group(device("a", 1, gives_back=True), device("b")))
    gone(manager, away)
    resume(manager, away)
    (owed,) = manager.state.devices["a"].owed
    assert owed.window.cameras == (Camera("a", 1),)


def test_nonsense_is_taken_for_nothing() -> None:
    manager = well()
    before = journal.dump(manager.state)
    nonsense: list[journal.Json] = [{}, {"version": 1, "devices": {"a": {}}, "held": 7}]
    for left in nonsense:
        absence = Absence(spare=SPARE, since=0.0, began=before, journal=left)
        after, _, said = take_back(manager.state, absence, manager.now, present=False)
        assert (journal.dump(after), said) == (before, ())


def test_what_was_said_goes_through_json() -> None:
    said = Said(12.5, Announce("a", Happening.RETURNED, {"since": 1.5, "spares": ["s"]}))
    assert load_said(json.loads(json.dumps(dump_said(said)))) == said


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        [],
        {"at": 1.0},
        {"at": True, "unit": "a", "happening": "returned", "data": {}},
        {"at": float("inf"), "unit": "a", "happening": "returned", "data": {}},
        {"at": 1.0, "unit": "a", "happening": "sung", "data": {}},
        {"at": 1.0, "unit": "a", "happening": "returned", "data": None},
    ],
)
def test_what_was_not_said_like_that_is_left_out(nonsense: object) -> None:
    assert load_said(nonsense) is None
