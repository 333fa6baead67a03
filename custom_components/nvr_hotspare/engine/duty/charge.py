"""One working device in the engine's charge: its heartbeats, what it records, and who it is."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Final

import aiohttp

from ...failover import view
from ...failover.events import (
    HeartbeatReceived,
    Identified,
    IdentityRefused,
    ProbeUnanswered,
    RecordingsSeen,
)
from ...failover.model import Silence
from ...nvr.errors import UnitCredentialsError, UnitError, UnitUnsupportedError
from ...nvr.knock import knock
from ...nvr.model import Heartbeat
from ...nvr.opening import open_recorder
from ...nvr.pacer import Pacer
from ...nvr.pulse import Prober
from ..standing import DeviceOrders
from .decider import Decider

_LOGGER = logging.getLogger(__name__)

FIRST_PAUSE: Final = 60.0
LAST_PAUSE: Final = 3600.0
"""Seconds before a rejected password is offered again: units lock accounts that are tried."""


class DeviceWatch:
    """Feeds the decider with what one device does and does not answer."""

    def __init__(
        self, orders: DeviceOrders, session: aiohttp.ClientSession, decider: Decider
    ) -> None:
        self._unit = orders.device.unit
        self._title = orders.title
        self._endpoint = orders.endpoint
        self._driver = open_recorder(
            orders.driver, session, orders.endpoint, orders.credentials, numbers=orders.numbers
        )
        self._decider = decider
        self._pause = self._closed_until = 0.0
        self._watches = Pacer(lambda: view.watch_pace(decider.state, self._unit))
        self._prober = Prober(
            orders.title,
            self,
            lambda: view.probe_pace(decider.state, self._unit),
            heard=lambda: decider.handle(HeartbeatReceived(self._unit)),
            unanswered=lambda silence: decider.handle(ProbeUnanswered(self._unit, silence)),
        )

    async def run(self) -> None:
        """Watch for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._prober.run())
            group.create_task(self._watch())

    def wake(self) -> None:
        """Take up a changed pace."""
        self._prober.beats.wake()
        self._watches.wake()

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for a sign of life."""
        return await self._driver.heartbeat(fresh=fresh)

    async def knock(self) -> Silence:
        """Find out how a device that does not answer is silent."""
        return await knock(self._endpoint.host, self._endpoint.port)

    async def identify(self) -> None:
        """Ask who answers at the device's address; without an answer it is asked again."""
        try:
            identity = await self._ask(self._driver.identify)
        except UnitCredentialsError:
            self._decider.handle(IdentityRefused(self._unit))
        except UnitError as error:
            _LOGGER.debug("%s does not say who it is: %s", self._title, error)
        else:
            self._decider.handle(Identified(self._unit, identity.serial == self._unit))

    async def _watch(self) -> None:
        """Ask what the device records, if it has that to tell."""
        async for _ in self._watches.rounds():
            if not self._decider.state.online(self._unit):
                continue  # whoever may answer at its address is not offered its password
            try:
                recordings = await self._ask(self._driver.recordings)
            except UnitUnsupportedError:
                if not self._decider.state.devices[self._unit].tells:
                    return
            except UnitError as error:
                _LOGGER.debug("%s: %s", self._title, error)
            else:
                self._decider.handle(RecordingsSeen(self._unit, recordings))

    async def _ask[T](self, call: Callable[[], Awaitable[T]]) -> T:
        clock = asyncio.get_running_loop().time
        if clock() < self._closed_until:
            raise UnitCredentialsError("The password was rejected")
        try:
            answer = await call()
        except UnitCredentialsError:
            self._pause = min(max(2 * self._pause, FIRST_PAUSE), LAST_PAUSE)
            self._closed_until = clock() + self._pause
            raise
        self._pause = 0.0
        return answer
