"""How many cameras a spare can be promised to record."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nvr_hotspare.limits import capacity, limits_data, limits_of
from custom_components.nvr_hotspare.nvr.model import Limits
from tests.integration.lab import Lab, entity_id, eventually, places, state
from virtual_nvr.cameras import VirtualCamera
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
