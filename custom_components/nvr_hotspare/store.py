"""What outlives a restart of Home Assistant: the journal of outages, and which units were here."""

import asyncio
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
        self.seq = 0
        """Of the latest standing orders that any engine was given."""
        self.charges: dict[UnitId, list[UnitId]] = {}
        """What each engine may decide about while Home Assistant is away."""
        self.taken: dict[UnitId, dict[str, Any]] = {}
        """What was taken back from engines and is not settled with them."""
        self._writing: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read what was stored."""
        self._saved = await self._store.async_load() or {}
        self.journal = self._saved.get("journal", {})
        self.units = dict(self._saved.get("units", {}))
        self.seq = self._saved.get("seq", 0)
        self.charges = dict(self._saved.get("charges", {}))
        self.taken = dict(self._saved.get("taken", {}))

    @callback
    def save(self) -> None:
        """Write at once what has changed, if anything has."""
        data = {
            "journal": self.journal,
            "units": dict(self.units),
            "seq": self.seq,
            "charges": dict(self.charges),
            "taken": dict(self.taken),
        }
        if data != self._saved:
            self._saved = data
            self._writing = self._hass.async_create_task(
                self._store.async_save(data), f"save {self._store.key}"
            )

    async def saved(self) -> None:
        """Wait until all that was to be saved is."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def remove(self) -> None:
        """Forget it all."""
        await self._store.async_remove()
