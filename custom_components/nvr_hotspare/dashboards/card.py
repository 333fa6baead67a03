"""The card is served, and Home Assistant's dashboards are told to load it.

As a resource of Lovelace: what the frontend is told to load beside its own script, before it has
its registry of elements, is often lost. In YAML mode the user names it (see the README).
"""

import asyncio
from pathlib import Path
from typing import Final

from homeassistant.components.http.server import StaticPathConfig
from homeassistant.components.lovelace.const import CONF_RESOURCE_TYPE_WS, LOVELACE_DATA
from homeassistant.components.lovelace.resources import ResourceStorageCollection
from homeassistant.const import CONF_ID, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_FILE: Final = Path(__file__).parents[1] / "frontend" / "nvr-hotspare-card.js"
CARD_URL: Final = f"/{DOMAIN}/{_FILE.name}"
_LOCK: Final[HassKey[asyncio.Lock]] = HassKey(f"{DOMAIN}_card")


async def serve_card(hass: HomeAssistant) -> None:
    """Serve the card's file; browsers keep it until its address has another version."""
    path = StaticPathConfig(CARD_URL, str(_FILE), cache_headers=True)
    await hass.http.async_register_static_paths([path])


async def add_card(hass: HomeAssistant) -> None:
    """Have dashboards load the card, the present version of it."""
    integration = await async_get_integration(hass, DOMAIN)
    url = f"{CARD_URL}?v={integration.version}"
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        if (resources := await _resources(hass)) is None:
            return
        mine = _items(resources)
        if not mine:
            await resources.async_create_item({CONF_RESOURCE_TYPE_WS: "module", CONF_URL: url})
        elif mine[0][CONF_URL] != url:
            await resources.async_update_item(mine[0][CONF_ID], {CONF_URL: url})


async def remove_card(hass: HomeAssistant) -> None:
    """Have dashboards load it no more."""
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        if (resources := await _resources(hass)) is None:
            return
        for item in _items(resources):
            await resources.async_delete_item(item[CONF_ID])


async def _resources(hass: HomeAssistant) -> ResourceStorageCollection | None:
    """Return what dashboards load, None where there are none or they are kept in YAML."""
    lovelace = hass.data.get(LOVELACE_DATA)
    resources = lovelace.resources if lovelace else None
    if not isinstance(resources, ResourceStorageCollection):
        return None
    await resources.async_get_info()  # reads what is stored, the first time
    return resources


def _items(resources: ResourceStorageCollection) -> list[dict[str, str]]:
    """Return what of it is the card, whatever its version."""
    return [it for it in resources.async_items() if it[CONF_URL].partition("?")[0] == CARD_URL]
