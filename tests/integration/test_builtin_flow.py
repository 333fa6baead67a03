"""Choosing this Home Assistant as the spare; every error can be recovered from."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import instance_id
import pytest

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.footage import folder as footage_folder
from custom_components.nvr_hotspare.recorder import probe
from custom_components.nvr_hotspare.recorder.model import CLOCK_RATE
from tests.integration.flow import Flow
from tests.integration.lab import (
    Lab,
    add_builtin_group,
    add_device,
    add_group,
    builtin_input,
    channels_input,
    eventually,
    issues,
    loopback_address,
    state,
    unit_input,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

GIGABYTE = 10**9


class GroupFlow:
    """The flow of a group with a built-in spare."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self.result: Any = None

    async def start(self) -> None:
        flows = self._hass.config_entries.flow
        self.result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        await self.enter({"next_step_id": "builtin"})
        assert self.result["step_id"] == "builtin"

    async def enter(self, values: dict[str, Any]) -> Any:
        self.result = await self._hass.config_entries.flow.async_configure(
            self.result["flow_id"], values
        )
        await self._hass.async_block_till_done()
        return self.result

    @property
    def outlook(self) -> str:
        assert self.result["step_id"] == "outlook", self.result
        assert self.result["menu_options"] == ["accept", "builtin"]
        text: str = self.result["description_placeholders"]["outlook"]
        return text


@pytest.fixture
async def flow(hass: HomeAssistant, builtin_home: Path) -> GroupFlow:
    """A flow that asks for the folder."""
    hass.config.media_dirs = {"local": str(builtin_home / "media")}
    flow = GroupFlow(hass)
    await flow.start()
    return flow


def suggested(result: Any) -> dict[str, Any]:
    return {
        str(key): key.description["suggested_value"]
        for key in result["data_schema"].schema
        if key.description and "suggested_value" in key.description
    }


async def test_a_group_is_created_with_this_home_assistant_as_its_spare(
    hass: HomeAssistant, flow: GroupFlow, builtin_home: Path
) -> None:
    folder = builtin_home / "footage"
    await flow.enter(builtin_input(folder))
    assert "one camera of 4 Mbit/s" in flow.outlook
    result = await flow.enter({"next_step_id": "accept"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = result["result"].subentries.values()
    serial = f"builtin-{await instance_id.async_get(hass)}"
    assert result["result"].unique_id == subentry.unique_id == serial
    assert subentry.title == result["title"] == "Built-in recorder"
    assert dict(subentry.data) == {
        "work_mode": "hot_spare",
        "driver": "builtin",
        "folder": str(folder),
        "space_limit": 1,
        "days": 0,
        "standby": "warm",
        "ring_seconds": 30,
        "capacity": 32,
        "manufacturer": "NVR Hot Spare",
        "model": "Built-in recorder",
        "firmware": "",
        "serial": serial,
        "mac": None,
    }
    assert result["next_flow"][0] is FlowType.CONFIG_SUBENTRIES_FLOW
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_the_suggested_folder_is_hidden_and_in_no_backup(
    flow: GroupFlow, builtin_home: Path
) -> None:
    shown = suggested(flow.result)
    assert shown["folder"] == str(builtin_home / "config/.cache/nvr_hotspare/footage")
    assert 1 <= shown["space_limit"] <= 100
    assert int(flow.result["description_placeholders"]["free"]) >= 3
    assert flow.result["data_schema"]({"folder": shown["folder"]}) == {
        "folder": shown["folder"],
        "space_limit": 100,
        "days": 14,
        "standby": "warm",
        "ring_seconds": 30,
    }
    await flow.enter({"folder": shown["folder"]})
    assert "backups can include" not in flow.outlook
    assert "media browser" not in flow.outlook
    assert "restoring a backup deletes it" in flow.outlook


@pytest.mark.parametrize(
    ("folder", "error"),
    [
        ("footage", "folder_not_absolute"),
        ("{home}/config/www/footage", "folder_public"),
        ("{home}/config/media/../www", "folder_public"),
        ("{home}/photos", "folder_not_empty"),
        ("{home}/photos/cat.jpg", "folder_not_writable"),
        ("{home}/photos/cat.jpg/footage", "folder_not_writable"),
        ("/proc/footage", "folder_not_writable"),
        ("{home}/\0", "folder_not_writable"),
    ],
)
async def test_a_folder_that_will_not_do_is_asked_for_again(
    flow: GroupFlow, builtin_home: Path, folder: str, error: str
) -> None:
    (builtin_home / "photos").mkdir()
    (builtin_home / "photos/cat.jpg").write_bytes(b"miaow")
    entered = folder.format(home=builtin_home)
    await flow.enter(builtin_input(builtin_home) | {"folder": entered})
    assert flow.result["errors"] == {"base": error}
    assert suggested(flow.result)["folder"] == entered
    if error == "folder_not_writable":
        assert flow.result["description_placeholders"]["reason"]
    await flow.enter(builtin_input(builtin_home / "footage"))
    assert flow.outlook


async def test_a_disk_with_too_little_space_is_refused(
    flow: GroupFlow, builtin_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(footage_folder, "_LEAST", 10**18)
        await flow.enter(builtin_input(builtin_home / "footage"))
    assert flow.result["errors"] == {"base": "no_space"}
    await flow.enter(builtin_input(builtin_home / "footage"))
    assert flow.outlook


async def test_a_memory_that_cannot_bridge_the_notice_is_refused_for_a_warm_spare(
    flow: GroupFlow, builtin_home: Path
) -> None:
    values = builtin_input(builtin_home / "footage", ring_seconds=24)
    await flow.enter(values)
    assert flow.result["errors"] == {"base": "ring_too_short"}
    assert flow.result["description_placeholders"]["shortest"] == "25"
    await flow.enter(values | {"standby": "cold"})
    assert "neither memory nor streams" in flow.outlook


@pytest.mark.parametrize(
    ("folder", "warning"),
    [
        ("config/footage", "backups can include this folder"),
        ("media/footage", "media browser sees this folder"),
    ],
)
async def test_who_else_gets_at_the_footage_is_told(
    flow: GroupFlow, builtin_home: Path, folder: str, warning: str
) -> None:
    await flow.enter(builtin_input(builtin_home / folder))
    assert warning in flow.outlook
    await flow.enter({"next_step_id": "builtin"})
    assert suggested(flow.result)["folder"] == str(builtin_home / folder)
    await flow.enter(builtin_input(builtin_home / "media/.footage"))
    assert warning not in flow.outlook


async def test_a_limit_that_no_disk_has_room_for_is_told(
    flow: GroupFlow, builtin_home: Path
) -> None:
    await flow.enter(builtin_input(builtin_home / "footage", space_limit=1_000_000))
    assert "more than there is room for" in flow.outlook
    await flow.enter({"next_step_id": "builtin"})
    await flow.enter(builtin_input(builtin_home / "footage", space_limit=0))
    assert "more than there is room for" not in flow.outlook


async def test_of_a_disk_that_fails_no_space_is_told(
    flow: GroupFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(footage_folder.Disk, "of", fail)
    await flow.enter(builtin_input(Path("footage")))
    assert flow.result["errors"] == {"base": "folder_not_absolute"}
    assert flow.result["description_placeholders"]["free"] == "0"


async def test_a_disk_that_fails_meanwhile_is_told(
    flow: GroupFlow, builtin_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, __: object) -> list[str]:
        raise OSError

    monkeypatch.setattr("custom_components.nvr_hotspare.forms.outlook.warnings", fail)
    await flow.enter(builtin_input(builtin_home / "footage"))
    assert "can't be looked at" in flow.outlook


async def test_this_home_assistant_is_the_spare_of_one_group_only(
    hass: HomeAssistant, flow: GroupFlow, builtin_home: Path
) -> None:
    await add_builtin_group(hass, builtin_home / "footage")
    await flow.enter(builtin_input(builtin_home / "other"))
    result = await flow.enter({"next_step_id": "accept"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


# In a group


async def lose_spare(hass: HomeAssistant, entry: ConfigEntry) -> None:
    (subentry,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry)
    await hass.async_block_till_done()


async def test_a_group_that_lost_its_spare_takes_this_home_assistant(
    hass: HomeAssistant, lab: Lab, builtin_home: Path
) -> None:
    entry = await add_group(hass, await lab.nvr("SPARE"))
    await lose_spare(hass, entry)
    flow = await Flow.add(hass, entry, "hot_spare")
    assert flow.result["menu_options"] == ("builtin", "recorder", "engine")
    await flow.choose("builtin")
    await flow.enter(builtin_input(builtin_home / "footage"))
    await flow.choose("accept")
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = entry.subentries.values()
    assert subentry.data["driver"] == "builtin"
    assert state(hass, "sensor", str(subentry.unique_id), "working_status") == "idle"


async def test_this_home_assistant_is_offered_as_a_spare_once(
    hass: HomeAssistant, lab: Lab, builtin_home: Path
) -> None:
    entry = await add_group(hass, await lab.nvr("SPARE"))
    early, late = [await Flow.add(hass, entry, "hot_spare") for _ in range(2)]
    for flow in (early, late):
        assert flow.result["menu_options"] == ("builtin", "recorder", "engine")
        await flow.choose("builtin")
        await flow.enter(builtin_input(builtin_home / "footage"))
    await early.choose("accept")
    await early.enter({"preference": 2})
    assert early.result["type"] is FlowResultType.CREATE_ENTRY
    await late.choose("accept")
    assert late.result["reason"] == "already_configured"
    again = await Flow.add(hass, entry, "hot_spare")
    assert again.result["menu_options"] == ("recorder", "engine")


async def test_what_the_cameras_mean_for_the_spare_is_told_with_their_verdicts(
    hass: HomeAssistant, lab: Lab, builtin_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_WINDOW", 3 * CLOCK_RATE)
    entry = await add_builtin_group(hass, builtin_home / "footage", ring_seconds=26)
    cameras = await lab.cameras(2, gop=50)
    nvr = await lab.nvr("NVR-1", cameras)
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter(channels_input(cameras))
    told = flow.result["description_placeholders"]["spare"]
    assert "while 2 cameras are recorded" in told
    assert "until it holds 27 s" in told
    await flow.save()
    await eventually(lambda: [it.translation_key for it in issues(hass)] == ["ring_too_short"])

    (spare,) = [it for it in entry.subentries.values() if it.data["work_mode"] == "hot_spare"]
    flow = await Flow.change(hass, entry, spare)
    assert flow.result["menu_options"] == ["builtin", "preference"]
    await flow.choose("builtin")
    assert flow.suggested["ring_seconds"] == 26
    await flow.enter(builtin_input(builtin_home / "footage", ring_seconds=26))
    assert flow.error == "ring_too_short"
    assert flow.result["description_placeholders"]["shortest"] == "27"
    await flow.enter(builtin_input(builtin_home / "footage", ring_seconds=30))
    assert "the last 30 s of 2 cameras" in flow.result["description_placeholders"]["outlook"]
    await flow.choose("accept")
    await eventually(lambda: not issues(hass))
    hass.config_entries.async_update_entry(entry, options={"away_after": 19})
    await eventually(lambda: [it.translation_key for it in issues(hass)] == ["ring_too_short"])
    hass.config_entries.async_update_entry(entry, options={})
    await eventually(lambda: not issues(hass))

    (device,) = [it for it in entry.subentries.values() if it.unique_id == "NVR-1"]
    flow = await Flow.change(hass, entry, device)
    await flow.choose("channels")
    await flow.enter(channels_input(cameras[:1]))
    told = flow.result["description_placeholders"]["spare"]
    assert "while 1 cameras are recorded" in told


async def test_a_camera_that_was_never_measured_is_taken_for_a_typical_one(
    hass: HomeAssistant, nvr: VirtualNvr, builtin_home: Path
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr))
    gate = {"number": 1, "name": "Gate", "uri": f"rtsp://{loopback_address()}/stream"}
    await flow.enter(channels_input([], channels=[gate]))
    assert "nothing answers" in flow.verdicts[0]
    assert "taken for one of 4 Mbit/s" in flow.result["description_placeholders"]["spare"]


async def test_the_spares_own_footage_is_no_folder_to_give_back_into(
    hass: HomeAssistant, nvr: VirtualNvr, cameras: list[VirtualCamera], builtin_home: Path
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr))
    await flow.enter(channels_input(cameras))
    await flow.choose("save")
    await flow.enter({"covers_no_record": False})
    await flow.choose("folder")
    answer = {"folder": str(builtin_home), "template": "mediamtx", "zone": "UTC"}
    await flow.enter(answer)
    error = flow.error
    (builtin_home / "recordings").mkdir()
    await flow.enter({**answer, "folder": str(builtin_home / "recordings")})
    assert (error, flow.result["step_id"]) == ("giving_folder_denied", "found")


async def test_changed_options_reach_the_engine_and_another_folder_takes_another_one(
    hass: HomeAssistant, lab: Lab, builtin_home: Path
) -> None:
    entry = await add_builtin_group(hass, builtin_home / "footage")
    cameras = await lab.cameras(1)
    await add_device(hass, entry, await lab.nvr("NVR-1", cameras), cameras)
    (spare,) = [it for it in entry.subentries.values() if it.data["work_mode"] == "hot_spare"]
    link = entry.runtime_data.manager.link(spare.unique_id)
    await eventually(lambda: link.report and link.report.storage.limit == GIGABYTE)
    pid = link.report.pid

    async def change(**changes: Any) -> None:
        flow = await Flow.change(hass, entry, spare)
        await flow.choose("builtin")
        await flow.enter(flow.suggested | changes)
        assert "- " in flow.result["description_placeholders"]["outlook"]
        await flow.choose("accept")
        assert flow.result["reason"] == "reconfigure_successful"

    await change(space_limit=2)
    await eventually(lambda: link.report and link.report.storage.limit == 2 * GIGABYTE)
    assert link.report.pid == pid

    await change(folder=str(builtin_home / "other"))
    await eventually(lambda: link.report and link.report.pid != pid)
    await eventually(
        lambda: state(hass, "binary_sensor", str(spare.unique_id), "connection") == "on"
    )
    assert (builtin_home / "other").is_dir()
