"""When a recorder that is back gets its cameras back, as the options say."""

from datetime import time, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.failover.model import Timing
from custom_components.nvr_hotspare.settings.group import GroupOptions
from custom_components.nvr_hotspare.surroundings.failback import FailbackClock
from tests.integration.lab import Lab, device_id, eventually, state
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

NIGHT = {"failback": "window", "failback_from": "22:00:00", "failback_to": "06:00:00"}


@pytest.fixture
async def cameras(lab: Lab) -> list[VirtualCamera]:
    return await lab.cameras(1)


async def test_a_recorder_is_backed_up_until_the_user_gives_back(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    hass.config_entries.async_update_entry(entry, options={"failback": "manual"})
    await hass.async_block_till_done()
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    await lab.start(nvr.config)
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "on")
    await eventually(lambda: bool(entry.runtime_data.manager.state.devices["NVR-1"].recorded_since))
    assert state(hass, "sensor", nvr, "working_status") == "backing_up"
    await hass.services.async_call(
        DOMAIN, "give_back", {"device_id": [device_id(hass, nvr)]}, blocking=True
    )
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")


async def test_the_group_is_looked_at_when_the_window_opens_and_when_it_closes(
    hass: HomeAssistant,
) -> None:
    looks: list[None] = []
    clock = FailbackClock(hass, lambda: looks.append(None))
    options = GroupOptions.from_options(NIGHT)
    clock.follow(options)
    tomorrow = dt_util.start_of_local_day() + timedelta(days=1)

    async def looked_by(hour: int) -> int:
        before = len(looks)
        async_fire_time_changed(hass, tomorrow + timedelta(hours=hour, seconds=1))
        await hass.async_block_till_done()
        return len(looks) - before

    await looked_by(1)
    assert [await looked_by(hour) for hour in (6, 12, 22)] == [1, 0, 1]
    clock.follow(GroupOptions())
    assert await looked_by(30) == 0


@pytest.mark.parametrize(
    ("now", "held"),
    [("21:59:59", True), ("22:00:00", False), ("05:59:59", False), ("06:00:00", True)],
)
def test_devices_hold_back_outside_of_the_window_alone(now: str, *, held: bool) -> None:
    assert GroupOptions.from_options(NIGHT).holds_back(time.fromisoformat(now)) is held


def test_devices_hold_back_always_or_never_without_one() -> None:
    noon = time(12)
    assert not GroupOptions().holds_back(noon)
    assert GroupOptions.from_options({"failback": "manual"}).holds_back(noon)


def test_heartbeats_and_bounds_are_in_proportion_to_the_usual_ones() -> None:
    usual = Timing()
    assert GroupOptions().timing(usual) == usual
    slower = GroupOptions(interval=10, offline_after=20, slow_after=60).timing(usual)
    assert (slower.interval, slower.window, slower.refused_window) == (10, 18.5, 16)
    assert slower.slow_window == 2 * usual.slow_window
