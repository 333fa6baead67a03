"""How well the clock of a unit is known, in a time of the tests' own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
import itertools
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.nvr import clock
from custom_components.nvr_hotspare.nvr.clock import ClockBounds, ClockMeter
from custom_components.nvr_hotspare.nvr.model import Heartbeat

NOON = 1_795_435_200.0


@dataclass
class World:
    """Stands in for the modules `time` and `asyncio`; whoever sleeps may wake late."""

    now: float = NOON
    late: Iterator[float] = field(default_factory=lambda: itertools.repeat(0.0))

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - NOON

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + next(self.late)


class Unit:
    """Tells the time of its clock, in whole seconds; the way there and back takes a while."""

    def __init__(
        self, world: World, ahead: float | None, ways: Sequence[tuple[float, float]]
    ) -> None:
        self.asked = 0
        self._world = world
        self._ahead = ahead
        self._ways = itertools.cycle(ways)

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:  # noqa: ARG002
        self.asked += 1
        sent, (there, back) = self._world.now, next(self._ways)
        arrived = sent + there
        self._world.now = arrived + back
        if self._ahead is None:
            return Heartbeat(round_trip=there + back, clock_offset=None)
        told = math.floor(arrived + self._ahead)
        return Heartbeat(
            round_trip=there + back, clock_offset=told + 0.5 - (sent + (there + back) / 2)
        )


async def measure(
    world: World, ahead: float | None, ways: Sequence[tuple[float, float]] = ((0.002, 0.003),)
) -> tuple[ClockBounds, int]:
    """Return what is found, and how often the unit was asked."""
    unit = Unit(world, ahead, ways)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "time", world)
        patch.setattr(clock, "asyncio", world)
        return await ClockMeter(unit).measure(), unit.asked


@pytest.mark.parametrize("begun", [0.0, 0.13, 0.37, 0.5, 0.77, 0.99])
@pytest.mark.parametrize("ahead", [3600.0, -7.5, 0.4, -0.35])
async def test_a_clock_that_is_wrong_is_known_to_a_twentieth_of_a_second(
    ahead: float, begun: float
) -> None:
    bounds, asked = await measure(World(NOON + begun), ahead)
    assert bounds.least <= ahead <= bounds.most
    assert bounds.width <= 0.05
    assert bounds.ahead == pytest.approx(ahead * 1e9, abs=25_000_000)
    assert asked <= 7


@pytest.mark.parametrize("begun", [0.0, 0.13, 0.37, 0.5, 0.77, 0.99])
async def test_a_clock_that_agrees_is_asked_less_and_taken_as_it_is(begun: float) -> None:
    bounds, asked = await measure(World(NOON + begun), 0.0)
    assert bounds.agree
    assert bounds.ahead == 0
    assert bounds.width <= 0.3
    assert asked <= 4


seconds = st.floats(0, 2)


@given(
    begun=st.floats(0, 1),
    ahead=st.floats(-2, 2) | st.floats(-90_000, 90_000),
    ways=st.lists(st.tuples(seconds, seconds), min_size=1, max_size=10),
    late=st.lists(seconds, min_size=1, max_size=10),
)
async def test_however_late_answers_are_nothing_wrong_is_believed(
    begun: float, ahead: float, ways: list[tuple[float, float]], late: list[float]
) -> None:
    bounds, _ = await measure(World(NOON + begun, itertools.cycle(late)), ahead, ways)
    assert bounds.least - 1e-4 <= ahead <= bounds.most + 1e-4
    # Whether it is taken off or not, no time is off by more than is told.
    assert abs(bounds.ahead - ahead * 1e9) <= bounds.doubt(bounds.ahead) + 100_000


async def test_a_unit_that_tells_no_time_is_not_asked_on_and_on() -> None:
    bounds, asked = await measure(World(), None)
    assert bounds == ClockBounds(-2.0, 2.0)
    assert asked == 2


def test_a_clock_that_may_well_agree_is_not_corrected() -> None:
    bounds = ClockBounds(-0.05, 0.2)
    assert bounds.ahead == 0
    assert bounds.doubt(0) == 200_000_000
    assert ClockBounds(0.05, 0.25).ahead == 150_000_000
