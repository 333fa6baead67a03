"""The running group: its units, each with its link and coordinator, and their manager."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .cameras.issues import CameraIssues
from .const import DOMAIN
from .coordinator import UnitCoordinator
from .dashboards.feed import Feed
from .dashboards.overview import Overview
from .drills.drills import Drills
from .drills.schedule import DrillSchedule
from .failover.model import Connection, UnitId
from .footage.chronicle import Chronicle
from .footage.scenes import Scenes
from .links.builtin import BuiltinLink
from .links.engine import EngineLink
from .links.link import UnitLink
from .links.network import NetworkLink
from .links.remote import RemoteLink
from .manager import FailoverManager
from .settings.builtin import BuiltinConfig
from .settings.engine import EngineConfig
from .settings.unit import UnitConfig, group_places, unit_configs
from .store import GroupStore
from .surroundings.surroundings import Surroundings
from .units.devices import forget_entities, register_devices
from .units.removal import retire
from .units.roaming import roam

type NvrHotSpareConfigEntry = ConfigEntry[GroupRuntime]


class GroupRuntime:
    """One group while its entry is loaded."""

    def __init__(
        self, hass: HomeAssistant, entry: NvrHotSpareConfigEntry, store: GroupStore
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._coordinators: dict[UnitId, UnitCoordinator] = {}
        self._on_added: list[Callable[[UnitConfig], None]] = []
        self._updating = asyncio.Lock()
        self._stopped = False
        self.manager = FailoverManager(hass, entry, store)
        self.chronicle = Chronicle(hass, entry, self.manager)
        self.drills = Drills(hass, entry, self.manager, lambda: self.links)
        self.overview = Overview(hass, entry, self.manager, self.drills.book, self.chronicle)
        self.feed = Feed(hass, entry, self.overview, lambda: self.links)
        self._cameras = CameraIssues(hass, entry)
        self._schedule = DrillSchedule(hass, entry, self.manager, self.drills)
        self._surroundings = Surroundings(hass, entry, self.manager, lambda: self.units)
        folder = Path(hass.config.cache_path(DOMAIN, "scenes", entry.entry_id))
        self.scenes = Scenes(hass, entry, folder)

    @property
    def units(self) -> tuple[UnitConfig, ...]:
        """The units as they are configured."""
        return tuple(coordinator.link.config for coordinator in self._coordinators.values())

    @property
    def links(self) -> tuple[UnitLink, ...]:
        """The ways to the units."""
        return tuple(coordinator.link for coordinator in self._coordinators.values())

    async def load(self) -> None:
        """Take up all units, without asking them anything yet."""
        await self.scenes.open()
        await self._schedule.load()
        await self.chronicle.load()
        configs = unit_configs(self._entry).values()
        places = group_places(configs).values()
        for config in configs:
            self._take_up(config)
            self.drills.follow(config)
        self.listen_added(self.drills.follow)
        register_devices(self._hass, self._entry, self.units)
        self.manager.listen_steps(self._wake)
        self.manager.start()  # an engine that answers may know more, but of known units only
        for link in self.links:
            await link.start(places)

    @callback
    def start(self) -> None:
        """Begin the heartbeats, and to tell what happens."""
        self.manager.audience.gather(self._hass, self._entry)
        self.chronicle.start()
        for coordinator in self._coordinators.values():
            coordinator.start()
        self._schedule.start()
        self._surroundings.start()
        self._entry.async_create_background_task(
            self._hass,
            roam(self._hass, self._entry, self._is_offline),
            f"roam {self._entry.title}",
            eager_start=False,
        )

    @callback
    def _is_offline(self, config: UnitConfig) -> bool:
        if config.unit not in self._coordinators:
            return False
        return self.manager.view(config.unit).connection is Connection.OFFLINE

    async def stop(self) -> None:
        """End the heartbeats and decide nothing any more."""
        async with self._updating:
            self._stopped = True
            self._schedule.stop()
            self._cameras.settle()
            self._surroundings.stop()
            await asyncio.gather(*(it.stop() for it in self._coordinators.values()))
            self.manager.stop()
        await self.let_go()

    async def let_go(self) -> None:
        """Leave all units to themselves: what dies with Home Assistant is not started again."""
        await self.chronicle.stop()
        await self.scenes.close()
        await self.manager.courier.let_go()
        await asyncio.gather(*(link.close() for link in self.links))

    async def update(self) -> None:
        """Take up what has changed of the subentries; no other unit misses a heartbeat."""
        async with self._updating:
            if self._stopped:
                return
            configs = unit_configs(self._entry)
            if moved := [it for it in self.links if _moved(it.config, configs)]:
                # A unit has other entities in another Work Mode.
                restart = self._restart(moved, configs)
                self._hass.async_create_task(restart, f"restart {self._entry.title}")
                return
            left = await self._let_go_of_others(configs)
            await self._change(configs)
            await self._add(configs)
            self._surroundings.update()
            self._schedule.update()
        for link in left:
            await retire(link, self.manager.known_units)

    async def _restart(
        self, moved: Iterable[UnitLink], configs: Mapping[UnitId, UnitConfig]
    ) -> None:
        """Begin anew after units have changed their Work Mode; takeovers go on meanwhile."""
        for link in moved:
            forget_entities(self._hass, self._entry, link.config)
        await self._hass.config_entries.async_reload(self._entry.entry_id)
        for link in moved:
            if not configs[link.config.unit].is_spare:
                await retire(link, self.manager.known_units)

    async def _let_go_of_others(self, configs: Mapping[UnitId, UnitConfig]) -> list[UnitLink]:
        """Let go of units that are gone, or were added anew; return the ways to them."""
        gone = [
            coordinator
            for unit, coordinator in self._coordinators.items()
            if unit not in configs
            or configs[unit].subentry_id != coordinator.link.config.subentry_id
        ]
        for coordinator in gone:
            await coordinator.stop()
        for coordinator in gone:
            unit = coordinator.link.config.unit
            del self._coordinators[unit]
            self.manager.remove(unit)
        if gone:
            self.manager.configure()
        return [coordinator.link for coordinator in gone]

    async def _change(self, configs: Mapping[UnitId, UnitConfig]) -> None:
        """Take up changed units."""
        places = group_places(configs.values()).values()
        for unit, coordinator in tuple(self._coordinators.items()):
            if not await coordinator.link.change(configs[unit], places):
                await coordinator.stop()
                await coordinator.link.remove()
                changed = self._take_up(configs[unit])
                await changed.link.start(places)
                changed.start()

    async def _add(self, configs: Mapping[UnitId, UnitConfig]) -> None:
        """Take up new units, and tell all of the group as it is now."""
        places = group_places(configs.values()).values()
        added = [config for unit, config in configs.items() if unit not in self._coordinators]
        coordinators = [self._take_up(config) for config in added]
        for coordinator in coordinators:
            await coordinator.link.start(places)
        self.manager.configure()
        register_devices(self._hass, self._entry, self.units)
        for config in added:
            for listener in self._on_added:
                listener(config)
        for coordinator in coordinators:
            coordinator.start()

    @callback
    def listen_added(self, listener: Callable[[UnitConfig], None]) -> CALLBACK_TYPE:
        """Call back with every unit that is added from now on."""
        self._on_added.append(listener)
        return lambda: self._on_added.remove(listener)

    @callback
    def _take_up(self, config: UnitConfig) -> UnitCoordinator:
        link = open_link(self._hass, self._entry.entry_id, config)
        if isinstance(link, EngineLink):
            link.listen(self.manager.tell_changes)
            link.listen(partial(self._cameras.look, link))
        coordinator = UnitCoordinator(self._hass, self._entry, self.manager, link)
        self._coordinators[config.unit] = coordinator
        self.manager.add(link)
        return coordinator

    @callback
    def _wake(self) -> None:
        for coordinator in self._coordinators.values():
            coordinator.wake()


def _moved(config: UnitConfig, configs: Mapping[UnitId, UnitConfig]) -> bool:
    """Tell whether a unit of the group has changed its Work Mode."""
    now = configs.get(config.unit)
    return now is not None and now.mode is not config.mode


def open_link(hass: HomeAssistant, entry_id: str, config: UnitConfig) -> UnitLink:
    """Return the way to a unit; nothing is asked of the unit yet."""
    match config.way:
        case BuiltinConfig() as options:
            return BuiltinLink(hass, entry_id, config, options)
        case EngineConfig() as options:
            return RemoteLink(hass, entry_id, config, options)
        case way:
            return NetworkLink(hass, entry_id, config, way)
