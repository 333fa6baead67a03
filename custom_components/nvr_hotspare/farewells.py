"""Units that say good-bye in the network restart, as a rule: their silence is excused."""

import asyncio
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
import logging
import time
from typing import Final

from homeassistant.components import network
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .failover.events import Planned
from .failover.model import UnitId
from .manager import FailoverManager
from .nvr.discovery import GROUP
from .nvr.farewell import hear_farewells
from .sources import addresses
from .unit_config import NetworkConfig, UnitConfig

_LOGGER = logging.getLogger(__name__)

HEARD = GROUP
SELDOM: Final = 3600.0
"""Seconds in which one good-bye of a unit is believed: anybody in the network can say it in its
name, and must not keep its outages from being noticed in time for longer than one grace."""


class Farewells:
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
        self._believed: dict[UnitId, float] = {}
        self._task: asyncio.Task[None] | None = None

    @callback
    def start(self) -> None:
        """Listen, if that is possible here."""
        self._task = self._entry.async_create_background_task(
            self._hass, self._listen(), "farewells of recorders"
        )

    @callback
    def stop(self) -> None:
        """Listen no more."""
        if self._task:
            self._task.cancel()

    async def _listen(self) -> None:
        said: asyncio.Queue[str] = asyncio.Queue(maxsize=64)

        def put(address: str) -> None:
            if not said.full():
                said.put_nowait(address)

        own = await network.async_get_enabled_source_ips(self._hass)
        sources = [str(it) for it in own if isinstance(it, IPv4Address)]
        try:
            transport = await hear_farewells([*sources, "127.0.0.1"], put, group=HEARD)
        except OSError as error:
            _LOGGER.debug("Nobody can be heard to say good-bye: %s", error)
            return
        try:
            while True:
                await self._take(await said.get())
        finally:
            transport.close()

    async def _take(self, address: str) -> None:
        for config in tuple(self._units()):
            way = config.way
            if isinstance(way, NetworkConfig) and address in await addresses(way.endpoint.host):
                self._excuse(config.unit)

    @callback
    def _excuse(self, unit: UnitId) -> None:
        now = self._hass.loop.time()
        if now < self._believed.get(unit, -SELDOM) + SELDOM:
            return
        self._believed[unit] = now
        until = time.time() + self._manager.timing.restart_grace
        self._manager.handle(Planned(unit, until))
