"""A spare reaches cameras as the recorder that it stands in for does."""

from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.recorder.model import CameraAddress, Source
from custom_components.nvr_hotspare.settings.unit import ChannelConfig
from tests.integration.flow import subentry_of
from tests.integration.lab import Lab, add_device, add_group, eventually
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.hikvision.api import HikvisionApi
from virtual_nvr.hikvision.firmware import HikvisionFirmware
from virtual_nvr.hikvision.inputs import Input
from virtual_nvr.nvr.unit import VirtualNvr

ONVIF_PORT = 8080
ADDRESS = CameraAddress(host="10.0.0.9", protocol="onvif", port=ONVIF_PORT)


def inputs(nvr: VirtualNvr) -> dict[int, Input]:
    api = nvr._present().api
    assert isinstance(api, HikvisionApi)
    return api.inputs.inputs


@pytest.fixture
async def camera(lab: Lab) -> VirtualCamera:
    (camera,) = await lab.cameras(1)
    return camera


@pytest.fixture
async def spare(lab: Lab) -> VirtualNvr:
    return await lab.nvr("SPARE", hikvision=HikvisionFirmware(camera_rtsp_port=8554))


@pytest.fixture
async def device(lab: Lab, camera: VirtualCamera) -> VirtualNvr:
    """A recorder that has its camera by ONVIF, and so does not know where its stream is."""
    device = await lab.nvr("NVR", hikvision=HikvisionFirmware(camera_rtsp_port=8554))
    inputs(device)[1] = Input(
        name="Gate", protocol="ONVIF", address=camera.address, port=ONVIF_PORT, own=True
    )
    return device


@pytest.fixture
async def entry(
    hass: HomeAssistant, spare: VirtualNvr, device: VirtualNvr, camera: VirtualCamera
) -> ConfigEntry:
    entry = await add_group(hass, spare)
    await add_device(hass, entry, device, [camera])
    return entry


@pytest.mark.usefixtures("entry")
async def test_a_spare_adds_a_camera_by_the_protocol_that_its_recorder_has_it_by(
    spare: VirtualNvr, camera: VirtualCamera
) -> None:
    await eventually(lambda: bool(inputs(spare)))
    (made,) = inputs(spare).values()
    assert (made.protocol, made.address, made.port) == ("ONVIF", camera.address, ONVIF_PORT)


async def test_a_unit_that_was_added_before_this_was_kept_tells_it_again(
    hass: HomeAssistant,
    entry: ConfigEntry,
    device: VirtualNvr,
    spare: VirtualNvr,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.nvr_hotspare.coordinator.FOLLOW_PACE", 0.3)
    subentry = subentry_of(entry, device)
    (channel,) = subentry.data["channels"]
    assert channel["told_address"]
    before = {key: value for key, value in channel.items() if key != "told_address"}
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "channels": [before]}
    )
    await hass.async_block_till_done()
    await eventually(lambda: "told_address" in subentry_of(entry, device).data["channels"][0])
    await eventually(lambda: [it.protocol for it in inputs(spare).values()] == ["ONVIF"])


# Which cameras are reached so


def channel(uri: str, told_uri: str = "") -> ChannelConfig:
    source = Source(uri=uri, username="viewer", password="p")
    return ChannelConfig(
        number=1, name="Gate", source=source, told_uri=told_uri, told_address=ADDRESS
    )


def test_what_is_kept_of_a_channel_is_read_again() -> None:
    kept = channel("rtsp://10.0.0.9/s")
    assert ChannelConfig.from_data(kept.as_data()) == kept
    without = replace(kept, told_address=None)
    assert ChannelConfig.from_data(without.as_data()) == without


@pytest.mark.parametrize("told", ["", "rtsp://10.0.0.9/s"])
def test_a_camera_is_reached_as_its_recorder_does_it(told: str) -> None:
    source = channel("rtsp://10.0.0.9/s", told).reached
    assert source is not None
    assert (source.address, source.password) == (ADDRESS, "p")


def test_a_stream_that_the_user_chose_is_what_is_recorded() -> None:
    chosen = channel("rtsp://10.0.0.9/sub", "rtsp://10.0.0.9/s")
    assert chosen.reached == chosen.source


def test_an_address_of_another_camera_is_not_used() -> None:
    moved = channel("rtsp://10.0.0.8/s")
    assert moved.reached == moved.source


def test_a_camera_that_nobody_can_reach_stays_so() -> None:
    assert replace(channel(""), source=None).reached is None
