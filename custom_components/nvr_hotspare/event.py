"""What happens to a working device, as events that survive in the logbook."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import UnitEntity, add_units
from .failover.commands import Announce
from .failover.model import Happening
from .manager import FailoverManager
from .runtime import NvrHotSpareConfigEntry
from .unit_config import UnitConfig

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
