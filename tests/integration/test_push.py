"""What recorders tell by themselves: heartbeats at a webhook, restarts and broken disks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
import json
from urllib.parse import urlsplit

import aiohttp
from homeassistant.components.webhook import DOMAIN as WEBHOOK
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare import manager
from custom_components.nvr_hotspare.nvr.errors import UnitError
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit, pullpoint
from custom_components.nvr_hotspare.signs import listening
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import PASSWORD, Lab, add_device, entity_id, eventually, state
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import Limits
from virtual_nvr.nvr.unit import VirtualNvr

PUSHES = {"push": True, "local_only": True}


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr(listening, "LAST_PAUSE", 0.4)


async def push_to(url: str, method: str = "POST") -> None:
    """Push once, with a picture as an alarm server gets it."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data={"picture": BytesIO(b"0" * 100_000)}) as answer,
    ):
        assert answer.status == 200


async def path_of_pushes(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr) -> str:
    """Switch pushing on, as a user does; returns where to."""
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    form = await flow.choose("push")
    url: str = form["description_placeholders"]["url"]
    assert flow.suggested == {"push": False, "local_only": True}
    assert (await flow.enter(PUSHES))["reason"] == "reconfigure_successful"
    return urlsplit(url).path


@pytest.fixture
async def path(hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr) -> str:
    """Where NVR-1 may push."""
    return await path_of_pushes(hass, entry, nvr)


@pytest.fixture
async def url(path: str, hass_client_no_auth: ClientSessionGenerator) -> str:
    """The same as anybody in the home network sees it."""
    return f"http://127.0.0.1:{(await hass_client_no_auth()).port}{path}"


@pytest.fixture
async def seldom(monkeypatch: pytest.MonkeyPatch, entry: ConfigEntry) -> None:
    """Probe units so seldom that within a test nobody would miss them."""
    monkeypatch.setattr(manager, "TIMING", replace(manager.TIMING, interval=600.0))
    entry.runtime_data.manager.configure()


@pytest.fixture
async def pusher(url: str) -> AsyncIterator[asyncio.Task[None]]:
    """A machine that pushes for NVR-1 until it is cancelled."""

    async def push() -> None:
        while True:
            await push_to(url)
            await asyncio.sleep(0.6)

    task = asyncio.create_task(push())
    yield task
    task.cancel()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
async def test_whatever_is_sent_there_is_a_sign_of_life(
    method: str, hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, url: str
) -> None:
    await lab.stop("NVR-1")
    for _ in range(40):  # for twice the window
        await push_to(url, method)
        await asyncio.sleep(0.1)
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")


@pytest.mark.usefixtures("seldom")
async def test_a_pushing_unit_that_falls_silent_is_suspected_at_once(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, url: str
) -> None:
    await lab.stop("NVR-1")
    await lab.start(replace(nvr.config, push_url=url, push_seconds=0.6))
    await asyncio.sleep(4.0)  # it is known by then how often it pushes
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")


@pytest.mark.usefixtures("seldom")
async def test_a_unit_that_only_ceases_to_push_is_well(
    hass: HomeAssistant, nvr: VirtualNvr, pusher: asyncio.Task[None]
) -> None:
    await asyncio.sleep(4.0)
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    pusher.cancel()
    await asyncio.sleep(3.0)
    connection = entity_id(hass, "binary_sensor", nvr, "connection")
    assert not any(event.data["entity_id"] == connection for event in changes)


@pytest.mark.usefixtures("seldom")
async def test_a_unit_that_breaks_off_is_suspected_at_once(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pullpoint, "WAIT", 1)
    monkeypatch.setattr(listening, "STEADY", 1)
    await asyncio.sleep(4.0)
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")


@pytest.mark.usefixtures("entry")
async def test_a_restart_that_a_unit_announces_is_no_outage(
    hass: HomeAssistant, nvr: VirtualNvr, lab: Lab
) -> None:
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)

    async def announce() -> None:
        nvr.announce_restart()

    await lab.do(announce())
    await asyncio.sleep(6.0)
    connection = entity_id(hass, "binary_sensor", nvr, "connection")
    assert not any(event.data["entity_id"] == connection for event in changes)
    assert state(hass, "binary_sensor", nvr, "connection") == "on"


@pytest.mark.usefixtures("entry")
async def test_a_broken_disk_counts_at_once(hass: HomeAssistant, nvr: VirtualNvr, lab: Lab) -> None:
    await lab.do(nvr.fail_storage())
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "no_record")
    await lab.do(nvr.mend_storage())
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_a_unit_without_room_for_listeners_is_well_and_asked_again(
    hass: HomeAssistant,
    lab: Lab,
    group: ConfigEntry,
    cameras: list[VirtualCamera],
    caplog: pytest.LogCaptureFixture,
) -> None:
    nvr = await lab.nvr("NVR-1", cameras, limits=Limits(pull_points=1))
    async with aiohttp.ClientSession() as session:
        endpoint = Endpoint(host=nvr.config.host, port=nvr.config.http_port)
        other = OnvifUnit(session, endpoint, Credentials(username="admin", password=PASSWORD))
        subscription = await other.subscribe()
        await add_device(hass, group, nvr, cameras)
        await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
        await eventually(lambda: "There is no room for another pull point" in caplog.text)
        ours = (it for it in caplog.records if it.name.startswith("custom_components"))
        assert not [it for it in ours if it.levelname in {"WARNING", "ERROR"}]
        await subscription.close()

        async def taken() -> bool:
            try:
                mine = await other.subscribe()
            except UnitError:
                return True
            await mine.close()
            return False

        async with asyncio.timeout(30):
            while not await taken():  # noqa: ASYNC110 - what is waited for happens elsewhere
                await asyncio.sleep(0.3)


async def test_the_address_is_kept_until_it_is_given_up(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, path: str
) -> None:
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    form = await flow.choose("push")
    assert form["description_placeholders"]["url"].endswith(path)
    assert flow.suggested == PUSHES
    await flow.enter({"push": False, "local_only": True})
    assert hass.data[WEBHOOK] == {}
    assert await path_of_pushes(hass, entry, nvr) != path


async def test_an_address_is_shown_though_home_assistant_does_not_know_its_own(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    hass.config.api = None
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    form = await flow.choose("push")
    url = form["description_placeholders"]["url"]
    assert url.startswith("http://homeassistant.local:8123/api/webhook/")


async def test_the_address_comes_and_goes_with_the_group(
    hass: HomeAssistant, entry: ConfigEntry, path: str
) -> None:
    webhook_id = path.rpartition("/")[2]
    assert len(bytes.fromhex(webhook_id)) == 32
    assert hass.data[WEBHOOK][webhook_id].local_only
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert hass.data[WEBHOOK] == {}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: webhook_id in hass.data[WEBHOOK])


async def test_the_address_stays_secret(
    hass: HomeAssistant,
    entry: ConfigEntry,
    path: str,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "custom_components.nvr_hotspare")
    secret = path.rpartition("/")[2]
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert secret not in json.dumps(told)
    assert any(secret in json.dumps(dict(it.data)) for it in entry.subentries.values())
    await push_to(f"http://127.0.0.1:{(await hass_client()).port}{path}")
    assert await hass.config_entries.async_unload(entry.entry_id)
    ours = (it for it in caplog.records if it.name.startswith("custom_components"))
    assert not [it for it in ours if secret in it.getMessage()]
