"""Footage given back: real recorders, the real engine, a real folder."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from custom_components.nvr_hotspare.giving import CONF_GIVE_BACK, GivingBack, Way
from custom_components.nvr_hotspare.recorder.giving.inspection import inspect
from custom_components.nvr_hotspare.recorder.giving.naming import VIRTUAL_NVR
from tests.integration.lab import (
    Lab,
    add_builtin_group,
    add_device,
    add_group,
    entity_id,
    eventually,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr
from virtual_nvr.verify import count, verify

SECOND = 1_000_000_000


def give_back_into(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr) -> None:
    """Decide that a recorder gets its footage back, as a user does."""
    giving = GivingBack(
        way=Way.FOLDER, folder=str(nvr.config.folder / "recordings"), template=VIRTUAL_NVR
    )
    inspection = inspect(giving.target(1, ""), Path("/nowhere"), mark=True)
    assert inspection.problem is None
    (subentry,) = [it for it in entry.subentries.values() if it.unique_id == nvr.config.serial]
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_GIVE_BACK: giving.as_data()}
    )


@pytest.fixture(params=["recorder", "builtin"])
async def spare_alone(
    hass: HomeAssistant, lab: Lab, builtin_home: Path, request: pytest.FixtureRequest
) -> ConfigEntry:
    """A group of which there is the spare yet: another recorder, or Home Assistant."""
    if request.param == "recorder":
        return await add_group(hass, await lab.nvr("SPARE"))
    return await add_builtin_group(hass, builtin_home / "footage")


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    spare_alone: ConfigEntry,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
) -> ConfigEntry:
    """A group that is well."""
    entry = spare_alone
    await add_device(hass, entry, nvr, cameras)
    give_back_into(hass, entry, nvr)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    return entry


class Log:
    """What was shown of a device, one after the other."""

    def __init__(self, hass: HomeAssistant, nvr: VirtualNvr) -> None:
        self.statuses: list[str] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        status = entity_id(hass, "sensor", nvr, "working_status")
        event = entity_id(hass, "event", nvr, "event")

        @callback
        def changed(it: Event[EventStateChangedData]) -> None:
            new = it.data["new_state"]
            if new is None:
                return
            if it.data["entity_id"] == status and self.statuses[-1:] != [new.state]:
                self.statuses.append(new.state)
            elif it.data["entity_id"] == event:
                told = dict(new.attributes)
                self.events.append((str(told.get("event_type")), told))

        hass.bus.async_listen("state_changed", changed)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [data for name, data in self.events if name == kind]


@pytest.fixture
def log(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr) -> Log:
    """What is shown of NVR-1 from now on."""
    assert entry.runtime_data
    return Log(hass, nvr)


async def outage(hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, seconds: float = 3) -> None:
    """Let a recorder die, be backed up for a while, and come back."""
    await lab.stop(nvr.config.serial)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await asyncio.sleep(seconds)
    await lab.start(nvr.config)


async def synchronized(log: Log) -> dict[str, Any]:
    """Wait until footage was given back, or not; return what is told of it."""
    await eventually(lambda: bool(log.told("synchronized") or log.told("sync_failed")))
    assert not log.told("sync_failed")
    return log.told("synchronized")[0]


async def assert_whole(
    hass: HomeAssistant, nvr: VirtualNvr, since: int, told: Mapping[str, Any]
) -> None:
    """Both cameras are on the recorder's disk, every frame once, but for what is told."""
    folder, end = nvr.config.folder / "recordings", time.time_ns() - 2 * SECOND
    reports = await hass.async_add_executor_job(lambda: verify([folder], since, end))
    assert list(reports) == [1, 2]
    missing = {str(number): count(report.missing) for number, report in reports.items()}
    for number, channel in told["channels"].items():
        assert missing[number] == pytest.approx(channel["missing_frames"], abs=1)
    assert sum(count(it.doubled) for it in reports.values()) <= told["overlap_frames"]
    assert all(count(it.damaged) == it.out_of_order == 0 for it in reports.values())


@pytest.mark.usefixtures("entry")
async def test_what_the_spare_recorded_is_given_back(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, log: Log
) -> None:
    await asyncio.sleep(2)
    began = time.time_ns() - SECOND
    await outage(hass, lab, nvr)
    told = await synchronized(log)
    await assert_whole(hass, nvr, began, told)
    await eventually(lambda: log.statuses[-1] == "recording")
    assert [status for status in log.statuses if status != "recording"] == [
        "backing_up",
        "synchronizing",
    ]
    assert told["picked_up"] is True
    assert told["footage_returned"] > 5
