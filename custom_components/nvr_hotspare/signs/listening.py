"""Listens to a unit that tells by itself what happens to it."""

import asyncio
import logging
import time
from typing import Final

from ..failover.events import Planned, StorageFailed
from ..nvr.base import Subscription
from ..nvr.errors import UnitError, UnitUnreachableError, UnitUnsupportedError
from ..nvr.model import Restarting, StorageState, UnitEvent
from .signs import SignsOfLife

_LOGGER = logging.getLogger(__name__)

FIRST_PAUSE: Final = 2.0
LAST_PAUSE: Final = 60.0
"""Seconds before a unit is asked again to tell, doubled each time: others may listen to it already,
and it has no room for one more."""
RARELY: Final = 600.0
"""The same for one that does not tell, until it has other software or another account."""
STEADY: Final = 2
"""Answers in a row after which a unit that breaks off is suspected; doubled each time, because
some break off now and then and are well."""


class Listener:
    """Listens to one unit, and takes each answer for a sign of life."""

    def __init__(self, signs: SignsOfLife) -> None:
        self._signs = signs
        self._link = signs.link
        self._unit = signs.link.config.unit
        self._pause = FIRST_PAUSE
        self._steady = STEADY
        self._failed: set[str] = set()
        """Disks that it said are broken."""

    async def listen(self) -> None:
        """Listen until cancelled, whatever the unit does.

        While it is offline it is not asked, so that nobody else is offered its password.
        """
        while True:
            pause = FIRST_PAUSE
            if self._signs.offline:
                self._failed.clear()
            else:
                try:
                    await self._session()
                except UnitUnsupportedError as error:
                    _LOGGER.debug("%s does not tell: %s", self._link.config.title, error)
                    pause = RARELY
                except UnitError as error:
                    _LOGGER.debug("%s tells no more: %s", self._link.config.title, error)
                    pause, self._pause = self._pause, min(2 * self._pause, LAST_PAUSE)
            await asyncio.sleep(pause)

    async def _session(self) -> None:
        """Listen until that breaks.

        Raises:
            UnitError: It broke.
        """
        subscription = await self._link.ask(lambda unit: unit.subscribe())
        try:
            await self._hear(subscription)
        finally:
            await subscription.close()

    async def _hear(self, subscription: Subscription) -> None:
        answers = 0
        while True:
            try:
                told = await self._link.ask(lambda _: subscription.pull())
            except UnitUnreachableError:
                if answers >= self._steady:
                    self._steady *= 2
                    await self._signs.missed()
                raise
            answers += 1
            self._pause = FIRST_PAUSE
            self._signs.heard()
            for event in told:
                self._take(event)

    def _take(self, event: UnitEvent) -> None:
        match event:
            case Restarting():
                manager = self._signs.manager
                manager.handle(Planned(self._unit, time.time() + manager.timing.restart_grace))
            case StorageState(storage=storage, failed=True):
                if storage not in self._failed:  # each new session begins with how things are
                    self._failed.add(storage)
                    _LOGGER.warning("%s: a disk of it has failed", self._link.config.title)
                    self._signs.manager.handle(StorageFailed(self._unit))
            case StorageState(storage=storage):
                self._failed.discard(storage)
