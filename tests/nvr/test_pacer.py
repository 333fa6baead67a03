"""Rounds at a pace that may change, in times far from what a busy machine could blur."""

import asyncio

from custom_components.nvr_hotspare.nvr.pacer import Pacer


async def take(pacer: Pacer, count: int, work: float = 0.0) -> list[float]:
    """Return when rounds began, counted from the first."""
    clock = asyncio.get_running_loop().time
    begun: list[float] = []
    rounds = pacer.rounds()
    async for _ in rounds:
        begun.append(clock())
        if len(begun) == count:
            break
        await asyncio.sleep(work)
    await rounds.aclose()
    return [at - begun[0] for at in begun]


async def test_the_time_that_work_takes_does_not_add_up() -> None:
    begun = await take(Pacer(lambda: 0.1), 6, work=0.08)
    assert 0.49 < begun[-1] < 0.7  # with drift it would be 0.9


async def test_a_faster_pace_is_taken_up_at_once() -> None:
    paces = [60.0]
    pacer = Pacer(lambda: paces[0])

    def hurry() -> None:
        paces[0] = 0.01
        pacer.wake()

    asyncio.get_running_loop().call_later(0.05, hurry)
    async with asyncio.timeout(10):
        assert len(await take(pacer, 3)) == 3


async def test_a_round_that_took_too_long_is_not_caught_up_with() -> None:
    pacer = Pacer(lambda: 0.05)
    clock = asyncio.get_running_loop().time
    begun: list[float] = []
    rounds = pacer.rounds()
    async for _ in rounds:
        begun.append(clock())
        if len(begun) == 1:
            await asyncio.sleep(0.5)
        if len(begun) == 4:
            break
    await rounds.aclose()
    assert begun[3] - begun[1] > 0.09


async def test_a_round_can_be_hurried_even_while_another_is_under_way() -> None:
    pacer = Pacer(lambda: 60.0)
    begun = 0
    rounds = pacer.rounds()
    async with asyncio.timeout(10):
        async for _ in rounds:
            begun += 1
            if begun == 1:
                asyncio.get_running_loop().call_later(0.05, pacer.hurry)
            elif begun == 2:
                pacer.hurry()
            else:
                break
    await rounds.aclose()
