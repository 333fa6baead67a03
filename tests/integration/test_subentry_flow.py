"""Adding recorders to a group and changing them; every error can be recovered from."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
import socket
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
    add_device,
    add_group,
    channels_input,
    loopback_address,
    unit_input,
)
from virtual_nvr.cameras import State, VirtualCamera
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


@pytest.fixture
async def entry(hass: HomeAssistant, spare: VirtualNvr) -> ConfigEntry:
    return await add_group(hass, spare)


@pytest.fixture
async def at_channels(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, cameras: Iterable[VirtualCamera]
) -> Flow:
    """A flow that asks for the cameras of NVR-1."""
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(await lab.nvr("NVR-1", cameras)))
    assert flow.result["step_id"] == "channels"
    return flow


# The unit


async def test_a_second_spare_is_refused(hass: HomeAssistant, entry: ConfigEntry) -> None:
    flow = await Flow.add(hass, entry, "hot_spare")
    assert flow.result["type"] is FlowResultType.ABORT
    assert flow.result["reason"] == "one_spare"


async def test_a_group_that_lost_its_spare_takes_another(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, spare: VirtualNvr
) -> None:
    nvr = await lab.nvr("NVR-1")
    await add_device(hass, entry, nvr, await lab.cameras(1))
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, spare).subentry_id)
    await hass.async_block_till_done()
    flow = await Flow.add(hass, entry, "hot_spare")
    await flow.choose("recorder")
    await flow.enter(unit_input(nvr))
    assert flow.result["reason"] == "already_configured"

    flow = await Flow.add(hass, entry, "hot_spare")
    await flow.choose("recorder")
    await flow.enter(unit_input(spare, password="wrong"))
    assert flow.error == "invalid_auth"
    await flow.enter(unit_input(spare))
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry_of(entry, spare).data["capacity"] == 4


async def test_a_working_device_that_does_not_answer_or_rejects_the_password(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr, host=loopback_address()))
    assert flow.error == "cannot_connect"
    await flow.enter(unit_input(nvr, password="wrong"))
    assert flow.error == "invalid_auth"
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "channels"


async def test_a_unit_is_in_one_group_only(
    hass: HomeAssistant, entry: ConfigEntry, spare: VirtualNvr
) -> None:
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(spare))
    assert flow.result["type"] is FlowResultType.ABORT
    assert flow.result["reason"] == "already_configured"


# Its cameras


async def test_what_the_unit_tells_is_filled_in_without_credentials(
    at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    assert at_channels.suggested["channels"] == [
        {"number": 1, "name": "Camera 1", "uri": cameras[0].uri},
        {"number": 2, "name": "Camera 2", "uri": cameras[1].uri},
    ]


async def test_a_unit_that_does_not_tell_its_cameras_leaves_it_to_the_user(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    cameras: list[VirtualCamera],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(_: OnvifUnit) -> None:
        raise UnitRequestError("Not today")

    monkeypatch.setattr(OnvifUnit, "settings", refuse)
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(await lab.nvr("NVR-1", cameras)))
    assert flow.suggested["channels"] == []


async def test_a_unit_that_has_no_settings_is_not_asked_for_them(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    cameras: list[VirtualCamera],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rich = OnvifUnit.probe

    async def poor(unit: OnvifUnit) -> Probe:
        return replace(await rich(unit), capabilities=frozenset())

    monkeypatch.setattr(OnvifUnit, "probe", poor)
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(await lab.nvr("NVR-1", cameras)))
    assert flow.suggested["channels"] == []


async def test_cameras_that_can_be_recorded_are_stored_with_what_they_send(
    entry: ConfigEntry,
    at_channels: Flow,
    cameras: list[VirtualCamera],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probe, "_WINDOW", CLOCK_RATE)
    await at_channels.enter(channels_input(cameras))
    assert at_channels.result["menu_options"] == ["save", "channels"]
    assert at_channels.verdicts == [
        "- **1 Camera 1**: can be recorded: H264 320\N{MULTIPLICATION SIGN}192",
        "- **2 Camera 2**: can be recorded: H264 320\N{MULTIPLICATION SIGN}192",
    ]
    await at_channels.save()
    assert at_channels.result["type"] is FlowResultType.CREATE_ENTRY
    subentry = list(entry.subentries.values())[-1]
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
        "single_stream": False,
        "longest_gop": 0.2,
        "told_uri": cameras[1].uri,
    }


async def test_credentials_in_an_address_are_kept_apart_from_it(
    entry: ConfigEntry, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    uri = cameras[0].uri.replace("rtsp://", "rtsp://viewer:p%40ss:w%2Frd@")
    item = {"number": 1, "name": "Gate", "uri": uri}
    await at_channels.enter({"channels": [item], "account": {}})
    assert "can be recorded" in at_channels.verdicts[0]
    await at_channels.choose("channels")
    assert at_channels.suggested["channels"] == [
        {"number": 1, "name": "Gate", "uri": cameras[0].uri, "username": "viewer"}
    ]
    # Sent back as it was shown, it still has its password.
    await at_channels.enter({"channels": at_channels.suggested["channels"], "account": {}})
    await at_channels.save()
    (channel,) = list(entry.subentries.values())[-1].data["channels"]
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
    entry: ConfigEntry, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    values = channels_input(cameras)
    values["channels"][0]["without_audio"] = True
    await at_channels.enter(values)
    await at_channels.choose("channels")
    assert at_channels.suggested["channels"][0]["without_audio"] is True
    await at_channels.enter({**values, "channels": at_channels.suggested["channels"]})
    await at_channels.save()
    channels = list(entry.subentries.values())[-1].data["channels"]
    assert [channel["audio"] for channel in channels] == [False, True]


async def test_a_camera_of_home_assistant_is_a_source(
    hass: HomeAssistant, entry: ConfigEntry, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    uri = cameras[0].uri.replace("rtsp://", "rtsp://viewer:p%40ss%3Aw%2Frd@")
    await hass.data[DATA_COMPONENT].async_add_entities([FakeCamera("gate", uri)])
    item = {"number": 1, "name": "Gate", "camera": "camera.gate"}
    await at_channels.enter({"channels": [item], "account": {}})
    assert "can be recorded" in at_channels.verdicts[0]
    await at_channels.save()
    (channel,) = list(entry.subentries.values())[-1].data["channels"]
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
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    own = f"rtsp://{nvr.config.host}:8554/live/1"
    await hass.data[DATA_COMPONENT].async_add_entities([FakeCamera("through_it", own)])
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr))
    for change in ({"uri": own}, {"camera": "camera.through_it"}):
        values = channels_input(cameras)
        values["channels"][0] |= change
        await flow.enter(values)
        assert flow.error == "source_on_unit"
        assert flow.result["description_placeholders"] == {"name": "Camera 1"}
    await flow.enter(channels_input(cameras))
    assert flow.result["step_id"] == "verdicts"


async def test_more_cameras_than_the_spare_can_record_are_refused_with_the_numbers(
    at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    values = channels_input(cameras)
    values["channels"] += [{"number": n, "name": f"{n}", "uri": ""} for n in (3, 4, 5)]
    await at_channels.enter(values)
    assert at_channels.error == "too_many_channels"
    assert at_channels.result["description_placeholders"] == {"channels": "5", "capacity": "4"}
    await at_channels.enter(channels_input(cameras))
    assert at_channels.result["step_id"] == "verdicts"


async def test_a_group_without_a_spare_sets_no_limit(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, spare: VirtualNvr
) -> None:
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, spare).subentry_id)
    await hass.async_block_till_done()
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(await lab.nvr("NVR-1")))
    many = [{"number": number, "name": f"{number}"} for number in range(1, 65)]
    await flow.enter(channels_input([], channels=many))
    assert len(flow.verdicts) == 64


# Trying them


async def test_the_first_rejected_password_of_an_account_is_the_last_try(
    at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    account = {"username": "viewer", "password": "wrong"}
    await at_channels.enter(channels_input(cameras, account=account))
    assert "does not accept" in at_channels.verdicts[0]
    assert "not tried" in at_channels.verdicts[1]
    assert at_channels.result["menu_options"] == ["channels", "save"]
    await at_channels.choose("channels")
    await at_channels.enter(channels_input(cameras))
    assert at_channels.result["menu_options"] == ["save", "channels"]


async def test_a_camera_without_a_further_stream_is_let_go_of_first(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry
) -> None:
    cameras = await lab.cameras(1, sessions=1)
    nvr = await lab.nvr("NVR-1", cameras)
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter(channels_input(cameras))
    assert "lets go of it first" in flow.verdicts[0]
    await flow.save()
    assert subentry_of(entry, nvr).data["channels"][0]["single_stream"] is True


async def test_each_camera_has_its_own_verdict_and_the_user_may_go_on(
    lab: Lab, at_channels: Flow, cameras: list[VirtualCamera]
) -> None:
    web = loopback_address()
    await lab.talker(web, 8554, answer=b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await lab.do(cameras[1].set(State.DROPPED))
    values = channels_input(
        cameras,
        channels=[
            {"number": 1, "name": "Good", "uri": cameras[0].uri},
            {"number": 2, "name": "Away", "uri": cameras[1].uri},
            {"number": 3, "name": "Other path", "uri": cameras[0].uri + "-none"},
            {"number": 4, "name": "Web", "uri": f"rtsp://{web}:8554/"},
        ],
    )
    await at_channels.enter(values)
    good, away, path, other = at_channels.verdicts
    assert "can be recorded" in good
    assert "nothing answers" in away
    assert "no stream of that path" in path
    assert "no RTSP camera" in other
    await at_channels.save()
    assert at_channels.result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_camera_without_a_source_is_told_and_kept(
    entry: ConfigEntry, at_channels: Flow
) -> None:
    await at_channels.enter(channels_input([], channels=[{"number": 1, "name": "Gate"}]))
    assert "can't be backed up" in at_channels.verdicts[0]
    await at_channels.choose("channels")
    assert at_channels.suggested["channels"] == [{"number": 1, "name": "Gate"}]
    await at_channels.enter(channels_input([], channels=[{"number": 1, "name": "Gate"}]))
    await at_channels.save()
    assert list(entry.subentries.values())[-1].data["channels"][0]["uri"] == ""


# Changing


async def test_another_host_and_password_of_the_same_unit_are_taken(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, spare: VirtualNvr
) -> None:
    subentry = subentry_of(entry, spare)
    flow = await Flow.change(hass, entry, subentry)
    assert flow.result["step_id"] == "account"
    assert flow.suggested == {"host": spare.config.host}
    other = await lab.nvr("OTHER")
    await flow.enter(unit_input(other))
    assert flow.error == "other_unit"
    assert flow.result["description_placeholders"] == {"serial": "OTHER"}

    await lab.stop("SPARE")
    host = loopback_address()
    moved = await lab.nvr("SPARE", host=host, password="new")
    await flow.enter(unit_input(moved, password="old"))
    assert flow.error == "invalid_auth"
    await flow.enter(unit_input(moved))
    assert flow.result["type"] is FlowResultType.ABORT
    assert flow.result["reason"] == "reconfigure_successful"
    assert (subentry.data["host"], subentry.data["password"]) == (host, "new")


async def test_the_cameras_of_a_unit_can_be_changed_and_keep_their_passwords(
    hass: HomeAssistant, entry: ConfigEntry, lab: Lab, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    await add_device(hass, entry, nvr, cameras)
    subentry = subentry_of(entry, nvr)
    flow = await Flow.change(hass, entry, subentry)
    assert flow.result["menu_options"] == ["account", "channels", "give_back"]
    await flow.choose("channels")
    shown = flow.suggested["channels"]
    assert CAMERA_PASSWORD not in repr(shown)
    await flow.enter({"channels": shown[1:], "account": {}})
    assert "can be recorded" in flow.verdicts[0]
    await flow.save()
    assert flow.result["reason"] == "reconfigure_successful"
    (channel,) = subentry.data["channels"]
    assert channel["number"] == 2
    assert channel["password"] == CAMERA_PASSWORD


async def test_a_name_that_nobody_knows_is_a_camera_that_does_not_answer(
    at_channels: Flow, cameras: list[VirtualCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    values = channels_input(cameras[:1])
    values["channels"][0]["uri"] = "rtsp://camera.invalid/stream"
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    await at_channels.enter(values)
    assert "nothing answers" in at_channels.verdicts[0]
