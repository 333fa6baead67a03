"""What outlives a restart of Home Assistant: the journal of outages, and which units were here."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .failover.model import UnitId

_VERSION: Final = 1


class GroupStore:
    """The stored part of one group.

    Private, because units and cameras are named in it; written whole and atomically, at each
    transition: a journal that lags behind would start or end the wrong takeover.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._store = Store[dict[str, Any]](
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._saved: dict[str, Any] = {}
        self.journal: Mapping[str, Any] = {}
        self.units: dict[UnitId, str] = {}
        """Titles of the units that the spare may hold something of; removed ones included
        until they are cleared away."""

    async def load(self) -> None:
        """Read what was stored."""
        self._saved = await self._store.async_load() or {}
        self.journal = self._saved.get("journal", {})
        self.units = dict(self._saved.get("units", {}))

    @callback
    def save(self) -> None:
        """Write at once what has changed, if anything has."""
        data = {"journal": self.journal, "units": dict(self.units)}
        if data != self._saved:
            self._saved = data
            self._hass.async_create_task(self._store.async_save(data), f"save {self._store.key}")

    async def remove(self) -> None:
        """Forget it all."""
        await self._store.async_remove()
