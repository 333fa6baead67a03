"""A story that is split anywhere between the manager and a deputy ends as if nobody had left."""

from collections.abc import Callable
from dataclasses import dataclass
import json
from random import Random

import pytest

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import (
    Announce,
    Command,
    CourierCommand,
    Desist,
    Identify,
    Synchronize,
)
from custom_components.nvr_hotspare.failover.events import Event, TimePassed
from custom_components.nvr_hotspare.failover.handover import (
    Absence,
    Said,
    take_back,
    take_charge,
)
from custom_components.nvr_hotspare.failover.invariants import check_invariants
from custom_components.nvr_hotspare.failover.machine import step
from custom_components.nvr_hotspare.failover.model import Group, Happening, UnitId, WorkingStatus
from custom_components.nvr_hotspare.failover.view import next_deadline
from tests.failover.replay import SPARE, device, group
from tests.failover.world import RESTART, ROUND_TRIP, World

SILENCE = 15.0
END = 900.0
SLACK = SILENCE + 15.0
"""Seconds by which who takes over may know less of when a device was last heard."""


@dataclass
class Deputy:
    """What the engine keeps while the manager is away."""

    began: str
    since: float
    heard: list[tuple[float, Event]]
    said: list[Said]
    decides: bool = False


class HandedOver(World):
    """A world whose manager is away at times; then the deputy of the spare decides."""

    def __init__(self, of: Group) -> None:
        self.deputy: Deputy | None = None
        self.kept = ""
        super().__init__(of)

    def leave(self, *, older: bool = False) -> HandedOver:
        """Let the manager go, maybe before the engine was told of the last transition."""
        self.kept, began = self.saved, self.saved_before if older else self.saved
        self.deputy = Deputy(began, self.now, heard=[], said=[])
        self._begin(away=True)
        self.state, commands = take_charge(json.loads(began), self.group, (), self.now)
        self.listen()
        self.later(SILENCE, lambda: self.decide(commands))
        return self

    def decide(self, commands: tuple[Command, ...]) -> None:
        """Begin to command."""
        assert self.deputy is not None
        commands += self.catch_up()
        self.deputy.decides, self.away = True, False
        self.dispatch(commands)

    def catch_up(self) -> tuple[Command, ...]:
        """Take up what was heard since the manager left, each at its time."""
        assert self.deputy is not None
        commands: tuple[Command, ...] = ()
        for at, event in (*self.deputy.heard, (self.now, TimePassed())):
            while (due := next_deadline(self.state)) is not None and due <= at:
                commands += self.replay(TimePassed(), due)
            commands += self.replay(event, at)
        return commands

    def replay(self, event: Event, at: float) -> tuple[Command, ...]:
        assert self.deputy is not None
        self.state, commands = step(self.state, event, at)
        check_invariants(self.state, at)
        self.deputy.said += [Said(at, it) for it in commands if isinstance(it, Announce)]
        return tuple(it for it in commands if not isinstance(it, Announce))

    def come_back(self) -> HandedOver:
        """Let the manager start and take back what was decided meanwhile."""
        deputy = self.deputy
        assert deputy is not None
        if not deputy.decides:
            self.catch_up()
        left = json.dumps(journal.dump(self.state))
        self._begin(away=False)
        self.deputy = None
        self.state = journal.load(json.loads(self.kept))
        self.saved = self.kept
        self.start()
        absence = Absence(
            spare=SPARE,
            since=deputy.since,
            began=json.loads(deputy.began),
            journal=json.loads(left),
            said=tuple(deputy.said),
        )
        self.state, commands, said = take_back(self.state, absence, self.now, present=False)
        check_invariants(self.state, self.now)
        self.said += [item.announcement for item in said]
        self.saved = json.dumps(journal.dump(self.state))
        self.dispatch(commands)
        return self

    def _begin(self, *, away: bool) -> None:
        """What anybody began before comes to nothing."""
        self.life += 1
        self.away = away
        self.queue.clear()
        self.busy.clear()

    def listen(self) -> None:
        for unit in (*self.devices, *self.units):
            self.later(0.0, lambda unit=unit: self.probe(unit))  # type: ignore[misc]  # lambda default
            self.later(1.0, lambda unit=unit: self.watch(unit, self.now))  # type: ignore[misc]

    def dispatch(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            match command:
                case Announce():
                    self.said.append(command)
                case Identify(unit):
                    self.later(ROUND_TRIP, lambda unit=unit: self.identify(unit))  # type: ignore[misc]
                case Synchronize() | Desist():
                    self.later(ROUND_TRIP, lambda order=command: self.send_courier(order))  # type: ignore[misc]
                case _:
                    self.queue.append(command)
        self.serve()

    def happens(self, event: Event) -> None:
        if self.deputy is None:
            super().happens(event)
        elif not self.deputy.decides:
            self.deputy.heard.append((self.now, event))
        else:
            known = len(self.said)
            super().happens(event)
            self.deputy.said += [Said(self.now, it) for it in self.said[known:]]
            del self.said[known:]

    def send_courier(self, command: CourierCommand) -> None:
        if self.deputy is None:
            super().send_courier(command)


def site() -> Group:
    """Two devices that get their footage back, and one spare that has room for both."""
    return group(device("a", gives_back=True), device("b", gives_back=True))


def told(world: World, happening: Happening) -> list[UnitId]:
    return sorted(it.unit for it in world.said if it.happening is happening)


def check(world: World, outages: dict[UnitId, list[tuple[float, float]]]) -> None:
    """One outage, one report, and all footage back where it belongs."""
    expected = sorted(unit for unit, times in outages.items() for _ in times)
    assert told(world, Happening.HEARTBEAT_LOST) == expected
    assert told(world, Happening.BACKING_UP) == expected
    assert told(world, Happening.RETURNED) == expected
    assert world.lacking() == {}
    assert {device.status for device in world.state.devices.values()} == {WorkingStatus.RECORDING}
    assert not any(device.owed for device in world.state.devices.values())
    assert all(since is None for since in world.spare.places.values())
    for unit, times in outages.items():
        reports = [
            it for it in world.said if it.happening is Happening.RETURNED and it.unit == unit
        ]
        for report, (died, back) in zip(reports, times, strict=True):
            since, lasted = report.data["since"], report.data["offline_for"]
            assert isinstance(since, float)
            assert isinstance(lasted, float)
            assert died - SLACK <= since <= died + SLACK
            assert back - SLACK <= since + lasted <= back + SLACK + RESTART


def play(
    leaves: float, gone: float, outages: dict[UnitId, list[tuple[float, float]]], *, older: bool
) -> None:
    """Let devices die and live, and the manager leave and come back; then check all."""
    world = HandedOver(site())
    plan: list[tuple[float, Callable[[], object]]] = [
        (leaves, lambda: world.leave(older=older)),
        (leaves + gone, world.come_back),
    ]
    for unit, times in outages.items():
        for died, back in times:
            plan.append((died, lambda unit=unit: world.kill(unit)))  # type: ignore[misc]
            plan.append((back, lambda unit=unit: world.revive(unit)))  # type: ignore[misc]
    for at, deed in sorted(plan, key=lambda item: item[0]):
        world.run(at)
        deed()
    check(world.run(END), outages)


def an_outage(random: Random) -> tuple[float, float]:
    """Return when a device dies and when it lives again."""
    died = random.uniform(30, 120)
    return died, died + random.uniform(45, 150)


@pytest.mark.parametrize("seed", range(20))
def test_an_outage_is_one_wherever_the_manager_leaves_and_comes_back(seed: int) -> None:
    random = Random(seed)
    outages = {"a": [an_outage(random)]}
    if random.random() < 0.5:
        outages["b"] = [an_outage(random)]
    leaves, gone = random.uniform(20, 180), random.uniform(1, 200)
    play(leaves, gone, outages, older=random.random() < 0.5)


@pytest.mark.parametrize("leaves", range(58, 78, 2))
def test_the_engine_may_not_have_been_told_of_the_last_transition(leaves: int) -> None:
    """The device dies at 60, and the manager leaves before, while or after that is noticed."""
    play(float(leaves), 100.0, {"a": [(60.0, 120.0)]}, older=True)
