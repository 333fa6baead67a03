"""Whether a group is fully protected, said beforehand."""

from dataclasses import replace

from custom_components.nvr_hotspare.failover.events import Drill
from custom_components.nvr_hotspare.failover.model import Camera, Channel, Priority, WorkingDevice
from custom_components.nvr_hotspare.failover.protection import protection
from tests.failover.replay import SPARE, Replay, cameras, device, group


def drilled(site: Replay) -> Replay:
    """Let every device pass a drill, one after another."""
    for unit in site.state.devices:
        site.hear(unit).send(Drill(unit))
        site.obey()
    return site


def test_n_plus_m_is_full_when_each_pair_could_be_served_and_each_camera_was_proven() -> None:
    site = Replay(group(device("a"), device("b"), device("c"), capacity=4, second=4)).calm()
    found = protection(site.state)
    assert (found.singles, found.pairs) == ({}, {})
    assert found.unproven == (*cameras("a"), *cameras("b"), *cameras("c"))
    assert not found.full
    assert protection(drilled(site).state).full


def test_n_plus_m_is_not_full_when_a_pair_would_strand_cameras() -> None:
    channels = (Channel(number=1, priority=Priority.LOW), Channel(number=2))
    ranked = WorkingDevice(unit="a", channels=channels)
    site = Replay(group(ranked, device("b"), device("c"), capacity=3)).calm()
    found = protection(site.state)
    assert found.singles == {}
    assert found.pairs == {
        ("a", "b"): (Camera("a", 1),),
        ("a", "c"): (Camera("a", 1),),
        ("b", "c"): (Camera("c", 2),),
        ("a", SPARE): cameras("a", (2, 1)),
        ("b", SPARE): cameras("b"),
        ("c", SPARE): cameras("c"),
    }


def test_n_plus_m_a_device_larger_than_all_spares_strands_its_last_cameras() -> None:
    site = Replay(group(device("a", 6), capacity=2, second=3))
    assert protection(site.state).singles == {"a": (Camera("a", 6),)}


def test_n_plus_m_a_camera_without_its_own_source_is_stranded_by_any_failure() -> None:
    channels = (Channel(number=1, has_source=False), Channel(number=2))
    site = Replay(group(WorkingDevice(unit="a", channels=channels)))
    found = protection(site.state)
    assert found.singles == {"a": (Camera("a", 1),)}
    assert found.unproven == (Camera("a", 2),)


def test_n_plus_m_what_is_never_to_be_backed_up_is_not_stranded() -> None:
    never = WorkingDevice(unit="a", channels=(Channel(number=1, priority=Priority.NEVER),))
    site = Replay(group(never, device("b", protected=False), capacity=None))
    assert protection(site.state).full


def test_shared_spares_take_their_places_with_them() -> None:
    site = Replay(group(device("a"), device("b"), capacity=None, a=2, b=2))
    found = protection(site.state)
    assert found.singles == {}
    assert found.pairs == {("a", "b"): (*cameras("a"), *cameras("b"))}


def test_what_was_proven_outlives_a_restart() -> None:
    site = drilled(Replay(group(device("a"), capacity=2, second=2)).calm())
    site.restart()
    assert protection(site.state).full
    site.reconfigure(replace(site.state.group, devices=(device("a", 3),)))
    assert protection(site.state).unproven == (Camera("a", 3),)
