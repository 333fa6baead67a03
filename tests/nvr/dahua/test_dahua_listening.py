"""A Dahua recorder that tells by itself: heartbeats, disks, and what its silence means."""

import pytest

from custom_components.nvr_hotspare.nvr.base import Subscription
from custom_components.nvr_hotspare.nvr.dahua import listening
from custom_components.nvr_hotspare.nvr.errors import UnitUnreachableError
from custom_components.nvr_hotspare.nvr.model import StorageState
from tests.nvr.dahua.dahua_lab import StartDahua, api_of, eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "EVERY", 1)
    monkeypatch.setattr(listening, "SILENCE", 3.0)


async def hear(subscription: Subscription) -> None:
    """Listen until it breaks off."""
    while True:
        await subscription.pull()


async def test_it_tells_how_its_disks_are_and_then_that_it_lives(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    subscription = await driver.subscribe()
    assert await subscription.pull() == [StorageState(storage="/dev/sda", failed=False)]
    for _ in range(3):
        assert await subscription.pull() == []
    assert api_of(unit).events.listeners == 1
    await subscription.close()

    async def is_alone() -> bool:
        return not api_of(unit).events.listeners

    await eventually(is_alone)


async def test_a_disk_that_fails_is_told_at_once(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    subscription = await driver.subscribe()
    await subscription.pull()
    api_of(unit).events.tell("VideoMotion", "Start", 1, Region="a\nb")
    api_of(unit).events.tell("StorageFailure", "Start", 0, Name="/dev/sda")
    told = [await subscription.pull() for _ in range(2)]
    assert told == [[], [StorageState(storage="StorageFailure 0", failed=True)]]
    api_of(unit).events.tell("StorageFailure", "Stop")
    assert await subscription.pull() == [StorageState(storage="StorageFailure 0", failed=False)]
    await subscription.close()


async def test_a_disk_that_had_failed_before_is_told_first(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    await unit.fail_storage()
    subscription = await driver.subscribe()
    assert await subscription.pull() == [StorageState(storage="/dev/sda", failed=True)]
    await subscription.close()


async def test_a_recorder_that_falls_silent_is_noticed(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    subscription = await driver.subscribe()
    await subscription.pull()
    await subscription.pull()
    api_of(unit).events.silent = True
    with pytest.raises(UnitUnreachableError):
        await hear(subscription)
    await subscription.close()


async def test_a_recorder_that_goes_away_is_noticed_at_once(start_dahua: StartDahua) -> None:
    unit, driver = await start_dahua()
    subscription = await driver.subscribe()
    await subscription.pull()
    unit.reboot()
    with pytest.raises(UnitUnreachableError):
        await hear(subscription)
    await subscription.close()


async def test_the_silence_of_one_that_never_sends_heartbeats_means_nothing(
    start_dahua: StartDahua,
) -> None:
    _, driver = await start_dahua(fw_sends_heartbeats=False)
    subscription = await driver.subscribe()
    await subscription.pull()
    for _ in range(2):
        with pytest.raises(UnitUnreachableError):
            await subscription.pull()
    await subscription.close()
