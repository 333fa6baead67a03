"""Which of the entities that a trigger or a condition is aimed at it is about."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN


@callback
def ours(hass: HomeAssistant, entity_ids: set[str], key: str) -> set[str]:
    """Return those of ours with a translation key: an area, or a recorder, has many others."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id))
        and entry.platform == DOMAIN
        and entry.translation_key == key
    }
