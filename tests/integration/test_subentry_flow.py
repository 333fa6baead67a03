"""Adding recorders to a group and changing them; every error can be recovered from."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import (
    CAMERA_PASSWORD,
    Lab,
    add_device,
    loopback_address,
    unit_input,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr


async def test_a_group_that_lost_its_spare_takes_another(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, spare: VirtualNvr
) -> None:
    nvr = await lab.nvr("NVR-1")
    await add_device(hass, group, nvr, await lab.cameras(1))
    hass.config_entries.async_remove_subentry(group, subentry_of(group, spare).subentry_id)
    await hass.async_block_till_done()
    flow = await Flow.add(hass, group, "hot_spare")
    await flow.choose("recorder")
    await flow.enter(unit_input(nvr))
    assert flow.result["reason"] == "already_configured"

    flow = await Flow.add(hass, group, "hot_spare")
    await flow.choose("recorder")
    await flow.enter(unit_input(spare, password="wrong"))
    assert flow.error == "invalid_auth"
    await flow.enter(unit_input(spare))
    assert flow.result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry_of(group, spare).data["capacity"] == 4


async def test_a_working_device_that_does_not_answer_or_rejects_the_password(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(nvr, host=loopback_address()))
    assert flow.error == "cannot_connect"
    await flow.enter(unit_input(nvr, password="wrong"))
    assert flow.error == "invalid_auth"
    await flow.enter(unit_input(nvr))
    assert flow.result["step_id"] == "channels"


async def test_a_unit_is_in_one_group_only(
    hass: HomeAssistant, group: ConfigEntry, spare: VirtualNvr
) -> None:
    flow = await Flow.add(hass, group, "normal")
    await flow.enter(unit_input(spare))
    assert flow.result["type"] is FlowResultType.ABORT
    assert flow.result["reason"] == "already_configured"


async def test_another_host_and_password_of_the_same_unit_are_taken(
    hass: HomeAssistant, lab: Lab, group: ConfigEntry, spare: VirtualNvr
) -> None:
    subentry = subentry_of(group, spare)
    flow = await Flow.change(hass, group, subentry)
    assert flow.result["menu_options"] == ["account", "work_mode", "preference", "push"]
    await flow.choose("account")
    assert flow.suggested == {"host": spare.config.host}
    other = await lab.nvr("OTHER")
    await flow.enter(unit_input(other))
    assert flow.error == "other_unit"
    assert flow.result["description_placeholders"]["serial"] == "OTHER"

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
    hass: HomeAssistant, group: ConfigEntry, lab: Lab, cameras: list[VirtualCamera]
) -> None:
    nvr = await lab.nvr("NVR-1", cameras)
    await add_device(hass, group, nvr, cameras)
    subentry = subentry_of(group, nvr)
    flow = await Flow.change(hass, group, subentry)
    assert flow.result["menu_options"] == [
        "account",
        "channels",
        "no_record",
        "give_back",
        "work_mode",
        "push",
        "guided_drill",
    ]
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


@pytest.mark.parametrize("covers", [False, True])
async def test_whether_spares_stand_in_for_what_is_not_recorded_is_asked_and_can_be_changed(
    hass: HomeAssistant,
    group: ConfigEntry,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
    *,
    covers: bool,
) -> None:
    await add_device(hass, group, nvr, cameras, covers_no_record=covers)
    subentry = subentry_of(group, nvr)
    assert subentry.data["covers_no_record"] is covers
    flow = await Flow.change(hass, group, subentry)
    await flow.choose("no_record")
    assert flow.suggested == {"covers_no_record": covers}
    await flow.enter({"covers_no_record": not covers})
    assert flow.result["reason"] == "reconfigure_successful"
    assert subentry.data["covers_no_record"] is not covers
