"""The way to the built-in spare: its engine runs beside Home Assistant, in a process of its own."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.storage import STORAGE_DIR

from .builtin_config import CAPACITY, BuiltinConfig
from .builtin_issues import BuiltinIssues
from .const import DOMAIN
from .failover.model import Camera, Silence
from .footage_folder import Surroundings, in_backups
from .link import UnitLink
from .nvr.builtin import BuiltinSpare, channel_of, places_of
from .nvr.model import Heartbeat, Place, PlaceState
from .recorder.report import ChannelReport, EngineReport, StorageState
from .unit_config import UnitConfig, place_key


class BuiltinLink(UnitLink):
    """Carries every call to the engine, and tells people what is wrong with its folder."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, config: UnitConfig, options: BuiltinConfig
    ) -> None:
        super().__init__(config)
        self._hass = hass
        self._entry_id = entry_id
        self._listeners: list[Callable[[], None]] = []
        self._told: Mapping[str, PlaceState] = {}
        self._open(options)

    def _open(self, options: BuiltinConfig) -> None:
        self._options = options
        self._issues = BuiltinIssues(self._hass, self.config, options)
        state = Path(self._hass.config.path(STORAGE_DIR, DOMAIN, self._entry_id))
        self._driver = BuiltinSpare(
            self.config.unit, options.folder, state, options.settings(), capacity=CAPACITY
        )
        self._driver.listen(self._on_report)

    @override
    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask the engine for a sign of life."""
        return await self._driver.heartbeat(fresh=fresh)

    @override
    async def knock(self) -> Silence:
        """Tell that an engine that does not answer is no slow host."""
        return Silence.REFUSED

    @override
    async def ask[T](self, call: Callable[[BuiltinSpare], Awaitable[T]]) -> T:
        """Make a call.

        Raises:
            UnitError: What the driver raised.
        """
        return await call(self._driver)

    @override
    async def start(self, places: Iterable[Place]) -> None:
        """Start the engine, or find the one that went on without Home Assistant."""
        self._driver.know(places)
        await self._driver.start()
        await self._look_at_folder()

    @override
    async def change(self, config: UnitConfig, places: Iterable[Place]) -> bool:
        """Take up changed options; another folder takes another engine."""
        if not isinstance(config.way, BuiltinConfig):
            return False
        before, self._options, self.config = self._options, config.way, config
        if before.folder != self._options.folder:
            await self.remove()
            self._open(self._options)
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

    # What the engine tells

    @property
    @override
    def can_record(self) -> bool:
        """Whether there is a disk with room."""
        blocked = {StorageState.FULL, StorageState.UNAVAILABLE}
        return self.report is None or self.report.storage.state not in blocked

    @property
    def report(self) -> EngineReport | None:
        """What the engine told last; None while it does not run."""
        return self._driver.report

    def channel(self, camera: Camera) -> ChannelReport | None:
        """Return what the engine told of a camera."""
        report = self._driver.report
        return report.channels.get(channel_of(place_key(camera))) if report else None

    @callback
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back whenever `report` has changed."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def _on_report(self) -> None:
        if self.report:
            self._issues.show(self.report)
        for listener in tuple(self._listeners):
            listener()
        told, self._told = self._told, places_of(self.report) if self.report else {}
        if told != self._told:
            self.on_news()

    async def _look_at_folder(self) -> None:
        around = Surroundings.of(self._hass)
        try:
            backed_up = await self._hass.async_add_executor_job(
                in_backups, self._options.folder, around
            )
        except OSError:
            return  # the engine tells what is wrong with it
        self._issues.show_backups(in_backups=backed_up)
