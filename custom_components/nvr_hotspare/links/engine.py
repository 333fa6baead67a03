"""The way to an engine of our own, on this machine or on another one."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import override

from homeassistant.core import CALLBACK_TYPE, callback

from ..failover.model import Camera
from ..nvr.builtin import channel_of, places_of
from ..nvr.engine_spare import EngineSpare
from ..nvr.model import Heartbeat, Place, PlaceState
from ..recorder.messages import Resumed
from ..recorder.plain import Plain
from ..recorder.report import ChannelReport, EngineReport, StorageState
from ..settings.unit import UnitConfig, place_key
from .link import UnitLink


class EngineLink(UnitLink):
    """Carries every call to the engine.

    Attributes:
        on_resumed: Told of each connection what the engine did while nobody commanded it, before
            anybody may ask it for something. Without it the engine is never to decide anything.
    """

    def __init__(self, config: UnitConfig) -> None:
        super().__init__(config)
        self.on_resumed: Callable[[Resumed], Awaitable[None]] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._told: Mapping[str, PlaceState] = {}

    @property
    @abstractmethod
    def driver(self) -> EngineSpare:
        """Who talks to the engine."""

    def _open(self, driver: EngineSpare) -> None:
        """Follow what a new driver tells."""
        driver.listen(self._on_report)

    async def _begin(self, places: Iterable[Place]) -> None:
        """Have the driver keep in touch."""
        self.driver.on_resumed = self.on_resumed
        self.driver.know(places)
        await self.driver.start()

    @override
    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask the engine for a sign of life."""
        self.beat = await self.driver.heartbeat(fresh=fresh)
        return self.beat

    @override
    async def ask[T](self, call: Callable[[EngineSpare], Awaitable[T]]) -> T:
        """Make a call.

        Raises:
            UnitError: What the driver raised.
        """
        return await call(self.driver)

    @property
    def decides(self) -> bool:
        """Whether the engine can decide by itself, as far as is known."""
        return self.on_resumed is not None and self.driver.decides is not False

    async def settle(self) -> None:
        """Say that what `on_resumed` was told is saved; errors as of `ask`."""
        await self.driver.settle()

    async def appoint(self, orders: Mapping[str, Plain], seq: int) -> None:
        """Give the engine its standing orders; errors as of `ask`."""
        await self.driver.appoint(orders, seq)

    # What the engine tells

    @property
    @override
    def can_record(self) -> bool:
        """Whether there is a disk with room."""
        blocked = {StorageState.FULL, StorageState.UNAVAILABLE}
        return self.report is None or self.report.storage.state not in blocked

    @property
    def report(self) -> EngineReport | None:
        """What the engine told last; None while it can't be reached."""
        return self.driver.report

    def channel(self, camera: Camera) -> ChannelReport | None:
        """Return what the engine told of a camera."""
        return self.report.channels.get(channel_of(place_key(camera))) if self.report else None

    @callback
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back whenever `report` has changed."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def _on_report(self) -> None:
        if self.report:
            self._show(self.report)
        for listener in tuple(self._listeners):
            listener()
        told, self._told = self._told, places_of(self.report) if self.report else {}
        if told != self._told:
            self.on_news()

    @abstractmethod
    def _show(self, report: EngineReport) -> None:
        """Tell people what is wrong."""
