"""Several spares, their order, and working devices that stand in for others."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import (
    Lab,
    add_device,
    channels_input,
    eventually,
    loopback_address,
    state,
    unit_input,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import Limits
from virtual_nvr.nvr.unit import VirtualNvr


async def add_spare(
    hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr, preference: int
) -> None:
    flow = await Flow.add(hass, group, "hot_spare")
    await flow.choose("recorder")
    await flow.enter(unit_input(nvr))
    await flow.enter({"preference": preference})
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY


async def add_shared(
    hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr, cameras: Iterable[VirtualCamera]
) -> None:
    flow = await Flow.add(hass, group, "shared")
    await flow.enter(unit_input(nvr))
    await flow.enter({"preference": 2})
    await flow.enter(channels_input(cameras))
    await flow.save()
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY


def spares(group: ConfigEntry) -> list[str]:
    """Return the spares that the machine knows, in order of preference."""
    return [spare.unit for spare in group.runtime_data.manager._state.group.spares]


# Several spares


async def test_a_further_spare_is_asked_after_the_others_unless_the_user_says_otherwise(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry
) -> None:
    flow = await Flow.add(hass, group, "hot_spare")
    await flow.choose("recorder")
    await flow.enter(unit_input(await lab.nvr("SECOND")))
    assert flow.result["step_id"] == "preference"
    assert flow.suggested == {"preference": 2}
    assert flow.result["description_placeholders"]["spares"].startswith("- 1: ")
    await flow.enter(flow.suggested)
    await add_spare(hass, group, await lab.nvr("THIRD"), 1)
    assert spares(group) == ["SPARE", "THIRD", "SECOND"]


async def test_the_order_of_spares_can_be_changed(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, spare: VirtualNvr
) -> None:
    await add_spare(hass, group, await lab.nvr("SECOND"), 2)
    flow = await Flow.change(hass, group, subentry_of(group, spare))
    await flow.choose("preference")
    assert flow.suggested == {"preference": 1}
    assert flow.result["description_placeholders"]["spares"].startswith("- 2: ")
    await flow.enter({"preference": 3})
    assert flow.result["reason"] == "reconfigure_successful"
    assert spares(group) == ["SECOND", "SPARE"]


# Working devices that stand in for others


async def test_a_recorder_may_lend_what_is_free_beside_its_own(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    await add_shared(hass, group, nvr, cameras)
    data = subentry_of(group, nvr).data
    assert (data["work_mode"], data["capacity"], data["preference"]) == ("shared", 2, 2)
    assert spares(group) == ["SPARE", "NVR-1"]
    state = group.runtime_data.manager._state
    assert list(state.devices) == ["NVR-1"]
    flow = await Flow.change(hass, group, subentry_of(group, nvr))
    assert flow.result["menu_options"] == [
        "account",
        "channels",
        "no_record",
        "give_back",
        "work_mode",
        "preference",
        "push",
        "guided_drill",
    ]


async def test_a_recorder_that_can_lend_nothing_is_refused(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    plain = await lab.nvr("PLAIN", receiver=False)
    full = await lab.nvr("FULL", cameras, limits=Limits(recordings=2, jobs=2, receivers=2))
    flow = await Flow.add(hass, group, "shared")
    await flow.enter(unit_input(plain, host=loopback_address()))
    assert flow.error == "cannot_connect"
    await flow.enter(unit_input(plain))
    assert flow.error == "cannot_record_others"
    await flow.enter(unit_input(full))
    assert flow.error == "no_free_channels"
    assert flow.result["description_placeholders"]["recordings"] == "2"
    await flow.enter(unit_input(await lab.nvr("NVR-1", cameras)))
    assert flow.result["step_id"] == "preference"


async def test_the_work_mode_of_a_working_device_can_be_changed_and_back(
    hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr, cameras: list[VirtualCamera]
) -> None:
    await add_device(hass, group, nvr, cameras)
    subentry = subentry_of(group, nvr)
    for before, after, known in (
        ("normal", "shared", ["SPARE", "NVR-1"]),
        ("shared", "normal", ["SPARE"]),
    ):
        flow = await Flow.change(hass, group, subentry)
        await flow.choose("work_mode")
        assert flow.suggested == {"work_mode": before}
        await flow.enter({"work_mode": after})
        assert flow.result["reason"] == "reconfigure_successful"
        assert subentry.data["work_mode"] == after
        await hass.async_block_till_done(wait_background_tasks=False)
        assert spares(group) == known
    assert (subentry.data["capacity"], subentry.data["preference"]) == (2, 2)


async def test_a_device_that_can_lend_nothing_stays_normal(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    full = Limits(recordings=2, jobs=2, receivers=2)
    nvr = await lab.nvr("NVR-1", cameras, limits=full)
    await add_device(hass, group, nvr, cameras)
    flow = await Flow.change(hass, group, subentry_of(group, nvr))
    await flow.choose("work_mode")
    await flow.enter({"work_mode": "shared"})
    assert flow.error == "no_free_channels"
    await lab.stop("NVR-1")
    await flow.enter({"work_mode": "shared"})
    assert flow.error == "cannot_connect"
    await lab.nvr("OTHER", cameras, host=nvr.config.host)
    await flow.enter({"work_mode": "shared"})
    assert flow.error == "other_unit"
    await flow.enter({"work_mode": "normal"})
    assert flow.result["reason"] == "reconfigure_successful"
    assert subentry_of(group, nvr).data["work_mode"] == "normal"


# Room


@pytest.fixture
async def many(lab: Lab) -> list[VirtualCamera]:
    """More cameras than the spare can record."""
    return await lab.cameras(6)


async def at_channels(hass: HomeAssistant, group: ConfigEntry, nvr: VirtualNvr) -> Flow:
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "channels"
    return flow


def told(flow: Flow) -> tuple[str, str, str, str]:
    assert flow.result["step_id"] == "too_many", flow.result
    assert flow.result["menu_options"] == ["channels", "fit"]
    said = flow.result["description_placeholders"]
    return said["wanted"], said["capacity"], said["covered"], said["stranded"]


async def test_a_device_that_no_spare_can_hold_whole_is_refused_with_what_would_be_left(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, many: list[VirtualCamera]
) -> None:
    flow = await at_channels(hass, group, await lab.nvr("NVR-1", many))
    values = channels_input(many)
    values["channels"][0]["priority"] = "low"
    values["channels"][5]["priority"] = "high"
    await flow.enter(values)
    *numbers, stranded = told(flow)
    assert numbers == ["6", "4", "4"]
    assert [line for line in stranded.splitlines() if line.startswith("- ")] == [
        "- 1 Camera 1",
        "- 5 Camera 5",
    ]
    await flow.choose("channels")
    assert [it["number"] for it in flow.suggested["channels"]] == [1, 2, 3, 4, 5, 6]
    await flow.enter({"channels": flow.suggested["channels"][:4], "account": {}})
    assert all("can be recorded" in verdict for verdict in flow.verdicts)


async def test_what_fits_is_protected_on_the_users_word(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, many: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", many)
    flow = await at_channels(hass, group, nvr)
    await flow.enter(channels_input(many))
    await flow.choose("fit")
    assert len(flow.verdicts) == 6
    await flow.save()
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY

    # What was taken once is not asked again, unless it grows.
    subentry = subentry_of(group, nvr)
    flow = await Flow.change(hass, group, subentry)
    await flow.choose("channels")
    shown = flow.suggested["channels"]
    await flow.enter({"channels": shown, "account": {}})
    assert flow.result["step_id"] == "verdicts"
    await flow.choose("channels")
    more = [*shown, {"number": 7, "name": "Camera 7"}]
    await flow.enter({"channels": more, "account": {}})
    assert told(flow)[0] == "7"


async def test_a_camera_that_is_never_to_be_backed_up_takes_no_room(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, many: list[VirtualCamera]
) -> None:
    flow = await at_channels(hass, group, await lab.nvr("NVR-1", many))
    values = channels_input(many)
    for item in values["channels"][4:]:
        item["priority"] = "never"
    await flow.enter(values)
    assert len(flow.verdicts) == 6


async def test_a_device_that_is_to_be_split_over_spares_is_refused_by_default_too(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, many: list[VirtualCamera]
) -> None:
    await add_spare(hass, group, await lab.nvr("SECOND"), 2)
    flow = await at_channels(hass, group, await lab.nvr("NVR-1", many))
    await flow.enter(channels_input(many))
    *numbers, stranded = told(flow)
    assert numbers == ["6", "4", "6"]
    assert "split over several spares" in stranded
    assert "- " not in stranded


async def test_a_device_never_stands_in_for_itself(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, many: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", many[:5], limits=Limits(recordings=32, jobs=32, receivers=32))
    await add_shared(hass, group, nvr, many[:4])
    flow = await Flow.change(hass, group, subentry_of(group, nvr))
    await flow.choose("channels")
    await flow.enter(channels_input(many[:5]))
    assert told(flow)[:3] == ("5", "4", "4")
    # Others can count on it.
    flow = await at_channels(hass, group, await lab.nvr("NVR-2", many))
    await flow.enter(channels_input(many))
    assert flow.result["step_id"] == "verdicts"


async def test_a_spare_becomes_a_working_device_with_cameras_and_a_spare_again(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, spare: VirtualNvr
) -> None:
    subentry = subentry_of(group, spare)
    cameras = await lab.cameras(1)
    flow = await Flow.change(hass, group, subentry)
    await flow.choose("work_mode")
    assert flow.suggested == {"work_mode": "hot_spare"}
    await flow.enter({"work_mode": "normal"})
    assert flow.result["step_id"] == "channels"
    assert subentry.data["work_mode"] == "hot_spare"  # nothing is changed by halves
    await flow.enter(channels_input(cameras))
    await flow.choose("save")
    assert flow.result["reason"] == "reconfigure_successful"
    assert subentry.data["work_mode"] == "normal"
    assert len(subentry.data["channels"]) == 1
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "on")

    flow = await Flow.change(hass, group, subentry_of(group, spare))
    await flow.choose("work_mode")
    await flow.enter({"work_mode": "hot_spare"})
    assert flow.result["reason"] == "reconfigure_successful"
    assert subentry_of(group, spare).data["channels"] == []
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")


async def test_a_recorder_that_records_cameras_of_its_own_does_not_become_a_mere_spare(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry
) -> None:
    cameras = await lab.cameras(1)
    nvr = await lab.nvr("NVR-1", cameras)
    await add_device(hass, group, nvr, cameras)
    flow = await Flow.change(hass, group, subentry_of(group, nvr))
    await flow.choose("work_mode")
    await flow.enter({"work_mode": "hot_spare"})
    assert flow.error == "busy_recording"
    await flow.enter({"work_mode": "normal"})
    assert flow.result["reason"] == "reconfigure_successful"
