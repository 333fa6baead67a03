"""What outlives a restart of Home Assistant: the journal of outages, and which units were here.

Other modules keep more of a group, each in a file and a format of its own: all of them are
`GroupFile`s, so that what becomes of another version's files is decided here.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, UnsupportedStorageVersionError
from homeassistant.helpers.storage import STORAGE_DIR, Store

from .const import DOMAIN
from .failover import journal
from .failover.model import UnitId

_VERSION: Final = 1


class GroupFile[T: Mapping[str, Any]](Store[T]):
    """One file of a group: private, because units and cameras are named in it; written whole.

    A format that earlier versions would misread gets the next number. Its module then derives from
    this and overrides `_async_migrate_func`, which Home Assistant asks for files of lower numbers.
    """

    def __init__(self, hass: HomeAssistant, version: int, entry_id: str, name: str = "") -> None:
        """Name the file of a group; the one without a name is the journal's."""
        key = ".".join(filter(None, (DOMAIN, entry_id, name)))
        super().__init__(hass, version, key, private=True, atomic_writes=True)

    @override
    async def async_load(self) -> T | None:
        """Return what is stored; ConfigEntryError where a newer version stored it."""
        try:
            return await super().async_load()
        except UnsupportedStorageVersionError as error:
            raise _stored_by_newer(self.key) from error


class GroupStore:
    """The stored part of one group.

    Written at each transition: a journal that lags behind would start or end the wrong takeover.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._store = GroupFile[dict[str, Any]](hass, _VERSION, entry_id)
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
        """Read what was stored; ConfigEntryError where a newer version stored it."""
        stored = await self._store.async_load() or {}
        if stored.get("journal", {}).get("version", 0) > journal.VERSION:
            raise _stored_by_newer(self._store.key)
        self._saved = stored
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


def _stored_by_newer(key: str) -> ConfigEntryError:
    return ConfigEntryError(
        translation_domain=DOMAIN,
        translation_key="stored_by_newer",
        translation_placeholders={"file": f"{STORAGE_DIR}/{key}"},
    )
