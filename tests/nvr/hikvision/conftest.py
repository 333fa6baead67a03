"""Recorders in software that speak as Hikvision's do, and drivers for them."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from custom_components.nvr_hotspare.nvr.hikvision import HikvisionUnit
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint
from tests.nvr.conftest import StartNvr, endpoint_of
from tests.nvr.hikvision.hikvision_lab import PASSWORD, StartHikvision
from virtual_nvr.hikvision.firmware import HikvisionFirmware
from virtual_nvr.nvr.config import Limits
from virtual_nvr.nvr.unit import VirtualNvr

type DriveHikvision = Callable[..., HikvisionUnit]


@pytest.fixture
def drive_hikvision(session: aiohttp.ClientSession) -> DriveHikvision:
    """Make drivers: of a virtual recorder, or of whatever is at an endpoint."""

    def make(
        unit: VirtualNvr | Endpoint, password: str = PASSWORD, **settings: Any
    ) -> HikvisionUnit:
        endpoint = unit if isinstance(unit, Endpoint) else endpoint_of(unit)
        account = Credentials(username="admin", password=password)
        return HikvisionUnit(session, endpoint, account, **settings)

    return make


@pytest.fixture
def start_hikvision(start_nvr: StartNvr, drive_hikvision: DriveHikvision) -> StartHikvision:
    """Start recorders of some channels with a driver; `fw_` begins the firmware's switches."""

    async def start(*, slots: int = 4, **settings: Any) -> tuple[VirtualNvr, HikvisionUnit]:
        firmware = {k.removeprefix("fw_"): settings.pop(k) for k in [*settings] if k[:3] == "fw_"}
        limits = Limits(recordings=slots, jobs=slots, receivers=slots)
        values = {"manufacturer": "Hikvision", "model": "DS-7608NI-K2", **settings}
        unit = await start_nvr(limits=limits, hikvision=HikvisionFirmware(**firmware), **values)
        return unit, drive_hikvision(unit)

    return start
