"""The running group: its units, each with its link and coordinator, and their manager."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .builtin_config import BuiltinConfig
from .builtin_link import BuiltinLink
from .const import DOMAIN
from .coordinator import UnitCoordinator
from .devices import register_devices
from .drill_schedule import DrillSchedule
from .drills import Drills
from .failover.model import UnitId
from .link import UnitLink
from .manager import FailoverManager
from .network_link import NetworkLink
from .removal import retire
from .scenes import Scenes
from .store import GroupStore
from .unit_config import UnitConfig, group_places, unit_configs

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
        self.manager = FailoverManager(hass, entry, store)
        self.drills = Drills(hass, entry, self.manager, lambda: self.links)
        self._schedule = DrillSchedule(hass, entry, self.manager, self.drills)
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
        configs = unit_configs(self._entry).values()
        places = group_places(configs).values()
        for config in configs:
            await self._take_up(config).link.start(places)
            self.drills.follow(config)
        self.listen_added(self.drills.follow)
        register_devices(self._hass, self._entry, self.units)
        self.manager.listen_steps(self._wake)
        self.manager.start()

    @callback
    def start(self) -> None:
        """Begin the heartbeats."""
        for coordinator in self._coordinators.values():
            coordinator.start()
        self._schedule.start()

    async def stop(self) -> None:
        """End the heartbeats and decide nothing any more."""
        self._schedule.stop()
        await asyncio.gather(*(it.stop() for it in self._coordinators.values()))
        self.manager.stop()
        await self.let_go()

    async def let_go(self) -> None:
        """Leave all units to themselves: what dies with Home Assistant is not started again."""
        await self.scenes.close()
        await self.manager.courier.let_go()
        await asyncio.gather(*(link.close() for link in self.links))

    async def update(self) -> None:
        """Take up what has changed of the subentries; no other unit misses a heartbeat."""
        async with self._updating:
            configs = unit_configs(self._entry)
            places = group_places(configs.values()).values()
            before = {config.unit: config for config in self.units}
            gone = [
                config
                for unit, config in before.items()
                if unit not in configs or configs[unit].subentry_id != config.subentry_id
            ]
            for config in gone:
                await self._let_go(config.unit)
            for unit, config in configs.items():
                if (coordinator := self._coordinators.get(unit)) is None:
                    continue
                if not await coordinator.link.change(config, places):
                    await coordinator.stop()
                    await coordinator.link.remove()
                    self._take_up(config).start()
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
            self._schedule.tell_ages()

    @callback
    def listen_added(self, listener: Callable[[UnitConfig], None]) -> CALLBACK_TYPE:
        """Call back with every unit that is added from now on."""
        self._on_added.append(listener)
        return lambda: self._on_added.remove(listener)

    @callback
    def _take_up(self, config: UnitConfig) -> UnitCoordinator:
        link = open_link(self._hass, self._entry.entry_id, config)
        if isinstance(link, BuiltinLink):
            link.listen(self.manager.tell_changes)
        coordinator = UnitCoordinator(self._hass, self._entry, self.manager, link)
        self._coordinators[config.unit] = coordinator
        self.manager.add(link)
        return coordinator

    async def _let_go(self, unit: UnitId) -> None:
        coordinator = self._coordinators.pop(unit)
        await coordinator.stop()
        self.manager.remove(unit)
        await retire(coordinator.link, self.manager.known_units)

    @callback
    def _wake(self) -> None:
        for coordinator in self._coordinators.values():
            coordinator.wake()


def open_link(hass: HomeAssistant, entry_id: str, config: UnitConfig) -> UnitLink:
    """Return the way to a unit; nothing is asked of the unit yet."""
    match config.way:
        case BuiltinConfig() as options:
            return BuiltinLink(hass, entry_id, config, options)
        case way:
            return NetworkLink(hass, entry_id, config, way)
