"""Letting go of cameras on a spare that is leaving, or whose group is."""

import asyncio
from collections.abc import Container
import logging

from ..failover.model import UnitId
from ..links.link import UnitLink
from ..links.network import NetworkLink
from ..links.remote import RemoteLink
from ..nvr.base import Recorder
from ..nvr.errors import UnitError
from ..settings.unit import place_camera

_LOGGER = logging.getLogger(__name__)

_TIME: float = 15.0
"""Seconds that a removal waits for a spare that may be gone for good."""


async def retire(link: UnitLink, units: Container[UnitId]) -> None:
    """Let go of a unit for good; a spare first lets go of what it holds of these units.

    The footage stays there.
    """
    # The built-in spare's engine ends, and its orders with it.
    if isinstance(link, NetworkLink) and link.config.is_spare:
        await _clear_spare(link, units)
    elif isinstance(link, RemoteLink):
        await _unpair(link)
    await link.remove()


async def _unpair(link: RemoteLink) -> None:
    """Make an engine on another machine forget the group: best effort, likewise."""
    try:
        async with asyncio.timeout(_TIME):
            await link.unpair()
    except (UnitError, TimeoutError) as error:
        reason = str(error) or "no answer"
        _LOGGER.warning("%s is still paired: %s", link.config.title, reason)


async def _clear_spare(link: NetworkLink, units: Container[UnitId]) -> None:
    """Make a spare let go: best effort, whoever removes a dead one must not be kept from it."""

    async def clear(unit: Recorder) -> None:
        keys = [
            key
            for key in await unit.places()
            if (camera := place_camera(key)) and camera.unit in units
        ]
        await unit.release(keys)
        await unit.unprovision(keys)

    try:
        async with asyncio.timeout(_TIME):
            await link.ask(clear)
    except (UnitError, TimeoutError) as error:
        _LOGGER.warning(
            "%s still holds its places: %s", link.config.title, str(error) or "no answer"
        )
