"""The ways to units: what is asked and told while they change, or lack what it takes."""

import asyncio

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.nvr.errors import UnitUnsupportedError
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.runtime import open_link
from tests.integration.lab import Lab, add_device, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr


class Wordless:
    """Has no words for what it records, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def recordings(self) -> None:
        self.asked += 1
        raise UnitUnsupportedError("It has no such service")


async def test_what_a_spare_was_told_is_finished_by_another_way_to_it(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = asyncio.Event()

    async def hang(*_: object) -> None:
        told.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(OnvifUnit, "record", hang)
        await lab.stop("NVR-1")
        await told.wait()
    manager = entry.runtime_data.manager
    manager.add(open_link(hass, entry.entry_id, manager.config("SPARE")))
    # Long before the machine would no longer wait for an end, and tell the spare again.
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


@pytest.mark.usefixtures("entry")
async def test_a_unit_that_told_what_it_records_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unit = Wordless()
    monkeypatch.setattr(OnvifUnit, "recordings", lambda _: unit.recordings())
    await eventually(lambda: unit.asked >= 3)


async def test_a_unit_that_never_told_is_let_be(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unit = Wordless()
    cameras = await lab.cameras(1)
    second = await lab.nvr("NVR-2", cameras)
    monkeypatch.setattr(OnvifUnit, "recordings", lambda _: unit.recordings())
    await add_device(hass, entry, second, cameras)
    await eventually(lambda: "does not tell what it records" in caplog.text)
    assert state(hass, "sensor", second, "working_status") == "unverified"
