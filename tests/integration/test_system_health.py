"""What the system information page says."""

import json
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.nvr_hotspare import system_health
from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import Lab, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.mark.usefixtures("entry")
async def test_units_that_are_not_well_are_counted(
    hass: HomeAssistant, lab: Lab, nvr: VirtualNvr
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    calm = await get_system_health_info(hass, DOMAIN)
    assert (calm["groups"], calm["units"], calm["units_offline"], calm["engines"]) == (1, 2, 0, 0)
    assert calm["backed_up"] == 0
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "sensor", nvr, "working_status") == "backing_up")
    outage = await get_system_health_info(hass, DOMAIN)
    assert (outage["units_offline"], outage["backed_up"]) == (1, 1)

    texts = Path(system_health.__file__).parent / "translations" / "en.json"
    assert set(json.loads(texts.read_text())["system_health"]["info"]) == set(outage)
