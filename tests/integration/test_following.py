"""What is stored of units follows what they tell."""

import asyncio
from dataclasses import replace
import json
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.recorder.model import CameraAddress, Source
from custom_components.nvr_hotspare.settings.unit import ChannelConfig
from custom_components.nvr_hotspare.units.following import follow_unit, followed
from tests.integration.flow import subentry_of
from tests.integration.lab import CAMERA_PASSWORD, Lab, eventually, state
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import Limits
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.nvr_hotspare.coordinator.FOLLOW_PACE", 0.3)


async def move(lab: Lab, nvr: VirtualNvr, cameras: list[VirtualCamera]) -> None:
    """Have a recorder find its cameras elsewhere."""
    pairs = zip(nvr.config.channels, cameras, strict=True)
    moved = tuple(replace(channel, uri=camera.uri) for channel, camera in pairs)
    await lab.stop(nvr.config.serial)
    await lab.start(replace(nvr.config, channels=moved))


def channels(entry: ConfigEntry, nvr: VirtualNvr) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = subentry_of(entry, nvr).data["channels"]
    return stored


def received(spare: VirtualNvr) -> set[str]:
    """Where a spare would record from."""
    stored = json.loads((spare.config.folder / "unit.json").read_text())
    return {receiver["uri"] for receiver in stored["receivers"]}


async def test_a_camera_that_moves_is_followed_to_where_its_unit_finds_it(
    lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    cameras = await lab.cameras(2)
    uris = [camera.uri for camera in cameras]
    assert not received(spare).intersection(uris)
    await move(lab, nvr, cameras)
    await eventually(lambda: [it["uri"] for it in channels(entry, nvr)] == uris)
    assert {it["password"] for it in channels(entry, nvr)} == {CAMERA_PASSWORD}
    await eventually(lambda: received(spare) == set(uris))


async def test_a_spare_that_can_hold_more_than_before_does(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, spare: VirtualNvr
) -> None:
    await lab.stop("SPARE")
    more = Limits(recordings=6, jobs=6, receivers=6)
    await lab.start(replace(spare.config, limits=more))
    await eventually(lambda: subentry_of(entry, spare).data["capacity"] == 6)
    await eventually(lambda: entry.runtime_data.manager.spare_view("SPARE").capacity == 6)
    assert state(hass, "sensor", spare, "working_status") == "idle"


async def test_a_spare_is_promised_no_more_than_its_total_bitrate(
    lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    manager = entry.runtime_data.manager
    assert manager.spare_view("SPARE").capacity == 4
    fastest = max(channel["bitrate"] for channel in channels(entry, nvr))
    assert fastest
    limits = replace(spare.limits, total_rate=fastest // 1000 + 1)
    await lab.do(asyncio.to_thread(spare.limit, limits))
    await eventually(lambda: manager.spare_view("SPARE").capacity == 1)
    await eventually(lambda: bool(manager.protection.singles.get("NVR-1")))


@pytest.fixture
def _rarely(_often: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.nvr_hotspare.coordinator.FOLLOW_PACE", 600.0)


@pytest.mark.usefixtures("_rarely")
async def test_a_spare_that_was_away_is_asked_at_once_what_it_can_hold(
    lab: Lab, entry: ConfigEntry, spare: VirtualNvr
) -> None:
    manager = entry.runtime_data.manager
    await lab.stop("SPARE")
    await eventually(lambda: manager.spare_view("SPARE").connection == "offline")
    more = Limits(recordings=6, jobs=6, receivers=6)
    await lab.start(replace(spare.config, limits=more))
    await eventually(lambda: manager.spare_view("SPARE").capacity == 6)


@pytest.mark.usefixtures("_rarely")
async def test_a_spare_that_says_it_is_full_is_asked_at_once_what_it_can_hold(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    manager = entry.runtime_data.manager
    await eventually(lambda: "told_numbers" in subentry_of(entry, nvr).data)
    less = Limits(recordings=2, jobs=2, receivers=2)
    await lab.do(asyncio.to_thread(spare.limit, less))
    subentry = subentry_of(entry, nvr)
    more = [*channels(entry, nvr), channel(3, "rtsp://127.9.9.9:9/").as_data()]
    data = {**subentry.data, "channels": more}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await eventually(lambda: manager.spare_view("SPARE").capacity == 2)


async def test_a_unit_that_is_removed_while_it_is_asked_is_forgotten(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, caplog: pytest.LogCaptureFixture
) -> None:
    link = entry.runtime_data.manager.link("NVR-1")
    asking = asyncio.create_task(follow_unit(hass, entry, link))
    await asyncio.sleep(0)
    hass.config_entries.async_remove_subentry(entry, subentry_of(entry, nvr).subentry_id)
    await asking
    assert "than before" not in caplog.text


# Which addresses are followed


def channel(number: int, told: str, uri: str | None = None) -> ChannelConfig:
    source = Source(uri=told if uri is None else uri, username="viewer", password="p")
    name = f"{number}"
    return ChannelConfig(number=number, name=name, source=source, told_name=name, told_uri=told)


def test_the_account_of_a_camera_that_moves_stays() -> None:
    before = [channel(1, "rtsp://a/"), channel(2, "rtsp://b/")]
    told = [channel(1, "rtsp://a/"), channel(2, "rtsp://c/")]
    assert followed(before, told) == (before[0], channel(2, "rtsp://c/"))


def test_the_sub_stream_of_a_camera_that_moves_is_followed() -> None:
    before = channel(1, "rtsp://a/stream1", "rtsp://a/stream2")
    (after,) = followed([before], [channel(1, "rtsp://b/stream1")])
    assert after == channel(1, "rtsp://b/stream1", "rtsp://b/stream2")


def test_the_sub_stream_that_the_unit_tells_is_followed() -> None:
    before = replace(channel(1, "rtsp://a/x", "rtsp://a/y"), told_sub="rtsp://a/y")
    told = replace(channel(1, "rtsp://b/x"), told_sub="rtsp://b/y")
    (after,) = followed([before], [told])
    assert after == replace(channel(1, "rtsp://b/x", "rtsp://b/y"), told_sub="rtsp://b/y")


def test_where_there_is_no_sub_stream_any_more_the_main_one_is_recorded() -> None:
    before = replace(channel(1, "rtsp://a/x", "rtsp://a/y"), told_sub="rtsp://a/y")
    assert followed([before], [channel(1, "rtsp://b/x")]) == (channel(1, "rtsp://b/x"),)


def test_where_the_user_has_decided_otherwise_nothing_is_followed() -> None:
    before = [channel(1, "rtsp://a/", "rtsp://mine/")]
    (after,) = followed(before, [channel(1, "rtsp://b/")])
    assert after == channel(1, "rtsp://b/", "rtsp://mine/")


def test_a_unit_that_counts_its_channels_anew_moves_no_camera() -> None:
    before = [channel(1, "rtsp://a/"), channel(2, "rtsp://b/"), channel(3, "rtsp://c/")]
    told = [channel(1, "rtsp://a/"), channel(2, "rtsp://c/")]
    assert followed(before, told) == tuple(before)


def test_a_unit_that_tells_nothing_of_a_camera_leaves_it_where_it_is() -> None:
    before = [channel(1, "rtsp://a/"), replace(channel(2, ""), source=None)]
    told = [replace(channel(1, ""), source=None), channel(2, "rtsp://b/")]
    after = followed(before, told)
    assert after[0] == before[0]
    assert after[1].source is None


def reached(channel: ChannelConfig, host: str) -> ChannelConfig:
    return replace(channel, told_address=CameraAddress(host=host, protocol="onvif", port=80))


def test_how_a_unit_reaches_its_cameras_is_followed() -> None:
    before = [channel(1, "rtsp://a/"), reached(channel(2, "rtsp://b/"), "b")]
    told = [reached(channel(1, "rtsp://a/"), "a"), channel(2, "rtsp://b/")]
    after = followed(before, told)
    assert after == (told[0], before[1]), "what is not told any more is not forgotten"


def named(channel: ChannelConfig, name: str) -> ChannelConfig:
    return replace(channel, name=name, told_name=name)


def test_a_camera_that_is_renamed_on_its_unit_has_the_new_name() -> None:
    told = [named(channel(1, "rtsp://a/"), "Gate")]
    assert followed([channel(1, "rtsp://a/")], told) == tuple(told)


def test_a_name_that_the_user_gave_stays() -> None:
    before = replace(channel(1, "rtsp://a/"), name="Mine")
    (after,) = followed([before], [named(channel(1, "rtsp://a/"), "Gate")])
    assert (after.name, after.told_name) == ("Mine", "Gate")


def test_a_unit_that_counts_its_channels_anew_renames_no_camera() -> None:
    before = [named(channel(1, "rtsp://a/"), "A"), named(channel(2, "rtsp://b/"), "B")]
    told = [named(channel(1, "rtsp://b/"), "B")]
    assert followed(before, told) == tuple(before)
