"""Home Assistant itself as the spare: the real engine, real cameras, a real disk."""

from dataclasses import replace
import json
import os
from pathlib import Path
import signal
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare import manager
from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.recorder.report import ChannelReport, EngineReport
from tests.integration.flow import subentry_of
from tests.integration.lab import (
    CAMERA_PASSWORD,
    Lab,
    add_builtin_group,
    add_device,
    entity_id,
    eventually,
    issues,
    state,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    builtin_home: Path,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
    request: pytest.FixtureRequest,
) -> ConfigEntry:
    """A group that is well: NVR-1 records two cameras, Home Assistant is ready for them."""
    standby = getattr(request, "param", "warm")
    entry = await add_builtin_group(hass, builtin_home / "footage", standby=standby)
    await add_device(hass, entry, nvr, cameras)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    return entry


def spare_of(entry: ConfigEntry) -> str:
    (serial,) = [
        it.unique_id for it in entry.subentries.values() if (it.unique_id or "").startswith("built")
    ]
    assert serial
    return serial


def report(entry: ConfigEntry) -> EngineReport | None:
    found: EngineReport | None = entry.runtime_data.manager.link(spare_of(entry)).report
    return found


def told(entry: ConfigEntry) -> EngineReport:
    found = report(entry)
    assert found
    return found


def channels(entry: ConfigEntry) -> list[ChannelReport]:
    found = report(entry)
    return list(found.channels.values()) if found else []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def clips(folder: Path) -> list[Path]:
    return [path for path in files(folder) if path.stat().st_size > 1000]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_footage_begins_before_the_failure(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, builtin_home: Path
) -> None:
    await eventually(lambda: sum(it.ring_seconds > 1 for it in channels(entry)) == 2)
    assert not clips(builtin_home / "footage")
    await lab.stop("NVR-1")
    stopped = time.time_ns()
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    spare = spare_of(entry)
    assert state(hass, "sensor", spare, "channels_in_use") == "2"
    await eventually(lambda: sum(it.first_frame is not None for it in channels(entry)) == 2)
    assert all((it.first_frame or stopped) < stopped for it in channels(entry))

    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")
    assert len(clips(builtin_home / "footage")) >= 2


@pytest.mark.parametrize("entry", ["warm", "cold"], indirect=True)
async def test_that_the_spare_records_is_shown_without_asking_it_again_and_again(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timing = replace(manager.TIMING, busy_watch=600, calm_watch=600, window=5)
    monkeypatch.setattr(manager, "TIMING", timing)
    entry.runtime_data.manager.configure()
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await eventually(lambda: state(hass, "sensor", spare_of(entry), "channels_in_use") == "2")


async def test_a_camera_that_moves_is_watched_where_it_is(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    moved = await lab.cameras(2, gop=25)
    subentry = subentry_of(entry, nvr)
    channels_now = [
        {**channel, "uri": camera.uri}
        for channel, camera in zip(subentry.data["channels"], moved, strict=True)
    ]
    assert max(it.longest_gop for it in channels(entry)) < 1
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "channels": channels_now}
    )
    await eventually(lambda: [it.longest_gop for it in channels(entry)] == [1.0, 1.0])


@pytest.mark.parametrize("entry", ["cold"], indirect=True)
async def test_a_cold_spare_leaves_the_cameras_alone_until_the_failure(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await eventually(lambda: [it.has_source for it in channels(entry)] == [True, True])
    assert [it.state for it in channels(entry)] == [None, None]
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_the_spare_is_a_device_with_its_entities(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    spare = spare_of(entry)
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, spare), entry.entry_id)
    assert device
    assert device.name == "Built-in recorder"
    assert device.configuration_url is None
    found = er.async_entries_for_device(er.async_get(hass), device.id)
    assert {(it.domain, it.unique_id.removeprefix(f"{spare}_")) for it in found} == {
        ("binary_sensor", "connection"),
        ("sensor", "channels_in_use"),
        ("sensor", "free_channels"),
        ("sensor", "recording_bitrate"),
        ("sensor", "storage_free"),
        ("sensor", "storage_limit"),
        ("sensor", "storage_used"),
        ("sensor", "working_status"),
    }
    assert state(hass, "binary_sensor", spare, "connection") == "on"
    await eventually(lambda: state(hass, "sensor", spare, "storage_limit") == "1.0")
    assert float(state(hass, "sensor", spare, "storage_free")) > 1


async def test_the_engine_goes_on_while_the_group_is_reloaded_and_home_assistant_stops(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    pid = told(entry).pid
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"
    await eventually(lambda: report(entry) is not None)
    assert told(entry).pid == pid
    assert [it.recorded for it in channels(entry)] == [True, True]

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert report(entry) is None
    assert alive(pid)


async def test_an_outage_goes_on_when_the_engine_dies(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    pid = told(entry).pid
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: report(entry) is not None and told(entry).pid != pid)
    await eventually(lambda: sum(it.frames > 0 for it in channels(entry)) == 2)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


async def test_the_storage_is_unknown_while_no_engine_runs(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    spare = spare_of(entry)
    os.kill(told(entry).pid, signal.SIGKILL)
    await eventually(lambda: state(hass, "sensor", spare, "storage_used") == STATE_UNAVAILABLE)
    await eventually(lambda: state(hass, "sensor", spare, "storage_used") != STATE_UNAVAILABLE)


async def test_diagnostics_tell_of_the_engine_and_of_no_camera_by_name(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await eventually(lambda: len(channels(entry)) == 2)
    shown = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    (engine,) = [unit["engine"] for unit in shown["units"] if unit["engine"]]
    assert engine["storage"]["state"] == "ok"
    assert len(engine["channels"]) == 2
    text = json.dumps(shown)
    for secret in ("NVR-1", CAMERA_PASSWORD, nvr.config.host, spare_of(entry), "rtsp://"):
        assert secret not in text


async def test_removing_the_spare_ends_the_engine_and_keeps_the_footage(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, *, builtin_home: Path
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    pid = told(entry).pid
    subentry = next(it for it in entry.subentries.values() if it.unique_id == spare_of(entry))
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "not_backed_up")
    await eventually(lambda: not alive(pid))
    assert clips(builtin_home / "footage")


async def test_removing_the_group_ends_the_engine_and_keeps_the_footage(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, *, builtin_home: Path
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    pid = told(entry).pid
    assert await hass.config_entries.async_remove(entry.entry_id)
    await eventually(lambda: not alive(pid))
    assert clips(builtin_home / "footage")
    assert not files(builtin_home / "config")


@pytest.mark.usefixtures("entry")
async def test_a_folder_that_is_gone_is_told_until_it_is_back(
    hass: HomeAssistant, nvr: VirtualNvr, builtin_home: Path
) -> None:
    footage = builtin_home / "footage"
    footage.rename(builtin_home / "unplugged")
    await eventually(lambda: [it.translation_key for it in issues(hass)] == ["storage_unavailable"])
    placeholders = issues(hass)[0].translation_placeholders
    assert placeholders
    assert placeholders["folder"] == str(footage)
    assert placeholders["reason"]
    assert state(hass, "binary_sensor", nvr, "spare_ready") == "off"
    ready = hass.states.get(entity_id(hass, "binary_sensor", nvr, "spare_ready"))
    assert ready
    assert ready.attributes["reason"] == "spare_fails"
    (builtin_home / "unplugged").rename(footage)
    await eventually(lambda: not issues(hass))
    assert state(hass, "binary_sensor", nvr, "spare_ready") == "on"


async def test_a_disk_without_room_is_told_until_there_is_some(
    hass: HomeAssistant, builtin_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    await eventually(lambda: report(entry) is not None)
    monkeypatch.setattr("custom_components.nvr_hotspare.settings.builtin.FREE_FLOOR", 10**18)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await eventually(lambda: [it.translation_key for it in issues(hass)] == ["storage_full"])
    monkeypatch.undo()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await eventually(lambda: report(entry) is not None and not issues(hass))


async def test_a_folder_in_backups_is_told_and_does_not_hinder(
    hass: HomeAssistant, builtin_home: Path
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "config" / "footage")
    assert [it.translation_key for it in issues(hass)] == ["folder_in_backups"]
    await eventually(lambda: state(hass, "binary_sensor", spare_of(entry), "connection") == "on")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not issues(hass)


async def test_a_folder_that_nobody_can_look_at_is_the_engines_to_tell(
    hass: HomeAssistant, builtin_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, __: object) -> bool:
        raise OSError

    monkeypatch.setattr("custom_components.nvr_hotspare.links.builtin.in_backups", fail)
    entry = await add_builtin_group(hass, builtin_home / "config" / "footage")
    await eventually(lambda: report(entry) is not None)
    assert not issues(hass)
