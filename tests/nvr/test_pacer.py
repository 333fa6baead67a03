"""Rounds at a pace that may change, in a time of their own."""

import asyncio

import pytest

from custom_components.nvr_hotspare.nvr.pacer import Pacer
from tests.nvr import own_time


async def take(pacer: Pacer, count: int, *works: float) -> list[float]:
    """Return when rounds began, in which there is so much to do, counted from the first."""
    clock = asyncio.get_running_loop().time
    begun: list[float] = []
    rounds = pacer.rounds()
    async for _ in rounds:
        begun.append(clock())
        if len(begun) == count:
            break
        await asyncio.sleep(works[len(begun) - 1] if len(begun) <= len(works) else 0.0)
    await rounds.aclose()
    return [at - begun[0] for at in begun]


def test_the_time_that_work_takes_does_not_add_up() -> None:
    begun = own_time.run(take(Pacer(lambda: 5.0), 4, 4.0, 4.0, 4.0))
    assert begun == pytest.approx([0, 5, 10, 15])


def test_a_faster_pace_is_taken_up_at_once() -> None:
    async def hurried() -> list[float]:
        paces = [60.0]
        pacer = Pacer(lambda: paces[0])

        def hurry() -> None:
            paces[0] = 1.0
            pacer.wake()

        asyncio.get_running_loop().call_later(2.5, hurry)
        return await take(pacer, 3)

    assert own_time.run(hurried()) == pytest.approx([0, 2.5, 3.5])


def test_a_round_that_took_too_long_is_not_caught_up_with() -> None:
    begun = own_time.run(take(Pacer(lambda: 1.0), 4, 10.0))
    assert begun == pytest.approx([0, 10, 11, 12])


def test_a_round_can_be_hurried_even_while_another_is_under_way() -> None:
    async def hurried() -> list[float]:
        pacer = Pacer(lambda: 60.0)
        for moment in (2.0, 3.0):
            asyncio.get_running_loop().call_later(moment, pacer.hurry)
        return await take(pacer, 4, 0.0, 5.0)

    assert own_time.run(hurried()) == pytest.approx([0, 2, 7, 67])
