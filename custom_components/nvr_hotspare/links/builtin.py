"""The way to the built-in spare: its engine runs beside Home Assistant, in a process of its own."""

from collections.abc import Iterable
from pathlib import Path
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN
from ..failover.model import Silence
from ..footage.folder import Surroundings, in_backups
from ..nvr.builtin import BuiltinSpare
from ..nvr.model import Place
from ..recorder.report import EngineReport
from ..settings.builtin import CAPACITY, BuiltinConfig
from ..settings.unit import UnitConfig
from .engine import EngineLink
from .engine_issues import EngineIssues


class BuiltinLink(EngineLink):
    """Carries every call to the engine, and tells people what is wrong with its folder."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, config: UnitConfig, options: BuiltinConfig
    ) -> None:
        super().__init__(config)
        self._hass = hass
        self._entry_id = entry_id
        self._take(options)

    def _take(self, options: BuiltinConfig) -> None:
        self._options = options
        folder = str(options.folder)
        self._issues = EngineIssues(self._hass, self._entry_id, self.config, options, folder)
        state = Path(self._hass.config.path(STORAGE_DIR, DOMAIN, self._entry_id))
        self._driver = BuiltinSpare(
            self.config.unit, options.folder, state, options.settings(), capacity=CAPACITY
        )
        self._open(self._driver)

    @property
    @override
    def driver(self) -> BuiltinSpare:
        return self._driver

    @override
    async def knock(self) -> Silence:
        """Tell that an engine that does not answer is no slow host."""
        return Silence.REFUSED

    @override
    async def start(self, places: Iterable[Place]) -> None:
        """Start the engine, or find the one that went on without Home Assistant."""
        await self._begin(places)
        await self._look_at_folder()

    @override
    async def change(self, config: UnitConfig, places: Iterable[Place]) -> bool:
        """Take up changed options; another folder takes another engine."""
        if not isinstance(config.way, BuiltinConfig):
            return False
        before, self._options, self.config = self._options, config.way, config
        if before.folder != self._options.folder:
            await self.remove()
            self._take(self._options)
            await self.start(places)
            return True
        self._driver.know(places)
        self._issues.options = self._options
        if before != self._options:
            await self._driver.configure(self._options.settings())
        return True

    @override
    async def close(self) -> None:
        """Leave the engine alone: it goes on recording what it was told."""
        await self._driver.detach()
        self._issues.withdraw()

    @override
    async def remove(self) -> None:
        """End the engine; its footage stays."""
        await self._driver.stop()
        self._issues.withdraw()

    @override
    @callback
    def _show(self, report: EngineReport) -> None:
        self._issues.show(report)

    async def _look_at_folder(self) -> None:
        around = Surroundings.of(self._hass)
        try:
            backed_up = await self._hass.async_add_executor_job(
                in_backups, self._options.folder, around
            )
        except OSError:
            return  # the engine tells what is wrong with it
        self._issues.show_backups(in_backups=backed_up)
