"""A recorder that changes a camera when it adds it is found out, and holds nobody up."""

from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.cameras import watch as camera_watch
from tests.integration.fix import Fix
from tests.integration.flow import subentry_of
from tests.integration.lab import Lab, add_device, add_group, eventually, issues, state
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.api import DahuaApi
from virtual_nvr.dahua.firmware import DahuaFirmware
from virtual_nvr.hikvision.firmware import HikvisionFirmware
from virtual_nvr.nvr.meddling import BITRATE, FRAME_RATE
from virtual_nvr.nvr.unit import VirtualNvr

ONVIF_PORT = 8088
FIRMWARES: dict[str, Any] = {"hikvision": HikvisionFirmware, "dahua": DahuaFirmware}


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for recorders less, and for cameras on a busy machine as long as it takes."""
    monkeypatch.setattr(camera_watch, "SETTLING", 2.0)
    monkeypatch.setattr("custom_components.nvr_hotspare.nvr.onvif.camera.PATIENCE", 600.0)
    monkeypatch.setattr("custom_components.nvr_hotspare.nvr.onvif.camera._PORT", ONVIF_PORT)


@pytest.fixture
async def camera(lab: Lab) -> VirtualCamera:
    (camera,) = await lab.cameras(1, onvif_port=ONVIF_PORT)
    camera.settings.ahead = timedelta(seconds=600)
    return camera


@pytest.fixture(params=FIRMWARES)
async def spare(lab: Lab, request: pytest.FixtureRequest) -> VirtualNvr:
    firmware = FIRMWARES[request.param](meddles_at=ONVIF_PORT)
    return await lab.nvr("SPARE", **{request.param: firmware})


def held(spare: VirtualNvr) -> bool:
    """Whether a spare has a camera on any channel."""
    api = spare._present().api
    assert isinstance(api, DahuaApi)
    return any(slot.enable for slot in api.slots.all.values())


async def grouped(
    hass: HomeAssistant, lab: Lab, spare: VirtualNvr, camera: VirtualCamera
) -> tuple[ConfigEntry, VirtualNvr]:
    nvr = await lab.nvr("NVR-1", [camera])
    entry = await add_group(hass, spare)
    await add_device(hass, entry, nvr, [camera])
    return entry, nvr


async def test_what_a_spare_changes_of_a_camera_is_told_and_may_be_taken_as_it_is(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    lab: Lab,
    spare: VirtualNvr,
    camera: VirtualCamera,
) -> None:
    entry, nvr = await grouped(hass, lab, spare, camera)
    await eventually(lambda: len(issues(hass)) == 1)
    (issue,) = issues(hass)
    assert issue.translation_key == "camera_changed"
    told = issue.translation_placeholders
    assert told is not None
    assert (told["camera"], told["spare"]) == ("Camera 1", subentry_of(entry, spare).title)
    assert f"Main stream, pictures per second: 25 → {FRAME_RATE}" in told["changes"]
    assert f"Main stream, bitrate: 200 → {BITRATE} kbit/s" in told["changes"]
    assert "from: NTP → Manual" in told["changes"]
    assert "s ahead" in told["changes"]
    fix = await Fix.start(hass, hass_client)
    assert fix.result["step_id"] == "confirm"
    assert fix.result["description_placeholders"] == told
    await fix.enter({})
    assert fix.result["type"] == "create_entry"
    assert not issues(hass)
    assert state(hass, "sensor", nvr, "working_status") == "recording"


@pytest.mark.parametrize("spare", ["dahua"], indirect=True)
async def test_nothing_more_is_told_of_a_unit_that_is_removed(
    hass: HomeAssistant, lab: Lab, spare: VirtualNvr, camera: VirtualCamera
) -> None:
    entry, nvr = await grouped(hass, lab, spare, camera)
    await eventually(lambda: len(issues(hass)) == 1)
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, nvr).subentry_id)
    await eventually(lambda: not issues(hass))


@pytest.mark.parametrize("spare", ["dahua"], indirect=True)
async def test_a_camera_that_never_answers_holds_up_no_takeover(
    hass: HomeAssistant, lab: Lab, spare: VirtualNvr
) -> None:
    (camera,) = await lab.cameras(1)
    await lab.talker(camera.address, ONVIF_PORT, b"")
    _, nvr = await grouped(hass, lab, spare, camera)
    assert not held(spare), "it was not provisioned ahead: its camera was asked, and says nothing"
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    assert not issues(hass)
