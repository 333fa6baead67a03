"""Commands to a spare that are interrupted, fail, or succeed without an answer.

Between any two requests, and whether the unit got the last one or not.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from custom_components.nvr_hotspare.nvr.errors import UnitError
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.nvr.onvif.wsdl import Service
from tests.nvr.conftest import Drive, StartNvr, endpoint_of
from tests.nvr.scripted_unit import CuttingProxy, cutting_proxy, failing_proxy, fault
from tests.nvr.spare_lab import KEYS, PLACES, counts, make_place, modes, sources
from virtual_nvr.nvr.config import Auth
from virtual_nvr.nvr.unit import VirtualNvr

_TWO, _TWO_KEYS = PLACES[:2], KEYS[:2]


async def _do(driver: OnvifUnit, action: str) -> Mapping[str, str]:
    match action:
        case "provision":
            await driver.provision(_TWO)
        case "record":
            return await driver.record(_TWO)
        case "release":
            await driver.release(_TWO_KEYS)
        case "unprovision":
            await driver.unprovision(_TWO_KEYS)
    return {}


async def _begin(driver: OnvifUnit, action: str) -> None:
    """Bring about what an action is to change."""
    if action in {"release", "unprovision"}:
        await driver.record(_TWO)
    else:
        await driver.unprovision(_TWO_KEYS)


@dataclass(frozen=True, slots=True)
class _Mishap:
    """How one exchange goes wrong; `after` the unit has done it, or before."""

    kind: str
    after: bool

    def __str__(self) -> str:
        return f"{self.kind} {'after' if self.after else 'before'}"

    @asynccontextmanager
    async def line(
        self, unit: VirtualNvr, number: int, cancel: Callable[[], object]
    ) -> AsyncIterator[CuttingProxy]:
        """Stand before a unit with a line of which the exchange of this number goes wrong."""

        def fail() -> bytes:
            match self.kind:
                case "fault":
                    return fault("Action", status="500 Internal Server Error")
                case "cancel":
                    cancel()
            return b""

        if self.kind == "cut":
            target = endpoint_of(unit)
            async with cutting_proxy(target, whole=number, forward_last=self.after) as proxy:
                yield proxy
        else:
            async with failing_proxy(
                endpoint_of(unit), number, after=self.after, fail=fail
            ) as proxy:
                yield proxy


_MISHAPS = [
    _Mishap("cut", after=False),
    _Mishap("cut", after=True),
    _Mishap("fault", after=False),
    _Mishap("cancel", after=True),
]


async def _go_wrong(
    unit: VirtualNvr, drive: Drive, action: str, mishap: _Mishap, number: int
) -> bool:
    """Do something of which one exchange goes wrong; returns whether there are as many."""
    acting: asyncio.Task[object] | None = None

    def cancel() -> None:
        assert acting
        acting.cancel()

    async with mishap.line(unit, number, cancel) as proxy:
        acting = asyncio.create_task(_do(drive(proxy.endpoint), action))
        try:
            await acting
        except UnitError, asyncio.CancelledError:
            return True
        return len(proxy.passed) > number


_ENDS = {
    "provision": ((2, 2, 2), ["Idle"] * 2),
    "record": ((2, 2, 2), ["Active"] * 2),
    "release": ((2, 2, 2), ["Idle"] * 2),
    "unprovision": ((0, 0, 0), []),
}


@pytest.mark.parametrize("mishap", _MISHAPS, ids=str)
@pytest.mark.parametrize("action", _ENDS)
async def test_whatever_goes_wrong_ends_right_when_repeated(
    action: str, mishap: _Mishap, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=Auth.WSSE)
    number, reached = 0, True
    while reached:
        await _begin(drive(unit), action)
        reached = await _go_wrong(unit, drive, action, mishap, number)
        assert await _do(drive(unit), action) == {}
        assert (counts(unit), modes(unit)) == _ENDS[action], f"exchange {number}"
        if action != "unprovision":
            assert {it.uri for it in sources(unit)} == {it.source.uri for it in _TWO}
            assert {it.password for it in sources(unit)} == {"p@ss:w/rd"}
        number += 1
    assert number > len(_TWO)


@pytest.mark.parametrize("mishap", _MISHAPS[:2], ids=str)
@pytest.mark.parametrize("action", ["provision", "unprovision"])
async def test_nothing_is_left_half_built_by_what_is_never_repeated(
    action: str, mishap: _Mishap, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=Auth.WSSE, keeps_receivers=True)
    other = make_place(9)
    number, reached = 0, True
    while reached:
        await _begin(drive(unit), action)
        reached = await _go_wrong(unit, drive, action, mishap, number)
        await drive(unit).provision([other])
        recordings, receivers, jobs = counts(unit)
        assert recordings == receivers == jobs, f"exchange {number}"
        assert 1 <= jobs <= 3
        await drive(unit).unprovision([other.key])
        number += 1
    assert number > len(_TWO)


async def test_what_others_made_is_never_tidied_up(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr()
    driver = drive(unit)
    labels = {"SourceId": "urn:other", "Name": "", "Location": "", "Description": "", "Address": ""}
    await _create(driver, labels)
    await driver.provision(_TWO)
    await driver.unprovision(_TWO_KEYS)
    await driver.provision(_TWO[:1])
    assert counts(unit) == (2, 1, 1)


async def test_two_that_command_at_once_leave_nothing_twice(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr()
    first, second = drive(unit), drive(unit)
    await asyncio.gather(first.record(_TWO), second.record(_TWO), return_exceptions=True)
    assert await second.record(_TWO) == {}
    await second.provision(_TWO)
    assert (counts(unit), modes(unit)) == _ENDS["record"]
    await second.release(_TWO_KEYS)
    await second.unprovision(_TWO_KEYS)
    assert counts(unit) == (0, 0, 0)


async def _create(driver: OnvifUnit, labels: Mapping[str, str]) -> None:
    """Make a recording that is not ours."""
    configuration = {"Source": dict(labels), "Content": "", "MaximumRetentionTime": "PT0S"}
    await driver._client.call(
        Service.RECORDING, "CreateRecording", RecordingConfiguration=configuration
    )
