"""Trying the cameras of a recorder before a night depends on them."""

import asyncio
import socket

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import (
    Lab,
    channels_input,
    loopback_address,
    unit_input,
)
from virtual_nvr.cameras import State, VirtualCamera


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
    hass: HomeAssistant, lab: Lab, group: ConfigEntry
) -> None:
    cameras = await lab.cameras(1, sessions=1)
    nvr = await lab.nvr("NVR-1", cameras)
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter(channels_input(cameras))
    assert "lets go of it first" in flow.verdicts[0]
    await flow.save()
    assert subentry_of(group, nvr).data["channels"][0]["single_stream"] is True


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
    group: ConfigEntry, at_channels: Flow
) -> None:
    await at_channels.enter(channels_input([], channels=[{"number": 1, "name": "Gate"}]))
    assert "can't be backed up" in at_channels.verdicts[0]
    await at_channels.choose("channels")
    assert at_channels.suggested["channels"] == [
        {"number": 1, "name": "Gate", "priority": "normal"}
    ]
    await at_channels.enter(channels_input([], channels=[{"number": 1, "name": "Gate"}]))
    await at_channels.save()
    assert list(group.subentries.values())[-1].data["channels"][0]["uri"] == ""


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
