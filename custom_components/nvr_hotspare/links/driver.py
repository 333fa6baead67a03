"""Which driver talks to a unit on the network."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..nvr.base import Recorder
from ..nvr.opening import open_recorder
from ..settings.unit import NetworkConfig


def open_unit(
    hass: HomeAssistant, way: NetworkConfig, numbers: Mapping[str, int] | None = None
) -> Recorder:
    """Return the driver of a unit, whose channels keep the numbers that they have by token.

    Nothing is asked of the unit yet.
    """
    session = async_get_clientsession(hass)
    return open_recorder(way.driver, session, way.endpoint, way.credentials, numbers=numbers)
