"""Telling where the cameras of a recorder are; what makes no sense is asked again."""

from dataclasses import replace
import re
from typing import Any, override

from homeassistant.components.camera import Camera
from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nvr_hotspare.nvr.errors import UnitRequestError
from custom_components.nvr_hotspare.nvr.model import Probe
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder import probe
from custom_components.nvr_hotspare.recorder.model import CLOCK_RATE
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import (
    CAMERA_PASSWORD,
    Lab,
    channels_input,
    unit_input,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


class FakeCamera(Camera):
    """A camera entity that streams from anywhere."""

    def __init__(self, name: str, source: str | None) -> None:
        super().__init__()
        self.entity_id = f"camera.{name}"
        self._source = source

    @override
    async def stream_source(self) -> str | None:
        return self._source


async def test_what_the_unit_tells_is_filled_in_without_credentials(
    at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    assert at_channels.suggested["channels"] == [
        {"number": 1, "name": "Camera 1", "priority": "normal", "uri": cameras[0].uri},
        {"number": 2, "name": "Camera 2", "priority": "normal", "uri": cameras[1].uri},
    ]


async def test_a_unit_that_does_not_tell_its_cameras_leaves_it_to_the_user(
    hass: HomeAssistant,
    lab: Lab,
    group: ConfigEntry,
    cameras: list[VirtualCamera],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(_: OnvifUnit) -> None:
        raise UnitRequestError("Not today")

    monkeypatch.setattr(OnvifUnit, "settings", refuse)
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(await lab.nvr("NVR-1", cameras)))
    assert flow.suggested["channels"] == []


async def test_a_unit_that_has_no_settings_is_not_asked_for_them(
    hass: HomeAssistant,
    lab: Lab,
    group: ConfigEntry,
    cameras: list[VirtualCamera],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rich = OnvifUnit.probe

    async def poor(unit: OnvifUnit) -> Probe:
        return replace(await rich(unit), capabilities=frozenset())

    monkeypatch.setattr(OnvifUnit, "probe", poor)
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(await lab.nvr("NVR-1", cameras)))
    assert flow.suggested["channels"] == []


async def test_cameras_that_can_be_recorded_are_stored_with_what_they_send(
    group: ConfigEntry,
    at_channels: Flow,
    cameras: list[VirtualCamera],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probe, "_WINDOW", CLOCK_RATE)
    await at_channels.enter(channels_input(cameras))
    assert at_channels.result["menu_options"] == ["save", "channels"]
    size = "H264 320\N{MULTIPLICATION SIGN}192"
    for number, line in enumerate(at_channels.verdicts, start=1):
        name = rf"- \*\*{number} Camera {number}\*\*"
        said = rf"{name}: can be recorded, with a stream left now: {size}, 0\.\d Mbit/s"
        assert re.fullmatch(said, line)
    await at_channels.save()
    assert at_channels.result["type"] is FlowResultType.CREATE_ENTRY
    subentry = list(group.subentries.values())[-1]
    assert subentry.unique_id == "NVR-1"
    assert subentry.data["work_mode"] == "normal"
    channel = dict(subentry.data["channels"][1])
    assert 50_000 < channel.pop("bitrate") < 1_000_000
    assert channel == {
        "number": 2,
        "name": "Camera 2",
        "uri": cameras[1].uri,
        "username": "viewer",
        "password": CAMERA_PASSWORD,
        "audio": True,
        "priority": "normal",
        "schedule": "",
        "scheduled": True,
        "single_stream": False,
        "longest_gop": 0.2,
        "told_name": "Camera 2",
        "told_uri": cameras[1].uri,
        "told_address": None,
        "told_sub": "",
        "behind": False,
    }


async def test_credentials_in_an_address_are_kept_apart_from_it(
    group: ConfigEntry, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    uri = cameras[0].uri.replace("rtsp://", "rtsp://viewer:p%40ss:w%2Frd@")
    item = {"number": 1, "name": "Gate", "uri": uri}
    await at_channels.enter({"channels": [item], "account": {}})
    assert "can be recorded" in at_channels.verdicts[0]
    await at_channels.choose("channels")
    assert at_channels.suggested["channels"] == [
        {
            "number": 1,
            "name": "Gate",
            "priority": "normal",
            "uri": cameras[0].uri,
            "username": "viewer",
        }
    ]
    # Sent back as it was shown, it still has its password.
    await at_channels.enter({"channels": at_channels.suggested["channels"], "account": {}})
    await at_channels.save()
    (channel,) = list(group.subentries.values())[-1].data["channels"]
    assert channel["uri"] == cameras[0].uri
    assert channel["password"] == CAMERA_PASSWORD


async def test_a_camera_may_have_an_account_of_its_own(
    at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    values = channels_input(cameras, account={"username": "else", "password": "else"})
    for item in values["channels"]:
        item |= {"username": "viewer", "password": CAMERA_PASSWORD}
    await at_channels.enter(values)
    assert all("can be recorded" in verdict for verdict in at_channels.verdicts)


async def test_a_camera_may_be_recorded_without_its_audio(
    group: ConfigEntry, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    values = channels_input(cameras)
    values["channels"][0]["without_audio"] = True
    await at_channels.enter(values)
    await at_channels.choose("channels")
    assert at_channels.suggested["channels"][0]["without_audio"] is True
    await at_channels.enter({**values, "channels": at_channels.suggested["channels"]})
    await at_channels.save()
    channels = list(group.subentries.values())[-1].data["channels"]
    assert [channel["audio"] for channel in channels] == [False, True]


async def test_a_camera_of_home_assistant_is_a_source(
    hass: HomeAssistant, group: ConfigEntry, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    uri = cameras[0].uri.replace("rtsp://", "rtsp://viewer:p%40ss%3Aw%2Frd@")
    await hass.data[DATA_COMPONENT].async_add_entities([FakeCamera("gate", uri)])
    item = {"number": 1, "name": "Gate", "camera": "camera.gate"}
    await at_channels.enter({"channels": [item], "account": {}})
    assert "can be recorded" in at_channels.verdicts[0]
    await at_channels.save()
    (channel,) = list(group.subentries.values())[-1].data["channels"]
    assert channel["uri"] == cameras[0].uri
    assert channel["username"] == "viewer"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"number": 2}, "duplicate_channel"),
        ({"uri": "http://127.0.0.1/stream"}, "invalid_uri"),
        ({"uri": "rtsp://127.0.0.1:port/stream"}, "invalid_uri"),
        ({"uri": "rtsp://viewer@/stream"}, "invalid_uri"),
        ({"uri": "rtsp://127.0.0.1/two words"}, "invalid_uri"),
        ({"camera": "camera.nowhere"}, "camera_without_rtsp"),
        ({"camera": "camera.mjpeg"}, "camera_without_rtsp"),
    ],
)
async def test_what_makes_no_sense_is_asked_again(
    hass: HomeAssistant,
    at_channels: Flow,
    cameras: list[VirtualCamera],
    change: dict[str, Any],
    error: str,
) -> None:
    await hass.data[DATA_COMPONENT].async_add_entities(
        [FakeCamera("mjpeg", "http://127.0.0.1/mjpeg")]
    )
    values = channels_input(cameras)
    values["channels"][0] |= change
    await at_channels.enter(values)
    assert at_channels.error == error
    assert at_channels.suggested["channels"] == values["channels"]
    await at_channels.enter(channels_input(cameras))
    assert at_channels.result["step_id"] == "verdicts"


async def test_a_list_without_cameras_is_asked_again(
    at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    await at_channels.enter(channels_input([]))
    assert at_channels.error == "no_channels"
    await at_channels.enter(channels_input(cameras))
    assert at_channels.result["step_id"] == "verdicts"


async def test_a_stream_of_the_unit_itself_is_no_source(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    own = f"rtsp://{nvr.config.host}:8554/live/1"
    await hass.data[DATA_COMPONENT].async_add_entities([FakeCamera("through_it", own)])
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    for change in ({"uri": own}, {"camera": "camera.through_it"}):
        values = channels_input(cameras)
        values["channels"][0] |= change
        await flow.enter(values)
        assert flow.error == "source_on_unit"
        assert flow.result["description_placeholders"] == {"name": "Camera 1"}
    await flow.enter(channels_input(cameras))
    assert flow.result["step_id"] == "verdicts"


async def test_cameras_have_priorities(
    hass: HomeAssistant, group: ConfigEntry, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    values = channels_input(cameras)
    values["channels"][1]["priority"] = "high"
    await at_channels.enter(values)
    await at_channels.save()
    subentry = list(group.subentries.values())[-1]
    assert [it["priority"] for it in subentry.data["channels"]] == ["normal", "high"]
    flow = await Flow.change(hass, group, subentry)
    await flow.choose("channels")
    assert [it["priority"] for it in flow.suggested["channels"]] == ["normal", "high"]


async def test_a_group_without_a_spare_sets_no_limit(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, spare: VirtualNvr
) -> None:
    hass.config_entries.async_remove_subentry(group, subentry_of(group, spare).subentry_id)
    await hass.async_block_till_done()
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(await lab.nvr("NVR-1")))
    many = [{"number": number, "name": f"{number}"} for number in range(1, 65)]
    await flow.enter(channels_input([], channels=many))
    assert len(flow.verdicts) == 64
