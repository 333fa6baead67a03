"""The way to a hot-spare engine on another machine."""

import asyncio
from collections.abc import Iterable
from typing import override

from homeassistant.core import HomeAssistant, callback

from ..failover.model import Silence
from ..nvr.engine import RemoteEngine
from ..nvr.errors import UnitCredentialsError
from ..nvr.knock import knock
from ..nvr.model import Heartbeat, Place
from ..recorder.report import EngineReport
from ..settings.engine import EngineConfig
from ..settings.unit import UnitConfig
from .engine import EngineLink
from .engine_issues import EngineIssues


class RemoteLink(EngineLink):
    """Carries every call to the engine, and tells people if it does not let us in."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, config: UnitConfig, options: EngineConfig
    ) -> None:
        super().__init__(config)
        self._options = options
        self._issues = EngineIssues(hass, entry_id, config, options, config.title)
        self._driver = RemoteEngine(
            config.unit, options.endpoint, options.pairing, options.settings()
        )
        self._open(self._driver)

    @property
    @override
    def driver(self) -> RemoteEngine:
        return self._driver

    @override
    async def knock(self) -> Silence:
        """Find out how a machine that does not answer is silent."""
        endpoint = self._options.endpoint
        return await knock(endpoint.host, endpoint.port)

    @override
    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask the engine for a sign of life; one that does not let us in is of no use."""
        try:
            return await super().heartbeat(fresh=fresh)
        except UnitCredentialsError as error:
            self._issues.show_refusal(str(error))
            raise

    @override
    async def start(self, places: Iterable[Place]) -> None:
        """Begin to keep in touch."""
        await self._begin(places)

    @override
    async def change(self, config: UnitConfig, places: Iterable[Place]) -> bool:
        """Take up changed options; another way to it takes another link."""
        options = config.way
        if not isinstance(options, EngineConfig):
            return False
        before = self._options
        if (options.endpoint, options.pairing) != (before.endpoint, before.pairing):
            return False
        self.config, self._options, self._issues.options = config, options, options
        self._driver.know(places)
        if before != options:
            await self._driver.configure(options.settings())
        return True

    @override
    async def close(self) -> None:
        """Leave the engine alone: it goes on with what it was told."""
        await self._driver.detach()
        self._issues.withdraw()

    @override
    async def remove(self) -> None:
        """Let go of the engine for good; its footage stays."""
        await self.close()

    async def unpair(self) -> None:
        """Have the engine forget this group and all orders; errors as of `ask`."""
        met = asyncio.Event()
        stop = self.listen(met.set)
        await self._driver.start()
        try:
            while self.report is None:
                met.clear()
                await met.wait()
            await self._driver.unpair()
        finally:
            stop()

    @override
    @callback
    def _show(self, report: EngineReport) -> None:
        self._issues.show_refusal("")
        self._issues.show_age(too_old=self._driver.decides is False)
        self._issues.show(report)
