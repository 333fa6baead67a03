"""What becomes of entries of other versions, and of devices that are no unit's."""

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nvr_hotspare.const import DOMAIN
from tests.integration.lab import device_id
from virtual_nvr.nvr.unit import VirtualNvr


async def test_an_entry_of_a_newer_version_is_refused_with_a_reason_and_kept(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, version=2, data={"new": 1}, title="Group")
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert "has version 2 which is higher than the current version 1" in caplog.text
    assert entry.data == {"new": 1}


async def test_only_devices_that_are_no_unit_can_be_deleted_by_hand(
    hass: HomeAssistant, group: ConfigEntry, spare: VirtualNvr, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "config", {})
    registry = dr.async_get(hass)
    stale = registry.async_get_or_create(
        config_entry_id=group.entry_id, identifiers={(DOMAIN, "GONE")}
    )
    client = await hass_ws_client()
    for device, deleted in ((device_id(hass, spare), False), (stale.id, True)):
        await client.send_json_auto_id(
            {
                "type": "config/device_registry/remove_config_entry",
                "config_entry_id": group.entry_id,
                "device_id": device,
            }
        )
        answer = await client.receive_json()
        assert answer["success"] is deleted
        assert (registry.async_get(device) is None) is deleted
