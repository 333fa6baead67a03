"""One per unit: its heartbeat loop and its slow facts. It never decides.

Not a `DataUpdateCoordinator`: that one stops without listeners or when a user disables polling,
and it drifts. A heartbeat that triggers a takeover must do neither.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
import logging
from typing import Any, NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .failover.events import HeartbeatReceived, ProbeUnanswered, RecordingsSeen
from .failover.model import Connection
from .links.link import UnitLink
from .links.network import NetworkLink
from .manager import FailoverManager
from .nvr.errors import UnitError, UnitUnsupportedError
from .nvr.pacer import Pacer
from .nvr.pulse import Prober
from .signs.push import take_pushes
from .units.following import follow_unit

_LOGGER = logging.getLogger(__name__)

FOLLOW_PACE = 600.0
"""Seconds between questions for what rarely changes."""


class _Watch(NamedTuple):
    """Slow facts that a unit is asked for."""

    pacer: Pacer
    see: Callable[[], Awaitable[None]]
    tells: Callable[[], bool]
    """Whether the unit is known to have them to tell."""


class UnitCoordinator:
    """Feeds the manager with what one unit does and does not answer."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, manager: FailoverManager, link: UnitLink
    ) -> None:
        self.link = link
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._unit = link.config.unit
        self._prober = Prober(
            link.config.title,
            link,
            lambda: manager.probe_pace(self._unit),
            heard=lambda: manager.handle(HeartbeatReceived(self._unit)),
            unanswered=lambda silence: manager.handle(ProbeUnanswered(self._unit, silence)),
        )
        self._watches = tuple(self._slow_facts())
        self._follows = Pacer(lambda: FOLLOW_PACE)
        self._was_offline = False
        link.on_news = self._hurry
        link.on_complaint = self._follows.hurry
        self._leave: CALLBACK_TYPE = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()

    @callback
    def start(self) -> None:
        """Begin to ask the unit for signs of life."""
        self._leave = self._manager.listen_changes(self._unit, self._look)
        self._spawn(self._prober.run(), "heartbeat")
        for watch in self._watches:
            self._spawn(self._watch(watch), "watch")
        if isinstance(self.link, NetworkLink):
            self._spawn(self._follow(self.link), "follow")
            probe = self._prober.beats.hurry
            pushes = take_pushes(self._hass, self._entry, self._manager, self.link, probe)
            self._spawn(pushes, "push")

    async def stop(self) -> None:
        """Stop asking."""
        self._leave()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @callback
    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = self._entry.async_create_background_task(
            self._hass, work, f"{name} {self.link.config.title}", eager_start=False
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @callback
    def wake(self) -> None:
        """Take up a changed pace at once."""
        self._prober.beats.wake()
        for watch in self._watches:
            watch.pacer.wake()

    @callback
    def _hurry(self) -> None:
        for watch in self._watches:
            watch.pacer.hurry()

    def _slow_facts(self) -> Iterator[_Watch]:
        """Yield what the unit is asked: both, where it stands in for others beside its own work."""
        pace = partial(self._manager.watch_pace, self._unit)
        if self.link.config.is_device and isinstance(self.link, NetworkLink):
            see = partial(self._see_recordings, self.link)
            yield _Watch(Pacer(pace), see, lambda: self._manager.tells(self._unit))
        if self.link.config.is_spare:
            yield _Watch(Pacer(pace), self._see_places, lambda: True)

    async def _watch(self, watch: _Watch) -> None:
        """Ask for slow facts each round, but not a unit that has never had them to tell.

        One that has may lack the services it needs for it while it starts.
        """
        async for _ in watch.pacer.rounds():
            if self._is_offline:
                continue
            try:
                await watch.see()
            except UnitUnsupportedError as error:
                if not watch.tells():
                    title = self.link.config.title
                    _LOGGER.info("%s does not tell what it records: %s", title, error)
                    return
                _LOGGER.debug("%s: %s", self.link.config.title, error)
            except UnitError as error:
                _LOGGER.debug("%s: %s", self.link.config.title, error)

    async def _follow(self, link: NetworkLink) -> None:
        """Keep what is stored of the unit as it tells it."""
        async for _ in self._follows.rounds():
            if self._is_offline:
                continue
            try:
                await follow_unit(self._hass, self._entry, link)
            except UnitError as error:
                _LOGGER.debug("%s: %s", link.config.title, error)

    @callback
    def _look(self) -> None:
        """Ask for what rarely changes when the unit is back: it may have been changed meanwhile."""
        offline = self._is_offline
        if self._was_offline and not offline:
            self._follows.hurry()
        self._was_offline = offline

    @property
    def _is_offline(self) -> bool:
        """Whoever may answer at its address meanwhile is not offered its password."""
        return self._manager.view(self._unit).connection is Connection.OFFLINE

    async def _see_recordings(self, link: NetworkLink) -> None:
        """Ask a working device what it records."""
        recordings = await link.ask(lambda unit: unit.recordings())
        self._manager.handle(RecordingsSeen(self._unit, recordings))

    async def _see_places(self) -> None:
        """Ask a spare what it holds."""
        self._manager.see_places(self._unit, await self.link.ask(lambda unit: unit.places()))
