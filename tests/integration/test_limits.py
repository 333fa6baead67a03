"""How many cameras a spare can be promised to record."""

import asyncio
from collections.abc import Mapping
from math import inf
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.nvr.model import Limits
from custom_components.nvr_hotspare.settings.limits import (
    capacity,
    fastest_camera,
    limits_data,
    limits_of,
)
from tests.integration.flow import Flow, subentry_of
from tests.integration.lab import (
    Lab,
    add_group,
    channels_input,
    entity_id,
    eventually,
    places,
    state,
    unit_input,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import Limits as UnitLimits
from virtual_nvr.nvr.unit import VirtualNvr

MEGABIT = 1_000_000


def fitting(total: int, others: list[int], own: tuple[int, ...] = (), cameras: int = 8) -> int:
    limits = Limits(cameras=cameras, total_rate=total * MEGABIT)
    return capacity(limits, [it * MEGABIT for it in own], [it * MEGABIT for it in others])


@pytest.mark.parametrize(
    ("others", "cameras"),
    [
        ([4, 4, 2, 2, 2], 3),  # whichever three fail: the fastest fit
        ([4, 4, 2], 8),  # all of them fit, so that the bitrate is no limit
        ([0, 4, 4], 2),  # what was never measured may be as fast as the fastest
        ([0, 0, 0], 8),  # of which nothing is known
        ([12], 0),
        ([], 8),
    ],
)
def test_a_limit_of_the_total_bitrate_is_kept_whichever_cameras_fail(
    others: list[int], cameras: int
) -> None:
    assert fitting(10, others) == cameras


def test_what_a_shared_spare_records_of_its_own_is_no_room_for_others() -> None:
    assert fitting(10, [2, 2, 2, 2], own=(3, 3)) == 2
    assert fitting(10, [2, 2], own=(6, 6)) == 0


def test_a_spare_that_tells_no_bitrate_records_as_many_as_it_holds() -> None:
    assert fitting(0, [50, 50]) == 8


def test_the_cameras_that_fit_are_never_more_than_the_unit_holds() -> None:
    assert fitting(10, [1] * 20, cameras=3) == 3


def test_limits_are_read_as_they_are_kept() -> None:
    limits = Limits(cameras=4, camera_rate=8 * MEGABIT, total_rate=20 * MEGABIT)
    assert limits_of(limits_data(limits)) == limits
    assert limits_of({"capacity": 4}) == Limits(cameras=4)


def test_limits_a_camera_too_fast_for_a_spare_takes_nothing_of_its_total_bitrate() -> None:
    limits = Limits(cameras=8, camera_rate=8 * MEGABIT, total_rate=10 * MEGABIT)
    others = [12 * MEGABIT, 4 * MEGABIT, 4 * MEGABIT, 4 * MEGABIT]
    assert capacity(limits, [], others) == 2


@pytest.mark.parametrize(
    ("rates", "fastest"),
    [([], inf), ([0], inf), ([4, 8], 8), ([4, 0], inf)],  # 0 is no limit
)
def test_limits_a_camera_may_be_as_fast_as_some_spare_takes(
    rates: list[int], fastest: float
) -> None:
    assert fastest_camera(Limits(camera_rate=rate) for rate in rates) == fastest


SLOW = UnitLimits(recordings=4, jobs=4, receivers=4, camera_rate=20)
"""Of a spare that takes fewer bits per second of one camera than any has."""


async def test_limits_cameras_too_fast_for_every_spare_are_refused_and_never_promised(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr, cameras: list[VirtualCamera]
) -> None:
    slow = await lab.nvr("SLOW", limits=SLOW)
    entry = await add_group(hass, slow)
    flow = await Flow.add(hass, entry, "normal")
    await flow.enter(unit_input(nvr))
    values = channels_input(cameras)
    values["channels"][1]["priority"] = "never"
    await flow.enter(values)
    assert flow.result["step_id"] == "too_many"
    said = flow.result["description_placeholders"]
    assert (said["wanted"], said["covered"]) == ("1", "0")
    assert "- 1 Camera 1 (never: its bitrate is more than" in said["stranded"]
    assert "Camera 2" not in said["stranded"]
    await flow.choose("fit")
    assert "its bitrate is more than any spare takes of one camera: 0." in flow.verdicts[0]
    assert flow.result["menu_options"][0] == "channels"  # rather than to save it
    await flow.save()

    def reason() -> object:
        found = hass.states.get(entity_id(hass, "binary_sensor", nvr, "spare_ready"))
        return found and found.attributes["reason"]

    await eventually(lambda: reason() == "too_fast")
    manager = entry.runtime_data.manager
    assert [camera.channel for camera in manager.protection.singles["NVR-1"]] == [1]
    # What was taken once is not asked again.
    flow = await Flow.change(hass, entry, subentry_of(entry, nvr))
    await flow.choose("channels")
    await flow.enter({"channels": flow.suggested["channels"], "account": {}})
    assert flow.result["step_id"] == "verdicts"
    await lab.stop("NVR-1")
    missed = {"Camera 1": "too_fast", "Camera 2": "not_protected"}
    await eventually(lambda: shown(hass, nvr)["channels_not_backed_up"] == missed)
    assert not await places(slow)


async def test_limits_cameras_too_fast_for_one_spare_are_recorded_by_another(
    hass: HomeAssistant,
    lab: Lab,
    entry: ConfigEntry,
    *,
    nvr: VirtualNvr,
    spare: VirtualNvr,
    caplog: pytest.LogCaptureFixture,
) -> None:
    slow = await lab.nvr("SLOW", limits=SLOW)
    flow = await Flow.add(hass, entry, "hot_spare")
    await flow.choose("recorder")
    await flow.enter(unit_input(slow))
    await flow.enter({"preference": 1})
    subentry = subentry_of(entry, spare)
    data = {**subentry.data, "preference": 2}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await eventually(lambda: "and it takes 0.0 of one camera" in caplog.text)
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", spare, "channels_in_use") == "2")
    await eventually(lambda: not shown(hass, nvr)["channels_not_backed_up"])
    assert not await places(slow)


def shown(hass: HomeAssistant, nvr: VirtualNvr) -> Mapping[str, Any]:
    found = hass.states.get(entity_id(hass, "sensor", nvr, "working_status"))
    assert found
    return found.attributes


@pytest.mark.parametrize("status", [453, 503])
@pytest.mark.usefixtures("entry")
async def test_a_camera_without_a_stream_left_is_the_cameras_fault_not_the_spares(
    hass: HomeAssistant,
    lab: Lab,
    cameras: list[VirtualCamera],
    *,
    nvr: VirtualNvr,
    spare: VirtualNvr,
    status: int,
) -> None:
    await lab.do(asyncio.to_thread(cameras[1].refuse, status))
    await lab.stop("NVR-1")
    missed = {"Camera 2": "camera_refuses"}
    await eventually(lambda: shown(hass, nvr)["channels_not_backed_up"] == missed)
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"
    assert state(hass, "sensor", spare, "working_status") == "backing_up"
    held = await places(spare)
    assert "another viewer" in held["NVR-1/2"].error
    assert not held["NVR-1/1"].error
