"""Cameras of channels: watched through Home Assistant while recorders die and come back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.components.camera import async_request_stream
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from scripts.lab.viewer import Viewer
from tests.integration.lab import Lab, entity_id, eventually
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
async def _short_segments(hass: HomeAssistant) -> None:
    """Have the first picture sooner."""
    assert await async_setup_component(hass, "http", {})
    settings = {"segment_duration": 2.0, "part_duration": 0.2}
    assert await async_setup_component(hass, "stream", {"stream": settings})


def live(hass: HomeAssistant, nvr: VirtualNvr, number: int = 1) -> str:
    return entity_id(hass, "camera", nvr, f"live_{number}")


def live_from(hass: HomeAssistant, camera: str) -> Any:
    found = hass.states.get(camera)
    return found.attributes.get("live_from") if found else None


@asynccontextmanager
async def watching(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, camera: str
) -> AsyncIterator[Viewer]:
    client = await hass_client()

    async def get(url: str) -> tuple[int, bytes]:
        async with client.get(url) as response:
            return response.status, await response.read()

    viewer = Viewer(get, await async_request_stream(hass, camera, "hls"))
    async with viewer.watching():
        yield viewer


@pytest.mark.usefixtures("entry")
async def test_a_view_goes_on_while_its_nvr_is_away(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    nvr: VirtualNvr,
) -> None:
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    async with watching(hass, hass_client, camera) as viewer:
        await lab.stop("NVR-1")
        await eventually(lambda: live_from(hass, camera) == "camera")
        await viewer.more(10)
        await lab.start(nvr.config)
        await eventually(lambda: live_from(hass, camera) == "nvr")
        await viewer.more(10)
