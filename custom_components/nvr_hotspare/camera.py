"""One camera for each channel of a working device, as long as it has the channel."""

from collections.abc import Mapping
from typing import Final

from homeassistant.components.camera.const import DOMAIN as CAMERA_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .failover.model import UnitId
from .live.addresses import LiveAddresses
from .live.choice import live_view_id
from .live.view import CHANNEL_CAMERA, LiveView
from .runtime import NvrHotSpareConfigEntry
from .settings.unit import ChannelConfig, UnitConfig

PARALLEL_UPDATES = 0

CHANNEL_CAMERAS: Final = (CHANNEL_CAMERA,)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the cameras, and have the units asked where they show their channels."""
    LiveViews(hass, entry, async_add_entities).start()


class LiveViews:
    """The cameras of a group: added and removed as its units and their channels are."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: NvrHotSpareConfigEntry,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._group = entry.runtime_data
        self._add = async_add_entities
        self._addresses = LiveAddresses(hass, entry, self._group.manager)
        self._configs: dict[UnitId, UnitConfig] = {}
        self._views: dict[str, LiveView] = {}

    @callback
    def start(self) -> None:
        """Take up all units, and what becomes of them."""
        for config in self._group.units:
            self._take_up(config)
        self._entry.async_on_unload(self._group.listen_added(self._take_up))
        self._entry.async_on_unload(self._group.manager.listen_steps(self._look))

    @callback
    def _look(self) -> None:
        """Take up what has changed of the units that are known."""
        now = {config.unit: config for config in self._group.units}
        for unit, config in tuple(self._configs.items()):
            if unit not in now:
                self._leave(config)
            elif now[unit] is not config:
                self._take_up(now[unit])

    @callback
    def _leave(self, config: UnitConfig) -> None:
        """Forget a unit, whose entities went with its subentry."""
        del self._configs[config.unit]
        self._addresses.leave(config.unit)
        for channel in config.channels:
            self._views.pop(live_view_id(config, channel), None)

    @callback
    def _take_up(self, config: UnitConfig) -> None:
        before = self._configs.get(config.unit)
        self._configs[config.unit] = config
        if before is None or before.way != config.way:
            self._addresses.follow(config)
        if config.is_device:
            self._show({live_view_id(config, it): it for it in config.channels}, config)

    @callback
    def _show(self, channels: Mapping[str, ChannelConfig], config: UnitConfig) -> None:
        """Have a camera for each of a unit's channels, and no other."""
        registry = er.async_get(self._hass)
        for entity in er.async_entries_for_config_entry(registry, self._entry.entry_id):
            ours = (
                entity.domain == CAMERA_DOMAIN and entity.config_subentry_id == config.subentry_id
            )
            if ours and entity.unique_id not in channels:
                registry.async_remove(entity.entity_id)
                self._views.pop(entity.unique_id, None)
        for key, channel in channels.items():
            if view := self._views.get(key):
                view.take(channel)
        new = {
            key: LiveView(self._group.manager, config, channel, self._addresses)
            for key, channel in channels.items()
            if key not in self._views
        }
        self._views |= new
        self._add(new.values(), config_subentry_id=config.subentry_id)
