"""Every sequence, interrupted at each of its commands, ends in the same right state."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nvr_hotspare.failover.events import Drill, GiveBack, TakeOver
from custom_components.nvr_hotspare.failover.model import (
    Channel,
    Group,
    Happening,
    Priority,
    Spare,
    SpareStatus,
    WorkingDevice,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.view import spare_view
from custom_components.nvr_hotspare.recorder.spans import difference
from tests.failover.courier import SECOND
from tests.failover.replay import SPARE, device, group
from tests.failover.world import Fault, World

RECORDING = WorkingStatus.RECORDING
BACKING_UP = WorkingStatus.BACKING_UP
UNSEEN = 2.0
"""Seconds for which a spare can record without being seen to."""

CUTS = (Fault.LOST, Fault.RESTART_BEFORE, Fault.RESTART_AFTER, Fault.OLD_JOURNAL)
"""The faults that cut a sequence off before or after a command."""

type Story = Callable[[World], World]


def outage(world: World) -> World:
    return world.run(60).kill("a").run(120).revive("a").run(300)


def outages_of_two(world: World) -> World:
    """One after the other: the spare can't hold both."""
    outage(world)
    return world.kill("b").run(360).revive("b").run(560)


def outages_at_once(world: World) -> World:
    world.run(60).kill("a").run(62).kill("b").run(120).revive("a").run(180).revive("b")
    return world.run(400)


def flapping(world: World) -> World:
    world.run(60).kill("a").run(90).revive("a").run(93).kill("a").run(120).revive("a")
    world.run(123).kill("a").run(140).revive("a").run(160).kill("a").run(200).revive("a")
    return world.run(420)


def spare_dies_too(world: World) -> World:
    world.run(60).kill("a").run(90).kill(SPARE).run(150).revive(SPARE).run(200).revive("a")
    return world.run(400)


def spare_dead_at_return(world: World) -> World:
    world.run(60).kill("a").run(90).kill(SPARE).run(120).revive("a").run(150).revive(SPARE)
    return world.run(400)


STORIES: tuple[Story, ...] = (
    outage,
    outages_of_two,
    outages_at_once,
    flapping,
    spare_dies_too,
    spare_dead_at_return,
)


def site(*, single_stream: bool = False) -> Group:
    """Two devices with three cameras each that get footage back, and a spare for four."""
    if not single_stream:
        return group(device("a", 3, gives_back=True), device("b", 3, gives_back=True))
    channels = tuple(Channel(number=n, single_stream=n == 1) for n in (1, 2, 3))
    devices = tuple(WorkingDevice(unit=unit, channels=channels, gives_back=True) for unit in "ab")
    return Group(devices=devices, spares=(Spare(unit=SPARE, capacity=4),))


def first_spare_dies(world: World) -> World:
    """Its cameras move on; it comes back while the other one records, and the device later."""
    world.run(60).kill("a").run(90).kill(SPARE).run(150).revive(SPARE).run(200).revive("a")
    return world.run(420)


def each_spare_in_turn(world: World) -> World:
    world.run(60).kill("a").run(90).kill(SPARE).run(130).kill("b").run(170).revive(SPARE)
    world.run(200).kill("second").run(240).revive("second").run(260).revive("b")
    return world.run(290).revive("a").run(520)


def taken_over_by_hand(world: World) -> World:
    """The user asks for it back once more, should the first time have been lost in a crash."""
    world.run(60).happens(TakeOver("a"))
    world.run(120).happens(GiveBack("a"))
    world.run(180).happens(GiveBack("a"))
    return world.run(360)


def drilled(world: World) -> World:
    world.run(60).happens(Drill("a"))
    return world.run(300)


def low_cameras_make_room(world: World) -> World:
    """Each device with a low camera; the second outage takes the place of the first one's."""
    world.run(60).kill("a").run(90).kill("b").run(150).revive("b").run(200).revive("a")
    return world.run(520)


def site_with_low_cameras() -> Group:
    """Two devices with three cameras each, and two spares for four of them together."""
    channels = tuple(
        Channel(number=n, priority=Priority.LOW if n == 1 else Priority.NORMAL) for n in (1, 2, 3)
    )
    devices = tuple(WorkingDevice(unit=unit, channels=channels, gives_back=True) for unit in "ab")
    return replace(group(capacity=3, second=1), devices=devices)


def site_with_two_spares() -> Group:
    return group(
        device("a", 3, gives_back=True), device("b", 3, gives_back=True), capacity=4, second=4
    )


def assert_all_is_well(world: World) -> None:
    """All record, the spare is idle and holds what it always ends up holding."""
    assert_all_record(world)
    assert list(world.spare.places.values()) == [None] * 4
    assert set(world.spare.places) == set(world.cameras[:4])


def assert_all_record(world: World) -> None:
    """All record, no spare does, and nothing is owed."""
    assert {unit: told[-1] for unit, told in world.statuses.items()} == {
        "a": RECORDING,
        "b": RECORDING,
    }
    for unit, spare in world.state.spares.items():
        assert spare_view(world.state, unit).status is SpareStatus.IDLE
        assert spare.held == ()
    assert all(device.outage is None for device in world.state.devices.values())
    assert not any(device.owed for device in world.state.devices.values())


def commands_of(story: Story, of: Group) -> int:
    return story(World(of)).given


@pytest.mark.parametrize("single_stream", [False, True])
@pytest.mark.parametrize("story", STORIES)
def test_uninterrupted(story: Story, *, single_stream: bool) -> None:
    world = story(World(site(single_stream=single_stream)))
    assert_all_is_well(world)
    assert world.lacking() == {}
    kinds = [told.happening for told in world.said]
    assert Happening.SYNCHRONIZED in kinds
    assert kinds.count(Happening.HEARTBEAT_LOST) == kinds.count(Happening.RETURNED) > 0


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("story", STORIES)
def test_restart_safe_interrupted_at_each_command(story: Story, fault: Fault) -> None:
    for at in range(commands_of(story, site())):
        world = story(World(site(), {at: fault}))
        assert world.given > at
        assert_all_is_well(world)
        assert world.lacking() == {}


@pytest.mark.parametrize(("story", "longest"), [(first_spare_dies, 24), (each_spare_in_turn, 100)])
def test_spares_die_too_uninterrupted(story: Story, longest: float) -> None:
    """Noticed and moved on within 12 s each time; in turn, one spare has no room for all."""
    world = story(World(site_with_two_spares()))
    assert_all_record(world)
    assert world.lacking() == {}
    assert max(world.unrecorded.values()) < longest


@pytest.mark.parametrize("fault", Fault)
def test_spares_die_too_interrupted_at_each_command(fault: Fault) -> None:
    for at in range(commands_of(first_spare_dies, site_with_two_spares())):
        world = first_spare_dies(World(site_with_two_spares(), {at: fault}))
        assert world.given > at
        assert_all_record(world)
        assert world.lacking() == {}


@pytest.mark.parametrize("story", [taken_over_by_hand, drilled])
def test_manual_takeovers_interrupted_at_each_command(story: Story) -> None:
    of = site_with_two_spares()
    for at in range(commands_of(story, of)):
        for fault in CUTS:
            world = story(World(of, {at: fault}))
            assert world.given > at
            assert_all_record(world)
            assert set(world.unrecorded.values()) == {0.0}, "nobody ever stopped recording"


def test_low_cameras_make_room_interrupted_at_each_command() -> None:
    of = site_with_low_cameras()
    for at in range(commands_of(low_cameras_make_room, of)):
        for fault in CUTS:
            world = low_cameras_make_room(World(of, {at: fault}))
            assert world.given > at
            assert_all_record(world)
            assert world.lacking() == {}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("a", "b", SPARE)), st.booleans(), st.floats(0.1, 60)),
        max_size=12,
    ),
    st.dictionaries(st.integers(0, 15), st.sampled_from(Fault), max_size=4),
    st.booleans().map(lambda single: site(single_stream=single)),
)
def test_restart_safe_any_story_with_any_faults_ends_well(
    story: list[tuple[str, bool, float]], faults: dict[int, Fault], of: Group
) -> None:
    world = World(of, faults)
    for unit, lives, seconds in story:
        if lives is not world.is_up(unit):
            (world.revive if lives else world.kill)(unit)
        world.run(world.now + seconds)
    for unit in ("a", "b", SPARE):
        if not world.is_up(unit):
            world.revive(unit)
    assert_all_is_well(world.run(world.now + 2500))
    for spans in world.lacking().values():
        # Owed is nothing after an outage in which the spare was not seen recording: what it did
        # all the same is short, or of a time before, when the device may have lost its own.
        left = difference(spans, world.brinks)
        assert all(piece.length < UNSEEN * SECOND for piece in left), left


@pytest.mark.parametrize("fault", Fault)
def test_restart_safe_interrupted_where_a_camera_has_one_stream(fault: Fault) -> None:
    of = site(single_stream=True)
    for at in range(commands_of(outage, of)):
        assert_all_is_well(outage(World(of, {at: fault})))


def test_a_spare_for_one_serves_each_in_turn_just_as_well() -> None:
    """N+1: two devices as large as the spare; one dies and returns, then the other."""
    world = World(group(device("a", 4), device("b", 4)))
    outage(world).kill("b").run(360).revive("b").run(500)
    assert (
        world.statuses["a"][-3:] == world.statuses["b"][-3:] == [RECORDING, BACKING_UP, RECORDING]
    )
    longest = max(world.unrecorded.values())
    assert longest < 10 + 2, "noticed in two intervals, recorded soon after"
    assert all(told.happening is not Happening.NOT_BACKED_UP for told in world.said)


def test_a_lying_spare_that_holds_less_than_it_says_breaks_nothing() -> None:
    world = outages_of_two(World(site(), capacity=2))
    assert {told[-1] for told in world.statuses.values()} == {RECORDING}
    assert not any(world.spare.places.values())
