"""What a spare still holds of units that were removed from the group.

Deleting a subentry can't ask anything, so the question what becomes of footage comes as a repair
issue afterwards. Until it is answered the footage stays.
"""

from collections.abc import Container, Mapping
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .failover.model import Camera, UnitId
from .nvr.errors import UnitError
from .nvr.model import PlaceState
from .spare_worker import SpareWorker
from .store import GroupStore

_LOGGER = logging.getLogger(__name__)


class Leftovers:
    """Clears away what is left of removed units."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, store: GroupStore) -> None:
        self._hass = hass
        self._entry = entry
        self._store = store
        self._cleared: set[UnitId] = set()
        self._holders: dict[UnitId, tuple[SpareWorker, tuple[Camera, ...]]] = {}

    @callback
    def look(
        self, places: Mapping[Camera, PlaceState], group: Container[UnitId], worker: SpareWorker
    ) -> None:
        """Look for what a spare holds of units that were in the group and are not any more."""
        for unit in tuple(self._store.units):
            if unit in group:
                self._withdraw(unit)
                continue
            cameras = tuple(camera for camera in places if camera.unit == unit)
            if not cameras:
                self.forget(unit)
            elif unit not in self._cleared:
                self._cleared.add(unit)
                self._entry.async_create_background_task(
                    self._hass, self._clear(unit, worker, cameras), f"clear away {unit}"
                )
            elif any(places[camera].holds_footage for camera in cameras):
                self._holders[unit] = (worker, cameras)
                self._ask(unit)

    async def _clear(self, unit: UnitId, worker: SpareWorker, cameras: tuple[Camera, ...]) -> None:
        try:
            await worker.clear_away(cameras, delete_footage=False)
        except UnitError as error:
            # The next look at the spare tries again.
            _LOGGER.debug("The cameras of %s are still on the spare: %s", unit, error)
            self._cleared.discard(unit)

    async def delete_footage(self, unit: UnitId) -> None:
        """Delete a removed unit's footage.

        Raises:
            UnitError: The spare does not do it now.
        """
        if held := self._holders.get(unit):
            worker, cameras = held
            await worker.clear_away(cameras, delete_footage=True)
        self.forget(unit)

    @callback
    def forget(self, unit: UnitId) -> None:
        """Leave what the spare holds of a removed unit alone from now on."""
        self._store.units.pop(unit, None)
        self._store.save()
        self._withdraw(unit)

    @callback
    def _withdraw(self, unit: UnitId) -> None:
        self._cleared.discard(unit)
        if self._holders.pop(unit, None):
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(unit))

    @callback
    def _ask(self, unit: UnitId) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(unit),
            data={"entry_id": self._entry.entry_id, "unit": unit},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="unreturned_footage",
            translation_placeholders={"name": self._store.units[unit]},
        )


def _issue_id(unit: UnitId) -> str:
    return f"unreturned_footage_{unit}"
