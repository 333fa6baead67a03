"""What the recorders of a group tell of where they show their cameras live.

Asked while they live and kept in memory: a viewer does not wait for a recorder's answer.
"""

import asyncio
from collections.abc import Mapping
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..failover.model import Camera, Connection, UnitId
from ..links.network import NetworkLink
from ..listeners import Listeners
from ..manager import FailoverManager
from ..managing.member import UnitView
from ..nvr.errors import UnitError, UnitUnsupportedError
from ..nvr.pacer import Pacer
from ..recorder.model import Source
from ..settings.unit import UnitConfig, place_key

_LOGGER = logging.getLogger(__name__)

PACE: Final = 600.0
"""Seconds between questions, while nothing happens."""
RETRY: Final = 10.0
"""The same of a recorder that has not told yet."""


class LiveAddresses:
    """Asks the recorders on the network; the built-in spare shows nothing live.

    Attributes:
        changes: Told whenever an address may have changed.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, manager: FailoverManager) -> None:
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._told: dict[UnitId, Mapping[int | str, Source]] = {}
        self._tasks: dict[UnitId, asyncio.Task[None]] = {}
        self.changes = Listeners[[]]()

    @callback
    def follow(self, config: UnitConfig) -> None:
        """Begin to ask a unit, anew where the way to it has changed."""
        self.leave(config.unit)
        link = self._manager.link(config.unit)
        if isinstance(link, NetworkLink):
            self._tasks[config.unit] = self._entry.async_create_background_task(
                self._hass, self._ask_on(config.unit, link), f"live addresses {config.title}"
            )

    @callback
    def leave(self, unit: UnitId) -> None:
        """Ask a unit no more, and forget what it told."""
        self._told.pop(unit, None)
        if task := self._tasks.pop(unit, None):
            task.cancel()

    def of_device(self, camera: Camera) -> Source | None:
        """Return where a working device shows a camera of its own."""
        return self._told.get(camera.unit, {}).get(camera.channel)

    def of_spare(self, spare: UnitId, camera: Camera) -> Source | None:
        """Return where a spare shows a camera that it records."""
        return self._told.get(spare, {}).get(place_key(camera))

    async def _ask_on(self, unit: UnitId, link: NetworkLink) -> None:
        """Ask a unit again and again: at once when it is back, or records another camera."""
        pacer = Pacer(lambda: PACE if unit in self._told else RETRY)
        view = self._manager.view(unit)

        @callback
        def look() -> None:
            nonlocal view
            before, view = view, self._manager.view(unit)
            if _situation(before) != _situation(view):
                pacer.hurry()

        leave = self._manager.listen_changes(unit, look)
        try:
            async for _ in pacer.rounds():
                if view.connection is not Connection.OFFLINE:
                    await self._ask(unit, link)
        finally:
            leave()

    async def _ask(self, unit: UnitId, link: NetworkLink) -> None:
        told: Mapping[int | str, Source] = {}
        try:
            told = await link.ask(lambda it: it.live())
        except UnitUnsupportedError as error:
            _LOGGER.debug("%s shows nothing live: %s", link.config.title, error)
        except UnitError as error:
            _LOGGER.debug("%s does not tell what it shows live: %s", link.config.title, error)
            return
        before, self._told[unit] = self._told.get(unit, {}), told
        if told != before:
            self.changes.tell()


def _situation(view: UnitView) -> tuple[Connection | None, int]:
    """Return what changes when a recorder shows something else than before."""
    return view.connection, view.spare.channels_in_use if view.spare else 0
