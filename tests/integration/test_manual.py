"""What a user may ask for: a takeover, giving back, a drill."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.nvr_hotspare.failover.commands import Announce
from custom_components.nvr_hotspare.failover.events import SynchronizeNow
from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.manager import FailoverManager
from custom_components.nvr_hotspare.managing.manual import check
from tests.failover.replay import Replay, device, group
from tests.integration.lab import Lab, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
def manager(entry: ConfigEntry) -> FailoverManager:
    """The manager of a group that is well."""
    found: FailoverManager = entry.runtime_data.manager
    return found


def refused(key: str, wish: Callable[[], None]) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        wish()
    assert caught.value.translation_key == key


async def test_a_device_is_taken_over_though_it_answers_until_it_is_given_back(
    hass: HomeAssistant, manager: FailoverManager, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    manager.take_over("NVR-1")
    await eventually(lambda: state(hass, "sensor", spare, "channels_in_use") == "2")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    assert state(hass, "binary_sensor", nvr, "connection") == "on"
    refused("already_taken_over", lambda: manager.take_over("NVR-1"))
    refused("device_unwell", lambda: manager.drill("NVR-1"))
    manager.give_back("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "recording")
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")


async def test_a_drill_measures_a_takeover_and_ends_by_itself(
    hass: HomeAssistant, manager: FailoverManager, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    said: list[Announce] = []
    manager.listen_happenings("NVR-1", said.append)
    manager.drill("NVR-1")
    await eventually(lambda: "drilled" in [it.happening for it in said])
    await eventually(lambda: state(hass, "sensor", spare, "working_status") == "idle")
    assert state(hass, "sensor", nvr, "working_status") == "recording"
    assert [it.happening for it in said] == ["drilled"]


async def test_what_makes_no_sense_is_refused(
    hass: HomeAssistant, lab: Lab, manager: FailoverManager, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    refused("not_working_device", lambda: manager.take_over("SPARE"))
    refused("not_taken_over", lambda: manager.give_back("NVR-1"))
    await lab.stop("SPARE")
    await eventually(lambda: state(hass, "binary_sensor", spare, "connection") == "off")
    refused("no_spare", lambda: manager.take_over("NVR-1"))
    refused("no_spare", lambda: manager.drill("NVR-1"))
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    refused("device_offline", lambda: manager.take_over("NVR-1"))
    refused("device_offline", lambda: manager.give_back("NVR-1"))


def test_only_footage_that_is_owed_now_is_synchronized() -> None:
    site = Replay(group(device("a", gives_back=True), device("b"))).calm()

    def wish(unit: str) -> None:
        check(site.state, SynchronizeNow(unit), site.device(unit), unit)

    refused("footage_stays", lambda: wish("b"))
    refused("nothing_owed", lambda: wish("a"))
    site.kill("a").obey().wait(30)
    refused("device_offline", lambda: wish("a"))
    site.back("a")
    refused("outage_not_over", lambda: wish("a"))
    site.tell("a", Recording.YES).obey()
    wish("a")


async def test_an_unprotected_device_is_left_alone(
    hass: HomeAssistant, manager: FailoverManager, nvr: VirtualNvr
) -> None:
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": next(it for it in hass.states.async_entity_ids("switch"))},
        blocking=True,
    )
    assert state(hass, "switch", nvr, "protection") == "off"
    refused("device_not_protected", lambda: manager.take_over("NVR-1"))
