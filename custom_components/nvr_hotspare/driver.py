"""Which driver talks to a unit."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .nvr.model import Credentials, Endpoint
from .nvr.onvif import OnvifUnit


def open_unit(hass: HomeAssistant, endpoint: Endpoint, credentials: Credentials) -> OnvifUnit:
    """Return the driver of a unit; nothing is asked of the unit yet."""
    return OnvifUnit(async_get_clientsession(hass), endpoint, credentials)
