"""Which driver talks to a unit on the network."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .nvr.onvif import OnvifUnit
from .unit_config import NetworkConfig


def open_unit(hass: HomeAssistant, way: NetworkConfig) -> OnvifUnit:
    """Return the driver of a unit; nothing is asked of the unit yet."""
    return OnvifUnit(async_get_clientsession(hass), way.endpoint, way.credentials)
