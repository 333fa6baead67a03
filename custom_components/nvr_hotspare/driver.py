"""Which driver talks to a unit on the network."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .nvr.onvif import OnvifUnit
from .unit_config import NetworkConfig


def open_unit(
    hass: HomeAssistant, way: NetworkConfig, numbers: Mapping[str, int] | None = None
) -> OnvifUnit:
    """Return the driver of a unit, whose channels keep the numbers that they have by token.

    Nothing is asked of the unit yet.
    """
    session = async_get_clientsession(hass)
    return OnvifUnit(session, way.endpoint, way.credentials, numbers=numbers)
