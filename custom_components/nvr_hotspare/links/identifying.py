"""Asking who answers at a unit's address."""

import logging

from ..failover.events import Identified, IdentityRefused
from ..nvr.errors import UnitCredentialsError, UnitError
from .link import UnitLink

_LOGGER = logging.getLogger(__name__)


async def identify(link: UnitLink) -> Identified | IdentityRefused | None:
    """Return whether it is the unit that is configured; None where it does not answer."""
    try:
        identity = await link.ask(lambda unit: unit.identify())
    except UnitCredentialsError:
        return IdentityRefused(link.config.unit)
    except UnitError as error:
        _LOGGER.debug("%s does not say who it is: %s", link.config.title, error)
        return None
    same = identity.serial == link.config.unit
    if not same:
        _LOGGER.warning("Another device answers at the address of %s", link.config.title)
    return Identified(link.config.unit, same)
