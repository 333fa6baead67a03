"""How dashboards get to load the card."""

from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.dashboards.card import CARD_URL
from tests.integration.lab import Lab, add_group
from tests.test_metadata import MANIFEST
from virtual_nvr.nvr.unit import VirtualNvr

PRESENT = f"{CARD_URL}?v={MANIFEST['version']}"
OTHER = "/local/other-card.js"


@pytest.fixture
async def lovelace(hass: HomeAssistant) -> None:
    """Dashboards that are kept in the storage, as they come."""
    assert await async_setup_component(hass, "lovelace", {})


async def loaded(hass: HomeAssistant) -> list[str]:
    """Return what dashboards load."""
    resources = hass.data[LOVELACE_DATA].resources
    await resources.async_get_info()
    return [item["url"] for item in resources.async_items()]


async def add_resource(hass: HomeAssistant, url: str) -> None:
    resources = hass.data[LOVELACE_DATA].resources
    await resources.async_create_item({"res_type": "module", "url": url})  # type: ignore[union-attr]


@pytest.mark.usefixtures("lovelace")
async def test_dashboards_load_the_card_once_for_all_groups(
    hass: HomeAssistant, lab: Lab, spare: VirtualNvr, hass_client: ClientSessionGenerator
) -> None:
    await add_resource(hass, OTHER)
    await add_group(hass, spare)
    await add_group(hass, await lab.nvr("SECOND"))
    assert await loaded(hass) == [OTHER, PRESENT]
    client = await hass_client()
    answer = await client.get(PRESENT)
    assert answer.status == 200
    assert "javascript" in answer.headers["Content-Type"]


@pytest.mark.usefixtures("lovelace")
async def test_another_version_takes_the_place_of_the_one_before(
    hass: HomeAssistant, spare: VirtualNvr
) -> None:
    await add_resource(hass, f"{CARD_URL}?v=0.0.9")
    await add_group(hass, spare)
    assert await loaded(hass) == [PRESENT]


@pytest.mark.usefixtures("lovelace")
async def test_the_card_goes_with_the_last_group(
    hass: HomeAssistant, lab: Lab, spare: VirtualNvr
) -> None:
    await add_resource(hass, OTHER)
    first = await add_group(hass, spare)
    second = await add_group(hass, await lab.nvr("SECOND"))
    await hass.config_entries.async_remove(first.entry_id)
    assert await loaded(hass) == [OTHER, PRESENT]
    await hass.config_entries.async_remove(second.entry_id)
    assert await loaded(hass) == [OTHER]


async def test_what_is_kept_in_yaml_is_left_alone(hass: HomeAssistant, spare: VirtualNvr) -> None:
    resources = [{"url": OTHER, "type": "module"}]
    config = {"lovelace": {"resource_mode": "yaml", "resources": resources}}
    assert await async_setup_component(hass, "lovelace", config)
    entry = await add_group(hass, spare)
    assert await loaded(hass) == [OTHER]
    await hass.config_entries.async_remove(entry.entry_id)
    assert await loaded(hass) == [OTHER]


async def test_a_home_assistant_without_dashboards_does_without_the_card(
    hass: HomeAssistant, group: ConfigEntry
) -> None:
    assert LOVELACE_DATA not in hass.data
    await hass.config_entries.async_remove(group.entry_id)
    assert not hass.config_entries.async_entries(DOMAIN)
