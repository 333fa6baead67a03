"""Which driver a recorder is talked to with, and what it can do by it, in words."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..const import CONF_DRIVER
from ..errors import unit_error_key
from ..nvr.detection import detect
from ..nvr.errors import UnitError
from ..nvr.model import Capability, Driver, Probe
from ..nvr.opening import DRIVERS
from ..settings.unit import NetworkConfig
from ..texts import selector_texts
from .unit import UnitFormError

DRIVER_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_DRIVER): SelectSelector(
            SelectSelectorConfig(
                options=list(DRIVERS), mode=SelectSelectorMode.LIST, translation_key=CONF_DRIVER
            )
        )
    }
)


async def find_driver(hass: HomeAssistant, way: NetworkConfig) -> Driver:
    """Return the driver for whoever answers; nothing is said to it that is a secret.

    Raises:
        UnitFormError: The address is none.
    """
    try:
        return await detect(async_get_clientsession(hass), way.endpoint)
    except UnitError as error:
        raise UnitFormError(unit_error_key(error), {"reason": str(error)}) from error


async def ability_lines(hass: HomeAssistant, probe: Probe) -> str:
    """Return what a recorder can do as a list in Markdown, in the language of Home Assistant."""
    texts = await selector_texts(hass, "capability")
    return "\n".join(
        f"- {texts[it].format(cameras=probe.capacity)}"
        for it in Capability
        if it in probe.capabilities
    )
