"""Units that say good-bye in the network restart, as a rule: their silence is excused.

Those that greet from another address than the one they had are followed there at once, with the
care that `units.roaming` takes.
"""

import asyncio
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
import logging
import time
from typing import Final

from homeassistant.components import network
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cameras.sources import addresses
from ..failover.events import Planned
from ..failover.model import UnitId
from ..manager import FailoverManager
from ..nvr.discovery import GROUP
from ..nvr.greeting import Greeting, hear_greetings
from ..settings.unit import NetworkConfig, UnitConfig
from ..units.roaming import follow_patiently

_LOGGER = logging.getLogger(__name__)

HEARD = GROUP
SELDOM: Final = 3600.0
"""Seconds in which one good-bye of a unit is believed, and one greeting: anybody in the network can
say it in its name, and must neither keep its outages from being noticed in time for longer than one
grace, nor have its password offered again and again."""


class Greetings:
    """Listens for the units of one group."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        manager: FailoverManager,
        units: Callable[[], Iterable[UnitConfig]],
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._units = units
        self._believed: dict[tuple[UnitId, bool], float] = {}
        """When a unit was believed last, by whether it said good-bye."""
        self._task: asyncio.Task[None] | None = None

    @callback
    def start(self) -> None:
        """Listen, if that is possible here."""
        self._task = self._entry.async_create_background_task(
            self._hass, self._listen(), "greetings of recorders"
        )

    @callback
    def stop(self) -> None:
        """Listen no more."""
        if self._task:
            self._task.cancel()

    async def _listen(self) -> None:
        heard: asyncio.Queue[Greeting] = asyncio.Queue(maxsize=64)

        def put(greeting: Greeting) -> None:
            if not heard.full():
                heard.put_nowait(greeting)

        own = await network.async_get_enabled_source_ips(self._hass)
        sources = [str(it) for it in own if isinstance(it, IPv4Address)]
        try:
            transport = await hear_greetings([*sources, "127.0.0.1"], put, group=HEARD)
        except OSError as error:
            _LOGGER.debug("Nobody can be heard to come or go: %s", error)
            return
        try:
            while True:
                await self._take(await heard.get())
        finally:
            transport.close()

    async def _take(self, greeting: Greeting) -> None:
        for config in tuple(self._units()):
            way = config.way
            if not isinstance(way, NetworkConfig):
                continue
            if not greeting.leaves:
                self._follow(config, way.endpoint.host, greeting)
            elif greeting.host in await addresses(way.endpoint.host):
                self._excuse(config.unit)

    @callback
    def _excuse(self, unit: UnitId) -> None:
        if self._believes(unit, leaves=True):
            until = time.time() + self._manager.timing.restart_grace
            self._manager.handle(Planned(unit, until))

    @callback
    def _follow(self, config: UnitConfig, known_at: str, greeting: Greeting) -> None:
        """Look whether a unit is where somebody greets who calls himself as it does."""
        is_it = config.reference == greeting.reference != ""
        if is_it and greeting.host != known_at and self._believes(config.unit, leaves=False):
            self._entry.async_create_background_task(
                self._hass,
                follow_patiently(self._hass, self._entry, config.unit, greeting.host),
                f"follow {config.title}",
            )

    def _believes(self, unit: UnitId, *, leaves: bool) -> bool:
        """Tell whether a unit may be believed again, and note that it was."""
        now = self._hass.loop.time()
        if now < self._believed.get((unit, leaves), -SELDOM) + SELDOM:
            return False
        self._believed[unit, leaves] = now
        return True
