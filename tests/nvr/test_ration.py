"""An account is offered no more often than a unit bears."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from custom_components.nvr_hotspare.nvr import ration
from custom_components.nvr_hotspare.nvr.errors import UnitCredentialsError
from custom_components.nvr_hotspare.nvr.ration import AccountLockedError, Ration

HALF_AN_HOUR = 1800.0
DAY = 86_400.0

type Pass = Callable[[float], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Let time pass, by the only clock there is."""
    now = 1_000_000.0

    def pass_by(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(ration, "time", SimpleNamespace(monotonic=lambda: now))
    return pass_by


async def is_open(account: Ration) -> bool:
    try:
        async with account.turn():
            return True
    except AccountLockedError:
        return False


async def test_a_password_that_was_rejected_twice_is_not_offered_a_third_time(wait: Pass) -> None:
    account = Ration()
    for _ in range(2):
        assert await is_open(account)
        account.rejected()
    assert not await is_open(account)
    wait(HALF_AN_HOUR - 1)
    assert not await is_open(account)
    wait(2)
    assert await is_open(account)


async def test_within_any_half_hour_there_are_no_more_than_two_rejections(wait: Pass) -> None:
    account, offered = Ration(), list[int]()
    for minute in range(240):
        if await is_open(account):
            account.rejected()
            offered.append(minute)
        wait(60)
    assert len(offered) > 8
    assert all(later - earlier >= 30 for earlier, later in zip(offered, offered[2:], strict=False))


async def test_a_rejection_between_good_answers_closes_nothing(wait: Pass) -> None:
    account = Ration()
    for _ in range(5):
        account.rejected()
        assert await is_open(account)
        account.accepted()
        wait(60)


@pytest.mark.parametrize(
    ("told", "closed"), [(600.0, 600.0), (10 * DAY, DAY), (float("inf"), DAY), (-5.0, 0.0)]
)
async def test_a_unit_is_believed_for_how_long_it_locks_an_account_but_no_longer_than_a_day(
    wait: Pass, told: float, closed: float
) -> None:
    account = Ration()
    account.locked(told)
    if closed:
        wait(closed - 1)
        assert not await is_open(account)
        wait(2)
    assert await is_open(account)


async def test_a_lock_is_not_shortened_by_a_shorter_one(wait: Pass) -> None:
    account = Ration()
    account.locked(600.0)
    account.locked(10.0)
    wait(60)
    assert not await is_open(account)


async def test_that_it_is_locked_is_a_fault_of_the_credentials() -> None:
    account = Ration()
    account.locked(60.0)
    with pytest.raises(UnitCredentialsError, match="not offered again for now"):
        async with account.turn():
            pass


async def test_who_comes_first_goes_alone_and_costs_one_attempt_for_all(wait: Pass) -> None:
    account, attempts = Ration(), 0

    async def ask() -> None:
        nonlocal attempts
        async with account.turn():
            attempts += 1
            await asyncio.sleep(0)
            account.rejected()

    results = await asyncio.gather(*(ask() for _ in range(20)), return_exceptions=True)
    assert attempts == 2
    assert sum(isinstance(it, AccountLockedError) for it in results) == 18
    wait(0)


async def test_once_it_is_accepted_a_few_go_at_the_same_time(wait: Pass) -> None:
    account, under_way, most = Ration(), 0, 0
    account.accepted()

    async def ask() -> None:
        nonlocal under_way, most
        async with account.turn():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(ask() for _ in range(20)))
    assert most == 4
    wait(60)  # what was accepted a minute ago may be wrong by now
    most = 0
    await asyncio.gather(*(ask() for _ in range(20)))
    assert most == 1


async def test_a_turn_that_fails_or_is_given_up_makes_way_for_the_next() -> None:
    account = Ration()
    with pytest.raises(ZeroDivisionError):
        async with account.turn():
            raise ZeroDivisionError
    entered = asyncio.Event()

    async def hang() -> None:
        async with account.turn():
            entered.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await entered.wait()
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
    assert await is_open(account)
