"""WebRTC by way of Home Assistant's own go2rtc integration, against what speaks go2rtc's API."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.components.camera import async_get_image
from homeassistant.components.camera.helper import get_camera_from_entity_id
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.integration import go2rtc
from tests.integration.go2rtc import Go2Rtc
from tests.integration.lab import Lab, entity_id, eventually
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def server(hass: HomeAssistant) -> AsyncIterator[Go2Rtc]:
    """A server that Home Assistant was told to use."""
    async with go2rtc.running() as server:
        assert await async_setup_component(hass, "go2rtc", {"go2rtc": {"url": server.url}})
        await hass.async_block_till_done()
        yield server


async def _offer(hass_ws_client: WebSocketGenerator, camera: str) -> dict[str, Any]:
    """Ask to watch by WebRTC, as the frontend does; return the answer."""
    client = await hass_ws_client()
    await client.send_json_auto_id(
        {"type": "camera/webrtc/offer", "entity_id": camera, "offer": "v=0 an offer"}
    )
    while True:
        message = await client.receive_json()
        event: dict[str, Any] = message.get("event", {})
        if event.get("type") in {"answer", "error"}:
            return event


def _played(server: Go2Rtc) -> str:
    """Return from where the one stream is played."""
    ((address, *_),) = server.streams.values()
    return address


@pytest.mark.usefixtures("entry")
async def test_webrtc_follows_the_recorder(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    lab: Lab,
    nvr: VirtualNvr,
    server: Go2Rtc,
) -> None:
    camera = entity_id(hass, "camera", nvr, "live_1")
    view = get_camera_from_entity_id(hass, camera)
    await eventually(lambda: view.extra_state_attributes == {"live_from": "nvr"})
    answer = await _offer(hass_ws_client, camera)
    assert answer == {"type": "answer", "answer": go2rtc.ANSWER}
    assert nvr.config.host in _played(server)
    assert server.open == 1
    assert (await async_get_image(hass, camera)).content == go2rtc.SNAPSHOT

    await lab.stop("NVR-1")
    await eventually(lambda: view.extra_state_attributes == {"live_from": "camera"})
    await eventually(lambda: server.open == 0)  # whoever watches asks again
    await _offer(hass_ws_client, camera)
    assert nvr.config.host not in _played(server)


async def test_a_go2rtc_that_fails_costs_nobody_else_the_view(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, server: Go2Rtc
) -> None:
    view = get_camera_from_entity_id(hass, entity_id(hass, "camera", nvr, "live_1"))
    await eventually(lambda: view.extra_state_attributes == {"live_from": "nvr"})
    await async_get_image(hass, view.entity_id)
    stream = await view.async_create_stream()
    assert stream
    server.broken = True
    await lab.stop("NVR-1")
    await eventually(lambda: view.extra_state_attributes == {"live_from": "camera"})
    await hass.async_block_till_done(wait_background_tasks=False)
    assert nvr.config.host not in stream.source
    server.broken = False
    assert await hass.config_entries.async_unload(entry.entry_id)
