"""Cameras of channels: watched through Home Assistant while recorders die and come back."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
import json
import logging
from typing import Any
from urllib.parse import quote

import av
from homeassistant.components import stream
from homeassistant.components.camera import Camera, async_get_image, async_request_stream
from homeassistant.components.camera.helper import get_camera_from_entity_id
from homeassistant.components.stream.fmp4utils import get_codec_string
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.live import view as live_view
from custom_components.nvr_hotspare.nvr.errors import UnitUnsupportedError
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.model import Codec, Source
from scripts.lab.viewer import Viewer
from tests.integration.lab import (
    CAMERA_PASSWORD,
    PASSWORD,
    Lab,
    add_device,
    entity_id,
    eventually,
    state,
    until_recording,
)
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
async def _quick_stream(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the first picture sooner; but who waits after an error waits for good."""
    monkeypatch.setattr(stream, "STREAM_RESTART_INCREMENT", 3600)
    assert await async_setup_component(hass, "http", {})
    settings = {"segment_duration": 2.0, "part_duration": 0.2}
    assert await async_setup_component(hass, "stream", {"stream": settings})


def live(hass: HomeAssistant, nvr: VirtualNvr, number: int = 1) -> str:
    return entity_id(hass, "camera", nvr, f"live_{number}")


def live_from(hass: HomeAssistant, camera: str) -> Any:
    found = hass.states.get(camera)
    return found.attributes.get("live_from") if found else None


def codec(camera: Camera) -> str:
    """Return what the newest segment is encoded in."""
    assert camera.stream
    segment = camera.stream.outputs()["hls"].last_segment
    return get_codec_string(segment.init) if segment else ""


async def picture_size(hass: HomeAssistant, camera: str) -> tuple[int, int]:
    image = await async_get_image(hass, camera, timeout=30)
    decoder = av.CodecContext.create("mjpeg", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    (frame,) = decoder.decode(av.Packet(image.content))
    return frame.width, frame.height


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
async def test_a_view_goes_on_while_its_nvr_is_away_and_tells_no_secret(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    nvr: VirtualNvr,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stream.set_pyav_logging(enable=True)
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    await eventually(lambda: state(hass, "camera", nvr, "live_1") == "recording")
    async with watching(hass, hass_client, camera) as viewer:
        await lab.stop("NVR-1")
        await eventually(lambda: live_from(hass, camera) == "camera")
        await viewer.more(10)
        await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
        assert live_from(hass, camera) == "camera"
        await eventually(lambda: state(hass, "camera", nvr, "live_1") == "recording")
        await lab.start(nvr.config)
        await eventually(lambda: live_from(hass, camera) == "nvr")
        await viewer.more(10)
    stream.set_pyav_logging(enable=False)
    assert "libav" in {it.name.partition(".")[0] for it in caplog.records}
    states = json.dumps([it.as_dict() for it in hass.states.async_all()], default=str)
    for secret in (PASSWORD, CAMERA_PASSWORD, quote(CAMERA_PASSWORD, safe="")):
        assert secret not in caplog.text
        assert secret not in states


async def test_a_codec_may_change_on_the_way(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, lab: Lab, group: ConfigEntry
) -> None:
    nvr = await lab.nvr("NVR-1", await lab.cameras(1))
    await add_device(hass, group, nvr, await lab.cameras(1, codec=Codec.H265))
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    view = get_camera_from_entity_id(hass, camera)
    async with watching(hass, hass_client, camera) as viewer:
        assert codec(view).startswith("avc1")
        assert await picture_size(hass, camera) == (320, 192)
        await lab.stop("NVR-1")
        await eventually(lambda: codec(view).startswith("hvc1"))
        await viewer.more(5)
        assert await picture_size(hass, camera) == (320, 192)


async def test_a_camera_with_one_stream_is_watched_by_way_of_the_spare(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    group: ConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The spare may not play yet when it is first asked, and nobody else can be.
    monkeypatch.setattr(stream, "STREAM_RESTART_INCREMENT", 1)
    cameras = await lab.cameras(1, sessions=1)
    nvr = await lab.nvr("NVR-1", cameras)
    await until_recording(nvr)  # or the stream would be thought to be free
    await add_device(hass, group, nvr, cameras)
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    async with watching(hass, hass_client, camera) as viewer:
        await lab.stop("NVR-1")
        await eventually(lambda: live_from(hass, camera) == "spare")
        await viewer.more(10)


@pytest.mark.usefixtures("entry")
async def test_a_stream_that_breaks_off_is_left_for_a_while(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    nvr: VirtualNvr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_view, "DISTRUST", 1.0)
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    async with watching(hass, hass_client, camera) as viewer:
        await lab.do(_cut_streams(nvr))
        await eventually(lambda: live_from(hass, camera) == "camera")
        await eventually(lambda: live_from(hass, camera) == "nvr")
        await viewer.more(5)
        assert state(hass, "sensor", nvr, "working_status") == "recording"
        monkeypatch.setattr(live_view, "DISTRUST", 3600.0)
        await lab.do(_cut_streams(nvr))
        await eventually(lambda: live_from(hass, camera) == "camera")


async def _cut_streams(nvr: VirtualNvr) -> None:
    nvr._present().rtsp.cut("")


async def test_who_begins_to_watch_later_sees_the_stand_in(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    entry: ConfigEntry,
    nvr: VirtualNvr,
) -> None:
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    async with watching(hass, hass_client, camera):
        view = get_camera_from_entity_id(hass, camera)
        assert view.stream
    for output in view.stream.outputs().values():
        await view.stream.remove_provider(output)
    await lab.stop("NVR-1")
    await eventually(lambda: live_from(hass, camera) == "camera")
    async with watching(hass, hass_client, camera) as viewer:
        await viewer.more(3)
        # Nor does watching keep the group from being taken down.
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert not view.stream.outputs()


async def test_what_nobody_can_show_is_unavailable(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry
) -> None:
    cameras = await lab.cameras(1, sessions=1)
    nvr = await lab.nvr("NVR-1", cameras)
    await add_device(hass, group, nvr, cameras)
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    await lab.stop("SPARE")
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "camera", nvr, "live_1") == "unavailable")
    assert await get_camera_from_entity_id(hass, camera).stream_source() is None


async def test_a_recorder_that_was_away_at_first_is_asked_when_it_is_back(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    camera = live(hass, nvr)
    await eventually(lambda: live_from(hass, camera) == "nvr")
    await hass.config_entries.async_unload(entry.entry_id)
    await lab.stop("NVR-1")
    await hass.config_entries.async_setup(entry.entry_id)
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    assert live_from(hass, camera) == "camera"
    await lab.start(nvr.config)
    await eventually(lambda: live_from(hass, camera) == "nvr")


async def test_a_recorder_that_shows_nothing_live_leaves_its_cameras_to_themselves(
    hass: HomeAssistant,
    lab: Lab,
    group: ConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0

    async def live(_: OnvifUnit) -> Mapping[int | str, Source]:
        nonlocal asked
        asked += 1
        raise UnitUnsupportedError("It has no media service")  # all recorders in software have one

    monkeypatch.setattr(OnvifUnit, "live", live)
    cameras = await lab.cameras(1)
    nvr = await lab.nvr("NVR-1", cameras)
    await add_device(hass, group, nvr, cameras)
    await eventually(lambda: asked > 0)
    assert live_from(hass, entity_id(hass, "camera", nvr, "live_1")) == "camera"


async def test_cameras_come_and_go_with_their_channels(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    (subentry,) = (it for it in entry.subentries.values() if it.unique_id == "NVR-1")
    first, second = subentry.data["channels"]
    registry = er.async_get(hass)
    kept = live(hass, nvr, 1)

    async def configure(*channels: dict[str, Any]) -> None:
        data = {**subentry.data, "channels": list(channels)}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
        await hass.async_block_till_done()

    await configure({**first, "name": "Gate"})
    await eventually(lambda: _name(hass, kept) == "Gate")
    assert registry.async_get_entity_id("camera", "nvr_hotspare", "NVR-1_live_2") is None
    await configure(first, second)
    await eventually(lambda: _name(hass, kept) == "Camera 1")
    assert _name(hass, live(hass, nvr, 2)) == "Camera 2"
    registry.async_update_entity(kept, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.config_entries.async_reload(entry.entry_id)
    await configure({**first, "name": "Gate"}, second)
    assert hass.states.get(kept) is None
    other = get_camera_from_entity_id(hass, live(hass, nvr, 2))
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await eventually(lambda: hass.states.get(other.entity_id) is None)
    assert isinstance(other, live_view.LiveView)
    await eventually(lambda: entry.runtime_data.manager.view("NVR-1").device is None)
    assert not other._look()  # whatever it is still told


def _name(hass: HomeAssistant, camera: str) -> str:
    found = hass.states.get(camera)
    return str(found.attributes["friendly_name"]).rpartition(") ")[2] if found else ""
