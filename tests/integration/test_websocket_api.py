"""What dashboards are told over the websocket, by real recorders."""

import asyncio
from collections.abc import Awaitable, Callable
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.nvr_hotspare.const import CONF_ADMINS_ONLY, DOMAIN
from custom_components.nvr_hotspare.settings.group import GroupOptions
from tests.integration.lab import Lab, device_id, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr

type Told = dict[str, Any]


class Dashboard:
    """One who looks at a group: what was told last, of the group and of each unit."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self.client = client
        self.group: Told = {}
        self.units: dict[str, Told] = {}
        self.absent: str | None = None
        self.messages = 0

    async def take(self) -> None:
        """Take one message."""
        async with asyncio.timeout(60):
            told = (await self.client.receive_json())["event"]
        self.messages += 1
        self.absent = told.get("absent")
        self.group = told.get("group", self.group)
        self.units |= {unit["id"]: unit for unit in told.get("units", ())}

    async def until(self, reached: Callable[[], object]) -> None:
        """Take messages until what is shown is as wanted."""
        while not reached():
            await self.take()

    def device(self, unit: str = "NVR-1") -> Told:
        told: Told = self.units[unit]["device"]
        return told


type Look = Callable[..., Awaitable[Dashboard]]


@pytest.fixture
def look(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Look:
    """Look at a group as a dashboard does."""

    async def look(**wanted: str) -> Dashboard:
        client = await hass_ws_client(hass)
        await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe"} | wanted)
        answer = await client.receive_json()
        assert answer["success"], answer
        dashboard = Dashboard(client)
        await dashboard.take()
        return dashboard

    return look


async def ask(dashboard: Dashboard, command: str, **arguments: Any) -> Told:
    """Ask something else, and skip what is told meanwhile."""
    await dashboard.client.send_json_auto_id({"type": f"{DOMAIN}/{command}"} | arguments)
    while (answer := await dashboard.client.receive_json())["type"] != "result":
        pass
    told: Told = answer
    return told


async def test_a_dashboard_is_told_all_of_a_group_at_once(
    entry: ConfigEntry, nvr: VirtualNvr, look: Look
) -> None:
    shown = await look(group=entry.entry_id)
    assert shown.group["id"] == entry.entry_id
    assert shown.group["units"] == ["NVR-1", "SPARE"]
    unit = shown.units["NVR-1"]
    assert (unit["address"], unit["connection"]) == (nvr.config.host, "online")
    device = shown.device()
    assert (device["status"], device["spare_ready"]) == ("recording", True)
    assert [camera["name"] for camera in device["cameras"]] == ["Camera 1", "Camera 2"]
    await shown.until(lambda: shown.device()["timeline"])
    assert [stretch["kind"] for stretch in shown.device()["timeline"]] == ["own"]
    spare = shown.units["SPARE"]["spare"]
    assert (spare["status"], spare["in_use"], spare["capacity"]) == ("idle", 0, 4)
    assert shown.units["SPARE"]["device"] is None


async def test_nothing_is_told_while_nothing_happens(entry: ConfigEntry, look: Look) -> None:
    shown = await look()
    await shown.until(lambda: shown.device()["timeline"])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3):  # ten heartbeats, six looks at each recorder
            await shown.client.receive_json()
    assert entry.runtime_data.feed


async def test_an_outage_is_told_as_it_goes(
    lab: Lab, nvr: VirtualNvr, entry: ConfigEntry, look: Look
) -> None:
    shown = await look(group=entry.entry_id)
    await shown.until(lambda: [it["kind"] for it in shown.device()["timeline"]][-1:] == ["own"])
    await asyncio.sleep(1)  # for longer than between two heartbeats
    await lab.stop("NVR-1")
    await shown.until(lambda: shown.units["NVR-1"]["connection"] == "offline")
    await shown.until(lambda: shown.device()["status"] == "backing_up")
    await shown.until(lambda: all(it["spare"] for it in shown.device()["cameras"]))
    await shown.until(lambda: shown.units["SPARE"]["spare"]["in_use"] == 2)
    spare = shown.units["SPARE"]["name"]
    assert shown.device()["spares"] == [spare]
    kinds = dict.fromkeys(stretch["kind"] for stretch in shown.device()["timeline"])
    assert list(kinds)[-3:] == ["own", "lost", "spare"]
    await lab.start(nvr.config)
    await shown.until(lambda: shown.device()["status"] == "recording")
    await shown.until(lambda: shown.device()["outage"])
    await shown.until(lambda: "to" in shown.device()["timeline"][-2])
    assert shown.device()["timeline"][-2]["kind"] == "spare"

    answer = await ask(shown, "outages", group=entry.entry_id)
    (outage,) = answer["result"]["outages"]
    assert (outage["unit"], outage["cause"], outage["spares"]) == ("NVR-1", "silence", [spare])
    assert all(camera["lost"] is not None for camera in outage["cameras"])

    answer = await ask(
        shown,
        "footage",
        group=entry.entry_id,
        unit="NVR-1",
        channel=1,
        start=outage["since"],
        end=time.time(),
    )
    assert answer["success"]
    for clip in answer["result"]["clips"]:
        assert clip["media_content_id"].startswith(f"media-source://{DOMAIN}/{entry.entry_id}/")
        assert "authSig" in clip["picture"]


async def test_a_camera_that_nobody_records_is_told_with_its_reason(
    lab: Lab, spare: VirtualNvr, nvr: VirtualNvr, entry: ConfigEntry, look: Look
) -> None:
    shown = await look(group=entry.entry_id)
    await lab.stop(spare.config.serial)
    await shown.until(lambda: shown.units["SPARE"]["connection"] == "offline")
    assert not shown.device()["spare_ready"]
    await lab.stop(nvr.config.serial)
    await shown.until(lambda: shown.device()["status"] == "not_backed_up")
    assert {camera["missed"] for camera in shown.device()["cameras"]} == {"spare_offline"}
    assert shown.device()["timeline"][-1]["kind"] == "lost"


async def test_a_camera_that_its_recorder_does_not_record_is_told(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, entry: ConfigEntry, look: Look
) -> None:
    hass.config_entries.async_update_entry(entry, options=GroupOptions(no_record=2).as_options())
    shown = await look(group=entry.entry_id)
    await lab.do(nvr.hold(1))
    await shown.until(lambda: shown.device()["status"] == "no_record")
    assert [camera["unrecorded"] for camera in shown.device()["cameras"]] == [True, False]
    await lab.do(nvr.let_go(1))
    await shown.until(lambda: shown.device()["status"] == "recording")
    assert not any(camera["unrecorded"] for camera in shown.device()["cameras"])


async def test_another_name_is_told(
    hass: HomeAssistant, nvr: VirtualNvr, entry: ConfigEntry, look: Look
) -> None:
    shown = await look(group=entry.entry_id)
    dr.async_get(hass).async_update_device(device_id(hass, nvr), name_by_user="Shop")
    await shown.until(lambda: shown.units["NVR-1"]["name"] == "Shop")


async def test_a_group_that_is_reloaded_is_followed_on(
    hass: HomeAssistant, nvr: VirtualNvr, entry: ConfigEntry, look: Look
) -> None:
    shown = await look()
    await hass.config_entries.async_unload(entry.entry_id)
    await shown.until(lambda: shown.absent == "not_loaded")
    await hass.config_entries.async_setup(entry.entry_id)
    await shown.until(lambda: shown.absent is None)
    assert shown.group["id"] == entry.entry_id
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_a_group_that_is_not_there_is_told_so(
    hass: HomeAssistant, entry: ConfigEntry, look: Look
) -> None:
    assert (await look(group="nowhere")).absent == "unknown"
    shown = await look()
    await hass.config_entries.async_remove(entry.entry_id)
    await shown.until(lambda: shown.absent == "no_group")
    assert not (await ask(shown, "outages", group=entry.entry_id))["success"]


async def test_footage_for_administrators_is_for_nobody_else(
    hass: HomeAssistant,
    entry: ConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_ADMINS_ONLY: True})
    client = await hass_ws_client(hass, hass_read_only_access_token)
    answer = await ask(
        Dashboard(client),
        "footage",
        group=entry.entry_id,
        unit="NVR-1",
        channel=1,
        start=0,
        end=1,
    )
    assert answer["error"]["translation_key"] == "footage_for_admins"


async def test_a_spare_that_is_away_tells_no_footage(
    lab: Lab, spare: VirtualNvr, entry: ConfigEntry, look: Look
) -> None:
    shown = await look(group=entry.entry_id)
    await lab.stop(spare.config.serial)
    await shown.until(lambda: shown.units["SPARE"]["connection"] == "offline")
    asked = {"group": entry.entry_id, "unit": "NVR-1", "channel": 1, "start": 1, "end": 2}
    answer = await ask(shown, "footage", **asked)
    assert answer["error"]["translation_key"] == "spare_away"


async def test_who_looks_no_more_is_told_no_more(entry: ConfigEntry, look: Look) -> None:
    shown = await look(group=entry.entry_id)
    await shown.client.close()
    await eventually(lambda: not entry.runtime_data.feed._followed)
