"""The button that tries out what would happen if a recorder failed."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import Lab, entity_id, eventually, state
from virtual_nvr.nvr.unit import VirtualNvr


async def press(hass: HomeAssistant, nvr: VirtualNvr) -> None:
    target = {"entity_id": entity_id(hass, "button", nvr, "test_failover")}
    await hass.services.async_call("button", "press", target, blocking=True)


@pytest.mark.usefixtures("entry")
async def test_the_button_drills_its_recorder(
    hass: HomeAssistant, nvr: VirtualNvr, spare: VirtualNvr
) -> None:
    await press(hass, nvr)
    assert state(hass, "sensor", nvr, "last_drill") != "unknown"
    assert state(hass, "sensor", nvr, "protection_proof") == "drilled"
    found = er.async_get(hass).async_get_entity_id(
        "button", DOMAIN, f"{spare.config.serial}_test_failover"
    )
    assert found is None


@pytest.mark.usefixtures("entry")
async def test_the_button_says_why_not(hass: HomeAssistant, lab: Lab, nvr: VirtualNvr) -> None:
    await lab.stop("NVR-1")
    await eventually(lambda: state(hass, "binary_sensor", nvr, "connection") == "off")
    with pytest.raises(ServiceValidationError):
        await press(hass, nvr)


@pytest.mark.usefixtures("entry")
async def test_the_button_says_that_not_all_was_well(
    hass: HomeAssistant, nvr: VirtualNvr, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)

    async def drill(_: str) -> dict[str, bool]:
        return {"good": False}

    monkeypatch.setattr(entry.runtime_data.drills, "drill", drill)
    with pytest.raises(HomeAssistantError, match="Not all cameras"):
        await press(hass, nvr)
