"""What the manager keeps of one unit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import logging
from typing import Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..failover.commands import Announce
from ..failover.events import CommandEnded
from ..failover.model import Camera, Connection, UnitId
from ..failover.state import State
from ..failover.view import DeviceView, SpareView, device_view, spare_view
from ..links.link import UnitLink
from ..listeners import Listeners
from ..nvr.model import Place
from .spare_worker import SpareWorker

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnitView:
    """What is shown of a unit: as a working device, as a spare, or as both."""

    device: DeviceView | None
    spare: SpareView | None

    @classmethod
    def of(cls, state: State, unit: UnitId) -> Self:
        """Return what there is to show of a unit in some state of the group."""
        return cls(
            device=device_view(state, unit) if unit in state.devices else None,
            spare=spare_view(state, unit) if unit in state.spares else None,
        )

    @property
    def connection(self) -> Connection | None:
        """Its Connection, None before the machine has been told of the unit."""
        either = self.device or self.spare
        return either.connection if either else None


def log_connection(title: str, before: UnitView | None, after: UnitView) -> None:
    """Log once when a unit goes and once when it is back."""
    if before is None or before.connection is None:
        return
    if before.connection is not after.connection:
        _LOGGER.info("%s is %s", title, after.connection)


@dataclass(slots=True)
class Member:
    """A unit of the group."""

    link: UnitLink
    worker: SpareWorker | None = None
    """Who carries out what a spare is told to do."""
    view: UnitView | None = None
    changes: Listeners[[]] = field(default_factory=Listeners)
    happenings: Listeners[[Announce]] = field(default_factory=Listeners)

    @callback
    def work(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        places: Callable[[], Mapping[Camera, Place]],
        report: Callable[[CommandEnded], None],
    ) -> None:
        """Have commands carried out by the present link, those unfinished first."""
        unfinished = self.worker.stop() if self.worker else ()
        self.worker = None
        if self.link.config.is_spare:
            self.worker = SpareWorker(self.link, places, report)
            for command in unfinished:
                self.worker.put(command)
            self.worker.start(hass, entry)

    @callback
    def stop(self) -> None:
        """Carry out nothing any more."""
        if self.worker:
            self.worker.stop()
