"""The times of day at which drills begin, also where one came and no drill could be.

Home Assistant may be away just then, for its own nightly restart at the latest, or a device may
not be well. That is made up for as soon as it can be; once half of the day is over the next time
is nearer.
"""

from datetime import datetime, time, timedelta
from typing import Final, TypedDict

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..failover.model import UnitId
from ..store import GroupFile

LATEST: Final = timedelta(hours=12)
"""After a time has come, until it is not made up for any more."""
_VERSION: Final = 1


class _Kept(TypedDict):
    """What outlives a restart, in JSON; seconds since 1970."""

    at: str
    """The time of day, `HH:MM:SS`; empty for none."""
    since: float
    """When it was decided."""
    tried: dict[UnitId, float]
    """When each device was drilled last, whatever came of it."""


class DrillTimes:
    """Which drill times of a group have come, and for which of its devices they are over."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._store = _store(hass, entry_id)
        self._kept = _Kept(at="", since=0.0, tried={})

    async def load(self) -> None:
        """Read what was stored."""
        self._kept = await self._store.async_load() or self._kept

    @callback
    def plan(self, at: str, now: datetime) -> None:
        """Take the time of day, empty for none; a new one counts from now on."""
        if at != self._kept["at"]:
            self._keep(_Kept(at=at, since=now.timestamp(), tried=self._kept["tried"]))

    @callback
    def tried(self, unit: UnitId, now: datetime) -> None:
        """Take that a device was drilled: until now nothing is to be made up for."""
        tried = {**self._kept["tried"], unit: now.timestamp()}
        self._keep(_Kept(at=self._kept["at"], since=self._kept["since"], tried=tried))

    def came(self, unit: UnitId, now: datetime) -> datetime | None:
        """Return the local time that has come and at which a device is still to be drilled."""
        at = dt_util.parse_time(self._kept["at"])
        if at is None:
            return None
        came, moment = last_time(at, dt_util.as_local(now)), now.timestamp()
        over = (self._kept["since"], self._kept["tried"].get(unit, 0.0))
        # What is yet to come was noted by a clock that was ahead.
        if any(came.timestamp() <= it <= moment for it in over):
            return None
        return came if moment - came.timestamp() <= LATEST.total_seconds() else None

    @callback
    def _keep(self, kept: _Kept) -> None:
        self._kept = kept
        self._hass.async_create_task(self._store.async_save(kept), f"save {self._store.key}")


def last_time(at: time, now: datetime) -> datetime:
    """Return when a local time of day came last; `now` is local time."""
    today = datetime.combine(now.date(), at, now.tzinfo)
    if today.timestamp() <= now.timestamp():
        return today
    return datetime.combine(now.date() - timedelta(days=1), at, now.tzinfo)


async def remove_times(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the drill times of a group."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> GroupFile[_Kept]:
    return GroupFile(hass, _VERSION, entry_id, "drill_times")
