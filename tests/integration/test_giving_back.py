"""Footage given back: real recorders, the real engine, a real folder."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
import os
from pathlib import Path
import signal
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest

from custom_components.nvr_hotspare import manager
from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.giving import courier
from custom_components.nvr_hotspare.recorder.giving.inspection import inspect
from custom_components.nvr_hotspare.recorder.giving.naming import VIRTUAL_NVR
from custom_components.nvr_hotspare.recorder.giving.target import MARK
from custom_components.nvr_hotspare.settings.giving import CONF_GIVE_BACK, GivingBack, Way
from tests.integration.lab import (
    Lab,
    add_builtin_group,
    add_device,
    add_group,
    device_id,
    entity_id,
    eventually,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr
from virtual_nvr.verify import Report, count, verify

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
    hass: HomeAssistant, spare: VirtualNvr, builtin_home: Path, request: pytest.FixtureRequest
) -> ConfigEntry:
    """A group of which there is the spare yet: another recorder, or Home Assistant."""
    if request.param == "recorder":
        return await add_group(hass, spare)
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


async def on_disk(hass: HomeAssistant, nvr: VirtualNvr, since: int) -> Mapping[int, Report]:
    """Return what a recorder has of the time until now, as soon as it has written all of it."""
    folder, end = nvr.config.folder / "recordings", time.time_ns()

    def look(end: int | None = None) -> Mapping[int, Report]:
        return verify([folder], since, end)

    async with asyncio.timeout(30):
        while True:
            reports = (await hass.async_add_executor_job(look)).values()
            if reports and all(it.last is not None and it.last >= end for it in reports):
                return await hass.async_add_executor_job(look, end)
            await asyncio.sleep(0.2)


async def assert_whole(
    hass: HomeAssistant, nvr: VirtualNvr, since: int, told: Mapping[str, Any]
) -> None:
    """Both cameras are on the recorder's disk, every frame once, but for what is told."""
    reports = await on_disk(hass, nvr, since)
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
    # What is given back may flow in more than one run; nothing else comes after it.
    steps = (status for status in log.statuses if status != "recording")
    assert [status for status, _ in groupby(steps)] == ["backing_up", "synchronizing"]
    assert told["picked_up"] is True
    assert told["footage_returned"] > 5


def set_pace(hass: HomeAssistant, entry: ConfigEntry, **options: object) -> None:
    """Decide how quickly footage is given back, as a user does."""
    hass.config_entries.async_update_entry(entry, options=options)


def not_now(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Decide that footage is given back at another time of day."""
    now = dt_util.now()
    later = [(now + timedelta(hours=hours)).time().isoformat() for hours in (2, 3)]
    set_pace(hass, entry, window_from=later[0], window_to=later[1])


async def until(log: Log, status: str) -> None:
    await eventually(lambda: log.statuses[-1:] == [status])


@pytest.fixture
async def slow(hass: HomeAssistant, entry: ConfigEntry) -> ConfigEntry:
    """A group whose footage takes its time, until that is changed."""
    set_pace(hass, entry, bandwidth_mbit=0.05)
    await asyncio.sleep(2)
    return entry


async def until_footage_flows(hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, log: Log) -> int:
    """Let an outage come as far as its footage; return when it began."""
    began = time.time_ns() - SECOND
    await outage(hass, lab, nvr)
    await until(log, "synchronizing")
    return began


async def test_a_device_that_dies_again_gets_both_outages(
    hass: HomeAssistant, lab: Lab, slow: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    began = await until_footage_flows(hass, lab, nvr, log)
    await outage(hass, lab, nvr)
    set_pace(hass, slow)
    told = await synchronized(log)
    assert told["outages"] == 2
    assert "backing_up" in log.statuses[log.statuses.index("synchronizing") :]
    reports = slow.runtime_data.manager.reports.all("NVR-1")
    assert len({report["synchronized"] for report in reports}) == 1
    assert len(reports) == 2
    await assert_whole(hass, nvr, began, told)


async def test_home_assistant_restarts_meanwhile(
    hass: HomeAssistant, lab: Lab, slow: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    began = await until_footage_flows(hass, lab, nvr, log)
    assert await hass.config_entries.async_reload(slow.entry_id)
    set_pace(hass, slow)
    await assert_whole(hass, nvr, began, await synchronized(log))


async def test_a_device_that_dies_while_home_assistant_is_away_gets_nothing_twice(
    hass: HomeAssistant, lab: Lab, slow: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    began = await until_footage_flows(hass, lab, nvr, log)
    assert await hass.config_entries.async_unload(slow.entry_id)
    await lab.stop("NVR-1")
    assert await hass.config_entries.async_setup(slow.entry_id)
    await until(log, "backing_up")
    await lab.start(nvr.config)
    await until(log, "synchronizing")
    set_pace(hass, slow)
    told = await synchronized(log)
    assert told["outages"] == 2
    await assert_whole(hass, nvr, began, told)


async def test_an_engine_that_is_killed_is_started_again_and_goes_on(
    hass: HomeAssistant, lab: Lab, slow: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    began = await until_footage_flows(hass, lab, nvr, log)
    (engine,) = slow.runtime_data.manager.courier.engines
    os.kill((await engine.ask(lambda it: it.status())).pid, signal.SIGKILL)
    set_pace(hass, slow)
    await assert_whole(hass, nvr, began, await synchronized(log))


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once what failed, and let go at once of what nobody needs."""
    monkeypatch.setattr(manager, "TIMING", replace(manager.TIMING, sync_retry=1.0))
    monkeypatch.setattr(courier, "_RECOGNITION", 0.0)


@pytest.mark.usefixtures("_impatient")
async def test_a_folder_that_is_away_is_told_and_waited_for(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    entry.runtime_data.manager.configure()
    folder = nvr.config.folder / "recordings"
    await asyncio.sleep(2)
    began = time.time_ns() - SECOND
    await hass.async_add_executor_job((folder / MARK).unlink)
    await outage(hass, lab, nvr)
    await eventually(lambda: bool(log.told("sync_failed")))
    assert log.told("sync_failed")[0]["reason"] == "folder_gone"
    assert entry.runtime_data.manager.device_view("NVR-1").sync_problem == "folder_gone"
    await hass.async_add_executor_job((folder / MARK).touch)
    await eventually(lambda: bool(log.told("synchronized")))
    await assert_whole(hass, nvr, began, log.told("synchronized")[0])
    assert len(log.told("sync_failed")) == 1


async def test_footage_that_is_to_be_kept_on_the_spare_is_given_back_no_more(
    hass: HomeAssistant, lab: Lab, slow: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    await outage(hass, lab, nvr)
    await until(log, "synchronizing")
    (subentry,) = [it for it in slow.subentries.values() if it.unique_id == "NVR-1"]
    data = {**subentry.data, CONF_GIVE_BACK: GivingBack().as_data()}
    hass.config_entries.async_update_subentry(slow, subentry, data=data)
    await until(log, "recording")
    (engine,) = slow.runtime_data.manager.courier.engines
    await eventually(lambda: not engine.transfers)
    assert not log.told("synchronized")


async def test_footage_waits_for_its_time_of_day(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    not_now(hass, entry)
    await asyncio.sleep(2)
    began = time.time_ns() - SECOND
    await outage(hass, lab, nvr)
    await eventually(lambda: bool(log.told("returned")))
    await asyncio.sleep(4)
    assert "synchronizing" not in log.statuses
    set_pace(hass, entry)
    await assert_whole(hass, nvr, began, await synchronized(log))


@pytest.mark.parametrize("spare_alone", ["builtin"], indirect=True)
async def test_footage_is_given_back_at_once_if_the_user_says_so(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    not_now(hass, entry)
    await outage(hass, lab, nvr)
    await eventually(lambda: bool(log.told("returned")))

    async def synchronize() -> Any:
        target = {"device_id": device_id(hass, nvr)}
        call = hass.services.async_call
        return await call(DOMAIN, "synchronize_now", target, blocking=True, return_response=True)

    (told,) = (await synchronize())["recorders"]
    assert told["seconds_owed"] > 0
    assert (await synchronized(log))["footage_returned"] > 0
    with pytest.raises(ServiceValidationError, match="nothing to synchronize"):
        await synchronize()


@pytest.mark.usefixtures("_impatient")
async def test_the_hired_engine_is_let_go_when_nothing_is_owed(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, log: Log
) -> None:
    await outage(hass, lab, nvr)
    await synchronized(log)
    folder = courier.courier_state(hass, entry.entry_id)
    await eventually(lambda: not folder.exists())


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("spare_alone", ["recorder"], indirect=True)
async def test_a_spare_that_is_away_is_waited_for(  # noqa: PLR0917 (fixtures)
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    spare: VirtualNvr,
    log: Log,
) -> None:
    not_now(hass, entry)
    await asyncio.sleep(2)
    began = time.time_ns() - SECOND
    await outage(hass, lab, nvr)
    await eventually(lambda: bool(log.told("returned")))
    await lab.stop("SPARE")
    set_pace(hass, entry)
    await eventually(lambda: bool(log.told("sync_failed")))
    assert log.told("sync_failed")[0]["reason"] == "source_unreachable"
    await lab.start(spare.config)
    await eventually(lambda: bool(log.told("synchronized")))
    await assert_whole(hass, nvr, began, log.told("synchronized")[0])
