"""Sentences in the language of Home Assistant."""

from collections.abc import Mapping
import re

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_get_translations,
)

from .const import DOMAIN


def plain(text: str) -> str:
    """Return what somebody else called something so that Markdown shows it as it is."""
    return re.sub(r"([^\w\s])", r"\\\1", text)


async def selector_texts(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """Return the options of a selector of `translations`, by key."""
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
    return _options(texts, selector)


@callback
def loaded_texts(hass: HomeAssistant, selector: str) -> Mapping[str, str]:
    """Return the same at once, while the integration is set up."""
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    return _options(texts, selector)


def _options(texts: Mapping[str, str], selector: str) -> Mapping[str, str]:
    prefix = f"component.{DOMAIN}.selector.{selector}.options."
    return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}
