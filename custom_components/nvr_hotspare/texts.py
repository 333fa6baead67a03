"""Sentences for forms, in the language of Home Assistant."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN


async def selector_texts(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """Return the options of a selector of `translations`, by key."""
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
    prefix = f"component.{DOMAIN}.selector.{selector}.options."
    return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}
