"""Recorders in software that speak as Dahua's do, and drivers for them."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from custom_components.nvr_hotspare.nvr.dahua import DahuaUnit
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint
from tests.nvr.conftest import StartNvr, endpoint_of
from tests.nvr.dahua.dahua_lab import PASSWORD, StartDahua
from virtual_nvr.dahua.firmware import DahuaFirmware
from virtual_nvr.nvr.config import Limits
from virtual_nvr.nvr.unit import VirtualNvr

type DriveDahua = Callable[..., DahuaUnit]


@pytest.fixture
def drive_dahua(session: aiohttp.ClientSession) -> DriveDahua:
    """Make drivers: of a virtual recorder, or of whatever is at an endpoint."""

    def make(unit: VirtualNvr | Endpoint, password: str = PASSWORD, **settings: Any) -> DahuaUnit:
        endpoint = unit if isinstance(unit, Endpoint) else endpoint_of(unit)
        account = Credentials(username="admin", password=password)
        return DahuaUnit(session, endpoint, account, **settings)

    return make


@pytest.fixture
def start_dahua(start_nvr: StartNvr, drive_dahua: DriveDahua) -> StartDahua:
    """Start recorders of some channels with a driver; `fw_` begins the firmware's switches."""

    async def start(*, slots: int = 4, **settings: Any) -> tuple[VirtualNvr, DahuaUnit]:
        firmware = {k.removeprefix("fw_"): settings.pop(k) for k in [*settings] if k[:3] == "fw_"}
        limits = Limits(recordings=slots, jobs=slots, receivers=slots)
        values = {"manufacturer": "Dahua", "model": "NVR4216-4KS2", "firmware": "4.001", **settings}
        unit = await start_nvr(limits=limits, dahua=DahuaFirmware(**firmware), **values)
        return unit, drive_dahua(unit)

    return start
