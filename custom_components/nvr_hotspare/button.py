"""Trying out what would happen if a recorder failed, and restarting one."""

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
from .drills.drills import Drills, failure
from .entity import UnitEntity, add_units
from .failover.events import Planned
from .manager import FailoverManager
from .nvr.errors import UnitError
from .runtime import NvrHotSpareConfigEntry
from .settings.unit import NetworkConfig, UnitConfig

PARALLEL_UPDATES = 0  # a drill takes minutes, for which nothing else is to wait

DEVICE_BUTTONS: Final = (
    ButtonEntityDescription(key="test_failover", translation_key="test_failover"),
)
"""Of working devices."""
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
    drills = entry.runtime_data.drills

    def build(manager: FailoverManager, config: UnitConfig) -> Iterable[ButtonEntity]:
        table = DEVICE_BUTTONS if config.is_device else ()
        return [TestFailoverButton(manager, config, it, drills) for it in table]

    add_units(entry, async_add_entities, build)


def _build(manager: FailoverManager, config: UnitConfig) -> Iterable[ButtonEntity]:
    """Build those of a recorder: the built-in spare is restarted by whoever watches over it."""
    table = UNIT_BUTTONS if isinstance(config.way, NetworkConfig) else ()
    return [RestartButton(manager, config, description) for description in table]


class TestFailoverButton(UnitEntity, ButtonEntity):
    """Drills a working device."""

    def __init__(
        self,
        manager: FailoverManager,
        config: UnitConfig,
        description: ButtonEntityDescription,
        drills: Drills,
    ) -> None:
        super().__init__(manager, config, description)
        self._drills = drills

    @override
    async def async_press(self) -> None:
        """Drill it; what was measured is shown by its sensors.

        Raises:
            HomeAssistantError: It can't be drilled now, or not all went well.
        """
        report = await self._drills.drill(self._unit)
        if not report["good"]:
            raise failure("drill_not_good", self._manager.config(self._unit).title)


class RestartButton(UnitEntity, ButtonEntity):
    """Restarts a recorder; that it is away meanwhile is no outage.

    Every driver can: ONVIF makes `SystemReboot` mandatory.
    """

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
