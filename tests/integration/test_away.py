"""Home Assistant is away: the engine decides by itself, and tells when it is back."""

import asyncio
from datetime import datetime
import json
from pathlib import Path
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.nvr_hotspare.const import DOMAIN, EVENT_HAPPENED
from custom_components.nvr_hotspare.links.builtin import BuiltinLink
from custom_components.nvr_hotspare.reports.reports import moment
from custom_components.nvr_hotspare.settings import group as group_options
from tests.integration.lab import (
    Lab,
    add_builtin_group,
    add_device,
    entity_id,
    eventually,
    state,
)
from tests.integration.test_giving_back import give_back_into
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have engines decide after a short silence."""
    monkeypatch.setattr(group_options, "DEFAULT_AWAY_AFTER", 2)


@pytest.fixture
async def entry(
    hass: HomeAssistant, builtin_home: Path, nvr: VirtualNvr, cameras: list[VirtualCamera]
) -> ConfigEntry:
    """A group that is well, whose engine has its standing orders."""
    entry = await add_builtin_group(hass, builtin_home / "footage")
    await add_device(hass, entry, nvr, cameras)
    give_back_into(hass, entry, nvr)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
    await eventually(lambda: told(hass, entry).get("deciding") is False)
    return entry


def told(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Return what the engine has written about its decisions."""
    path = Path(hass.config.path(STORAGE_DIR, DOMAIN, entry.entry_id), "away.json")
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def outage(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Return what the engine knows of an outage of NVR-1; nothing where there is none."""
    devices = told(hass, entry).get("journal", {}).get("devices", {})
    return (devices.get("NVR-1") or {}).get("outage") or {}


async def away(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Let go of the group, and wait until the engine decides."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await eventually(lambda: told(hass, entry)["deciding"])


async def test_an_outage_that_began_while_away_goes_on(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = async_capture_events(hass, EVENT_HAPPENED)
    await away(hass, entry)
    assert "Built-in recorder obeys no longer" in caplog.messages
    await lab.stop("NVR-1")
    await eventually(lambda: outage(hass, entry).get("backing_up") is not None)
    since = outage(hass, entry)["since"]

    assert await hass.config_entries.async_setup(entry.entry_id)
    manager = entry.runtime_data.manager
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    assert "Built-in recorder obeys (term 3)" in caplog.messages
    assert manager.device_view("NVR-1").outage_since == since
    await eventually(lambda: [it.data["type"] for it in said] == ["heartbeat_lost", "backing_up"])
    await eventually(lambda: told(hass, entry)["deciding_since"] is None)

    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    (report,) = manager.reports.all("NVR-1")
    assert report["since"] == round(since, 3)
    assert report["backing_up_after"] is not None
    await eventually(lambda: "synchronized" in manager.reports.latest("NVR-1"))
    assert [it.data["type"] for it in said].count("returned") == 1


async def test_an_outage_that_began_and_ended_while_away_is_told_and_made_good(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    said = async_capture_events(hass, EVENT_HAPPENED)
    await away(hass, entry)
    await lab.stop("NVR-1")
    await eventually(lambda: outage(hass, entry).get("backing_up") is not None)
    since = outage(hass, entry)["since"]
    await lab.start(nvr.config)
    await eventually(lambda: not outage(hass, entry))
    ended = time.time()

    assert await hass.config_entries.async_setup(entry.entry_id)
    manager = entry.runtime_data.manager
    await eventually(lambda: manager.reports.latest("NVR-1") is not None)
    await eventually(lambda: "synchronized" in manager.reports.latest("NVR-1"))
    (report,) = manager.reports.all("NVR-1")
    assert report["since"] == round(since, 3)
    assert report["ended"] < moment(ended + 1)
    assert [it.data["type"] for it in said] == [
        "heartbeat_lost",
        "backing_up",
        "returned",
        "synchronized",
    ]
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_what_was_not_settled_is_told_once_all_the_same(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant is gone again before the engine was told that all is saved."""
    said = async_capture_events(hass, EVENT_HAPPENED)
    await away(hass, entry)
    await lab.stop("NVR-1")
    await eventually(lambda: outage(hass, entry).get("backing_up") is not None)
    since = outage(hass, entry)["since"]

    async def never(_: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr("custom_components.nvr_hotspare.links.engine.EngineLink.settle", never)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await eventually(lambda: len(said) == 2)
        await away(hass, entry)
    assert told(hass, entry)["deciding_since"] is not None

    assert await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: told(hass, entry)["deciding_since"] is None)
    assert entry.runtime_data.manager.device_view("NVR-1").outage_since == since
    assert [it.data["type"] for it in said] == ["heartbeat_lost", "backing_up"]


async def test_an_outage_that_is_known_stays_one_while_away(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    said = async_capture_events(hass, EVENT_HAPPENED)
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    since = entry.runtime_data.manager.device_view("NVR-1").outage_since
    await eventually(lambda: outage(hass, entry).get("backing_up") is not None)
    await away(hass, entry)
    await lab.start(nvr.config)
    await eventually(lambda: not outage(hass, entry))

    assert await hass.config_entries.async_setup(entry.entry_id)
    manager = entry.runtime_data.manager
    await eventually(lambda: manager.reports.latest("NVR-1") is not None)
    assert manager.reports.latest("NVR-1")["since"] == round(since, 3)
    kinds = [it.data["type"] for it in said]
    assert (kinds.count("heartbeat_lost"), kinds.count("returned")) == (1, 1)


async def test_the_engine_does_nothing_while_home_assistant_is_there(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await asyncio.sleep(2.5)
    assert told(hass, entry)["deciding"] is False
    assert told(hass, entry)["deciding_since"] is None


async def test_automations_see_it_as_soon_as_home_assistant_has_started(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    said = async_capture_events(hass, EVENT_HAPPENED)
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    await away(hass, entry)
    await lab.stop("NVR-1")
    await eventually(lambda: outage(hass, entry).get("backing_up") is not None)
    since = outage(hass, entry)["since"]

    hass.set_state(CoreState.not_running)
    assert await hass.config_entries.async_setup(entry.entry_id)
    manager = entry.runtime_data.manager
    await eventually(lambda: manager.device_view("NVR-1").working_status == "backing_up")
    assert state(hass, "sensor", nvr, "working_status") == "recording"
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    assert told(hass, entry)["deciding_since"] is not None
    assert not said

    changes.clear()
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await eventually(lambda: [it.data["type"] for it in said] == ["heartbeat_lost", "backing_up"])
    status = entity_id(hass, "sensor", nvr, "working_status")
    ways = [
        (it.data["old_state"].state, it.data["new_state"].state)
        for it in changes
        if it.data["entity_id"] == status
    ]
    assert ("recording", "backing_up") in ways
    happened = [
        datetime.fromisoformat(it.data["new_state"].attributes["happened_at"]).timestamp()
        for it in changes
        if it.data["entity_id"] == entity_id(hass, "event", nvr, "event")
    ]
    assert happened == sorted(happened)
    assert since < happened[0]
    await eventually(lambda: told(hass, entry)["deciding_since"] is None)


async def test_what_home_assistant_notices_itself_while_it_starts_is_told_then_too(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    said = async_capture_events(hass, EVENT_HAPPENED)
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.not_running)
    assert await hass.config_entries.async_setup(entry.entry_id)
    manager = entry.runtime_data.manager
    await lab.stop("NVR-1")
    await eventually(lambda: manager.device_view("NVR-1").working_status == "backing_up")
    noticed = time.time()
    assert state(hass, "sensor", nvr, "working_status") == "recording"
    assert not said

    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await eventually(lambda: [it.data["type"] for it in said] == ["heartbeat_lost", "backing_up"])
    event = hass.states.get(entity_id(hass, "event", nvr, "event"))
    assert event
    assert event.attributes["happened_at"] <= moment(noticed)


async def test_an_engine_may_answer_before_home_assistant_knows_all_units(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await away(hass, entry)
    await lab.stop("NVR-1")
    await eventually(lambda: outage(hass, entry).get("backing_up") is not None)
    since = outage(hass, entry)["since"]
    look = BuiltinLink._look_at_folder

    async def slowly(link: BuiltinLink) -> None:
        """Look at a folder on a disk that is slow to wake up."""
        await eventually(lambda: link.report is not None)
        await look(link)

    monkeypatch.setattr(BuiltinLink, "_look_at_folder", slowly)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.runtime_data.manager.device_view("NVR-1").outage_since == since
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
