"""What is known of each device's protection from drills and from outages that went well."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..failover.model import UnitId
from ..listeners import Listeners
from ..settings.unit import UnitConfig
from ..store import GroupFile
from .report import UNTRIED, DrillReport, wanted

_VERSION: Final = 1

type Record = dict[str, Any]
"""JSON: `last`, the report of the last drill; `good`, when all cameras were last recorded;
`drilled` and `proven`, the channels that were recorded in a drill, and while the device was away.
"""


class Proof(StrEnum):
    """How sure it is that a device is protected; these values are public API."""

    UNPROVEN = "unproven"
    """Not all cameras were ever recorded by a spare."""
    DRILLED = "drilled"
    """They were while their recorder was up: that they need it for nothing is not proven."""
    PROVEN = "proven"
    """They were while their recorder was away, in a guided drill or in a real outage."""


class DrillBook:
    """The drills of a group's devices, and what they prove."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._store = _store(hass, entry_id)
        self._records: dict[UnitId, Record] = {}
        self._listeners = Listeners[[]]()

    async def load(self) -> None:
        """Read what was stored."""
        self._records = await self._store.async_load() or {}

    def latest(self, unit: UnitId) -> Mapping[str, Any] | None:
        """Return the report of a device's last drill, None where there was none."""
        return self._records.get(unit, {}).get("last")

    def good(self, unit: UnitId) -> datetime | None:
        """Return when all cameras of a device were last recorded, in a drill or an outage."""
        good = self._records.get(unit, {}).get("good")
        return None if good is None else dt_util.parse_datetime(good)

    def proof(self, device: UnitConfig) -> Proof:
        """Return how sure it is that a device is protected."""
        record = self._records.get(device.unit, {})
        channels = {channel.number for channel in wanted(device)}
        proven = set(record.get("proven", ()))
        if channels and channels <= proven:
            return Proof.PROVEN
        drilled = channels and channels <= proven.union(record.get("drilled", ()))
        return Proof.DRILLED if drilled else Proof.UNPROVEN

    @callback
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back whenever more is known."""
        return self._listeners.add(listener)

    @callback
    def take_drill(self, unit: UnitId, report: DrillReport) -> None:
        """Take the report of a drill; a camera that was not recorded in it is proven no more."""
        record = self._records.setdefault(unit, {})
        failed = {int(key) for key, why in report["not_recorded"].items() if why != UNTRIED}
        recorded = map(int, report["first_confirmed_after"])
        record["last"] = report
        record["drilled"] = sorted({*record.get("drilled", ()), *recorded} - failed)
        record["proven"] = sorted(set(record.get("proven", ())) - failed)
        self._changed(record, good=report["good"])

    @callback
    def take_outage(self, device: UnitConfig, recorded: Iterable[int]) -> None:
        """Take which channels a spare recorded while a device was away."""
        record = self._records.setdefault(device.unit, {})
        proven = {*record.get("proven", ()), *(found := set(recorded))}
        record["proven"] = sorted(proven)
        self._changed(record, good=all(it.number in found for it in wanted(device)))

    @callback
    def _changed(self, record: Record, *, good: bool) -> None:
        if good:
            record["good"] = dt_util.utcnow().isoformat(timespec="seconds")
        self._store.async_delay_save(lambda: self._records)
        self._listeners.tell()


async def remove_drills(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the drills of a group."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> GroupFile[dict[UnitId, Record]]:
    return GroupFile(hass, _VERSION, entry_id, "drills")
