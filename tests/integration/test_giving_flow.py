"""Settling what becomes of an outage's footage: the folder is tried before it is taken."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nvr_hotspare.forms.giving import PRESETS
from custom_components.nvr_hotspare.recorder.giving.target import MARK
from custom_components.nvr_hotspare.settings.giving import CONF_GIVE_BACK
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import Lab, add_group, channels_input, unit_input
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def entry(hass: HomeAssistant, spare: VirtualNvr) -> ConfigEntry:
    return await add_group(hass, spare)


@pytest.fixture
async def nvr(lab: Lab, cameras: Iterable[VirtualCamera]) -> VirtualNvr:
    return await lab.nvr("NVR-1", cameras)


@pytest.fixture
async def flow(
    hass: HomeAssistant, entry: ConfigEntry, nvr: VirtualNvr, cameras: Iterable[VirtualCamera]
) -> Flow:
    """A flow that asks what becomes of the footage of NVR-1."""
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter(channels_input(cameras))
    await flow.choose("save")
    await flow.enter({"covers_no_record": False})
    assert flow.result["step_id"] == "give_back"
    assert flow.result["menu_options"] == ["keep", "folder"]
    return flow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The recordings of a recorder, as this machine sees them."""
    found = tmp_path / "recordings"
    found.mkdir()
    return found


def answer(folder: Path, /, **changes: Any) -> dict[str, Any]:
    return {"folder": str(folder), "template": "mediamtx", "zone": "Europe/Berlin"} | changes


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_footage_may_stay_on_the_spare(
    flow: Flow, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await flow.choose("keep")
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry_of(entry, nvr).data[CONF_GIVE_BACK]["way"] == "keep"


async def test_a_folder_is_tried_and_taken(
    flow: Flow, entry: ConfigEntry, nvr: VirtualNvr, folder: Path
) -> None:
    await flow.choose("folder")
    await flow.enter(answer(folder))
    assert flow.result["step_id"] == "found"
    told = flow.result["description_placeholders"]
    assert told["example"].startswith("Camera 1/")
    assert (told["recognised"], names(folder)) == ("0", [])
    await flow.choose("take_folder")
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry_of(entry, nvr).data[CONF_GIVE_BACK] == {
        "way": "folder",
        "folder": str(folder),
        "template": PRESETS["mediamtx"],
        "zone": "Europe/Berlin",
    }
    assert names(folder) == [MARK]


async def test_the_recorders_own_recordings_are_recognised(flow: Flow, nvr: VirtualNvr) -> None:
    await flow.choose("folder")
    recordings = nvr.config.folder / "recordings"
    await flow.enter(answer(recordings, template="virtual_nvr"))
    told = flow.result["description_placeholders"]
    assert int(told["recognised"]) >= 1
    assert told["newest"].startswith("20")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"folder": "/nowhere/at/all"}, "giving_folder_gone"),
        ({"folder": "not/whole"}, "giving_folder_gone"),
        ({"folder": "/sys"}, "giving_folder_denied"),
        ({"template": "../%s.mp4"}, "giving_name_invalid"),
        ({"template": "%Y.mp4"}, "giving_name_invalid"),
        ({"zone": "Europe/Atlantis"}, "giving_name_invalid"),
    ],
)
async def test_what_is_of_no_use_is_refused_and_can_be_put_right(
    flow: Flow, folder: Path, changes: dict[str, Any], error: str
) -> None:
    await flow.choose("folder")
    await flow.enter(answer(folder, **changes))
    assert flow.error == error
    assert flow.suggested == answer(folder, **changes)
    await flow.enter(answer(folder))
    assert flow.result["step_id"] == "found"


async def test_a_folder_that_goes_away_before_it_is_taken_is_told(
    hass: HomeAssistant, flow: Flow, folder: Path
) -> None:
    await flow.choose("folder")
    await flow.enter(answer(folder))
    moved = await hass.async_add_executor_job(folder.rename, folder.with_name("elsewhere"))
    await flow.choose("take_folder")
    assert flow.error == "giving_folder_gone"
    await hass.async_add_executor_job(moved.rename, folder)
    await flow.enter(answer(folder))
    await flow.choose("take_folder")
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_way_can_be_changed(
    hass: HomeAssistant, flow: Flow, entry: ConfigEntry, nvr: VirtualNvr, folder: Path
) -> None:
    await flow.choose("folder")
    await flow.enter(answer(folder))
    await flow.choose("take_folder")
    changing = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await changing.choose("give_back")
    await changing.choose("folder")
    assert changing.suggested == answer(folder)
    again = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await again.choose("give_back")
    await again.choose("keep")
    assert again.result["reason"] == "reconfigure_successful"
    assert subentry_of(entry, nvr).data[CONF_GIVE_BACK]["way"] == "keep"
