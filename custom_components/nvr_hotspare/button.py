"""Restarting a recorder, announced to whoever would take its silence for an outage.

Every driver can: ONVIF makes `SystemReboot` mandatory.
"""

from collections.abc import Iterable
import time
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import UnitEntity, add_units
from .failover.events import Planned
from .manager import FailoverManager
from .nvr.errors import UnitError
from .runtime import NvrHotSpareConfigEntry
from .unit_config import NetworkConfig, UnitConfig

PARALLEL_UPDATES = 1

UNIT_BUTTONS: Final = (
    ButtonEntityDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        translation_key="restart",
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NvrHotSpareConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons."""
    add_units(entry, async_add_entities, _build)


def _build(manager: FailoverManager, config: UnitConfig) -> Iterable[ButtonEntity]:
    """Build those of a recorder: the built-in spare is restarted by whoever watches over it."""
    table = UNIT_BUTTONS if isinstance(config.way, NetworkConfig) else ()
    return [RestartButton(manager, config, description) for description in table]


class RestartButton(UnitEntity, ButtonEntity):
    """Restarts a recorder; that it is away meanwhile is no outage."""

    @override
    async def async_press(self) -> None:
        """Restart it.

        Raises:
            HomeAssistantError: It does not do it.
        """
        link = self._manager.link(self._unit)
        self._excuse(self._manager.timing.restart_grace)
        try:
            await link.ask(lambda unit: unit.restart())
        except UnitError as error:
            self._excuse(0.0)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="not_restarted",
                translation_placeholders={"name": link.config.title, "reason": str(error)},
            ) from error

    def _excuse(self, seconds: float) -> None:
        """Have its silence excused for so long."""
        self._manager.handle(Planned(self._unit, time.time() + seconds, once=True))
