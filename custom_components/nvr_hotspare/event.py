"""What happens to a working device, as events of an entity and as lines of the logbook."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_MESSAGE, ATTR_TYPE, EVENT_HAPPENED
from .entity import UnitEntity, add_units
from .failover.commands import Announce
from .failover.model import Happening
from .manager import FailoverManager
from .reports.sentences import sentence
from .runtime import NvrHotSpareConfigEntry
from .settings.unit import UnitConfig

PARALLEL_UPDATES = 0

DEVICE_EVENTS: Final = (
    EventEntityDescription(key="event", translation_key="outage", event_types=list(Happening)),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entities."""
    add_units(entry, async_add_entities, _build)


def _build(manager: FailoverManager, config: UnitConfig) -> Iterable[EventEntity]:
    table = DEVICE_EVENTS if config.is_device else ()
    return [OutageEvent(manager, config, description) for description in table]


class OutageEvent(UnitEntity, EventEntity):
    """The steps of a working device's outages."""

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is announced of the unit."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.listen_happenings(self._unit, self._tell))

    @callback
    def _tell(self, announcement: Announce) -> None:
        self._trigger_event(announcement.happening, dict(announcement.data))
        self.async_write_ha_state()
        self._log(announcement)

    @callback
    def _log(self, announcement: Announce) -> None:
        """Have the logbook say it in a sentence."""
        device = self._manager.config(self._unit)
        held = self._manager.device_view(self._unit).spares.values()
        cameras = {channel.number: channel.name for channel in device.channels}
        spares = {self._manager.config(spare).title: None for spare in held}
        told = {
            ATTR_NAME: device.title,
            ATTR_MESSAGE: sentence(self.hass, announcement, cameras, spares),
            ATTR_TYPE: announcement.happening.value,
            ATTR_ENTITY_ID: self.entity_id,
            ATTR_DEVICE_ID: self.device_entry.id if self.device_entry else None,
        }
        self.hass.bus.async_fire(EVENT_HAPPENED, told)
