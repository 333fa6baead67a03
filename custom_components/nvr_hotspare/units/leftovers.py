"""What spares still hold of units that were removed from the group.

Deleting a subentry can't ask anything, so the question what becomes of footage comes as a repair
issue afterwards. Until it is answered the footage stays.
"""

from collections.abc import Mapping
import logging
from typing import NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..failover.model import Camera, UnitId
from ..managing.spare_worker import SpareWorker
from ..nvr.errors import UnitError
from ..nvr.model import PlaceState
from ..store import GroupStore

_LOGGER = logging.getLogger(__name__)


class _Left(NamedTuple):
    """What one spare holds of a removed unit."""

    worker: SpareWorker
    cameras: tuple[Camera, ...]


class Leftovers:
    """Clears away what is left of removed units."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, store: GroupStore) -> None:
        self._hass = hass
        self._entry = entry
        self._store = store
        self._clearing: set[tuple[UnitId, UnitId]] = set()
        """Removed units and the spares that they are being cleared from."""
        self._left: dict[UnitId, dict[UnitId, _Left]] = {}
        """What each spare was last seen to hold of a removed unit."""

    @callback
    def look(
        self,
        spare: UnitId,
        worker: SpareWorker,
        places: Mapping[Camera, PlaceState],
        group: Mapping[UnitId, bool],
    ) -> None:
        """Look for what a spare holds of units that were in the group and are not any more.

        Args:
            spare: The spare.
            worker: Who carries out its commands.
            places: All that it holds.
            group: The units of the group, and whether each is a spare.
        """
        for unit in tuple(self._store.units):
            if unit in group:
                self._withdraw(unit)
                continue
            cameras = tuple(camera for camera in places if camera.unit == unit)
            left = self._left.setdefault(unit, {})
            left[spare] = _Left(worker, cameras)
            seen = all(other in left for other, is_spare in group.items() if is_spare)
            # A command that was under way when the unit was removed is yet to show what it did.
            if seen and not any(left[it].cameras for it in left if it in group):
                if not worker.busy:
                    self.forget(unit)
            elif any(places[camera].provisioned or places[camera].commanded for camera in cameras):
                self._begin_to_clear(unit, spare, left[spare])
            elif any(places[camera].holds_footage for camera in cameras):
                self._ask(unit)

    @callback
    def _begin_to_clear(self, unit: UnitId, spare: UnitId, left: _Left) -> None:
        if (unit, spare) not in self._clearing:
            self._clearing.add((unit, spare))
            self._entry.async_create_background_task(
                self._hass, self._clear(unit, spare, left), f"clear away {unit}"
            )

    async def _clear(self, unit: UnitId, spare: UnitId, left: _Left) -> None:
        """Take away all but footage; what is still there at the next look is tried again then."""
        try:
            await left.worker.clear_away(left.cameras, delete_footage=False)
        except UnitError as error:
            _LOGGER.debug("The cameras of %s are still on the spare: %s", unit, error)
        finally:
            self._clearing.discard((unit, spare))

    async def delete_footage(self, unit: UnitId) -> None:
        """Delete a removed unit's footage.

        Raises:
            UnitError: A spare does not do it now.
        """
        for worker, cameras in tuple(self._left.get(unit, {}).values()):
            if cameras:
                await worker.clear_away(cameras, delete_footage=True)
        self.forget(unit)

    @callback
    def forget(self, unit: UnitId) -> None:
        """Leave what spares hold of a removed unit alone from now on."""
        self._store.units.pop(unit, None)
        self._store.save()
        self._withdraw(unit)

    @callback
    def _withdraw(self, unit: UnitId) -> None:
        """Know nothing any more of a unit that is back, or left alone."""
        if self._left.pop(unit, None):
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
