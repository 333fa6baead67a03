"""Which engine has which device in charge while the manager is away."""

from custom_components.nvr_hotspare.failover.charge import charges
from custom_components.nvr_hotspare.failover.model import Channel, Group, WorkingDevice
from tests.failover.replay import SPARE, Replay, device, group

ENGINES = (SPARE, "second")


def calm(of: Group) -> Replay:
    return Replay(of).calm()


def test_a_device_is_in_the_charge_of_the_engine_that_would_stand_in() -> None:
    site = calm(group(device("a"), device("b", 3), capacity=4, second=4))
    assert charges(site.state, ENGINES) == {"a": SPARE, "b": "second"}


def test_what_is_at_home_with_no_engine_goes_to_the_first_with_room_for_all_of_it() -> None:
    site = calm(group(device("a"), device("b", 4), capacity=3, second=4))
    assert charges(site.state, ("second",)) == {"a": "second", "b": "second"}
    assert charges(site.state, (SPARE,)) == {"a": SPARE}
    assert charges(site.state, ()) == {}


def test_in_an_outage_the_one_that_stands_in_has_it_in_charge() -> None:
    site = calm(group(device("a"), device("b"), capacity=2, second=4))
    assert charges(site.state, ENGINES)["a"] == SPARE
    site.kill(SPARE).show(spare="second").kill("a").obey()
    assert site.device("a").spare == "second"
    assert charges(site.state, ENGINES)["a"] == "second"
    assert "a" not in charges(site.state, (SPARE,))


def test_what_several_spares_share_is_in_nobodys_charge() -> None:
    site = calm(group(device("a", 4), capacity=2, second=2)).kill("a").obey()
    assert set(site.device("a").spares.values()) == {SPARE, "second"}
    assert charges(site.state, ENGINES) == {}


def test_what_cannot_be_recorded_is_in_nobodys_charge() -> None:
    blind = WorkingDevice(unit="a", channels=(Channel(number=1, has_source=False),))
    site = calm(group(blind, device("b", protected=False), device("c", 9)))
    assert charges(site.state, ENGINES) == {}
