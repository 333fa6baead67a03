"""The reports of outages: what was told of each when it ended, and when its footage was back."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
import logging
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..failover.commands import Announce
from ..failover.model import Camera, Happening, UnitId
from ..links.link import UnitLink
from ..nvr.errors import UnitError
from ..recorder.spans import Span
from ..settings.unit import UnitConfig, place_key
from ..store import GroupFile

_LOGGER = logging.getLogger(__name__)

KEPT: Final = 100
"""Reports of each unit."""
_VERSION: Final = 1
_STANDBY: Final = 150.0
"""Seconds before the last heartbeat in which a warm spare's footage may begin."""
_SECOND: Final = 1_000_000_000

type Report = dict[str, Any]


class OutageReports:
    """The latest outages of each device, and how they went."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, links: Callable[[], Iterable[UnitLink]]
    ) -> None:
        """Prepare.

        Args:
            hass: Home Assistant.
            entry: The group's.
            links: The ways to the units that are in the group now.
        """
        self._hass = hass
        self._entry = entry
        self._links = links
        self._store = _store(hass, entry.entry_id)
        self._reports: dict[UnitId, list[Report]] = {}
        self._listeners: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Read what was stored."""
        self._reports = await self._store.async_load() or {}

    def latest(self, unit: UnitId) -> Mapping[str, Any] | None:
        """Return the report of a device's last outage that ended, None where there was none."""
        reports = self._reports.get(unit)
        return reports[-1] if reports else None

    def all(self, unit: UnitId) -> tuple[Mapping[str, Any], ...]:
        """Return the reports of a device, the oldest first."""
        return tuple(self._reports.get(unit, ()))

    @callback
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back whenever a report was added or completed."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def take(self, said: Announce, at: float | None = None) -> None:
        """Take what is announced, as far as it is about an outage that ended.

        What an engine announced while Home Assistant was away was said at that time, in seconds
        since 1970.
        """
        match said.happening:
            case Happening.RETURNED:
                self._add(said.unit, {**said.data, "ended": moment(at)})
                self._entry.async_create_background_task(
                    self._hass, self._measure(said), f"first frames of {said.unit}"
                )
            case Happening.SYNCHRONIZED:
                self._complete(said)
            case _:
                pass

    async def saved(self) -> None:
        """Save all reports."""
        await self._store.async_save(self._snapshot())

    def _snapshot(self) -> dict[UnitId, list[Report]]:
        """Return the reports as they are now, for a thread that writes them."""
        return {unit: [dict(it) for it in reports] for unit, reports in self._reports.items()}

    @callback
    def _complete(self, said: Announce) -> None:
        """Note that footage was given back, of several outages together all of it to the first."""
        now = moment()
        reports = self._reports.get(said.unit, [])
        since = [report["since"] for report in reports]
        if said.data["since"] in since:
            first = since.index(said.data["since"])
            for report in reports[first : first + int(str(said.data["outages"]))]:
                report["synchronized"] = now
        self._add(said.unit, {**said.data, "synchronized": now})

    @callback
    def _add(self, unit: UnitId, told: Mapping[str, Any]) -> None:
        """Add a report, or what is told later of one that is there."""
        reports = self._reports.setdefault(unit, [])
        known = next((it for it in reports if it["since"] == told["since"]), None)
        if known is None:
            reports.append(dict(told))
            del reports[:-KEPT]
        else:
            known.update(told)
        # At once: Home Assistant may be killed, and the journal has nothing of it any more.
        self._hass.async_create_task(self.saved(), f"save {self._store.key}")
        for listener in tuple(self._listeners):
            listener()

    async def _measure(self, said: Announce) -> None:
        """Ask the spares when their footage of each camera begins, after the last heartbeat."""
        links = tuple(self._links())
        device = next((it.config for it in links if it.config.unit == said.unit), None)
        if device is None:
            return
        firsts = await first_frames(links, device, float(str(said.data["since"])))
        if firsts:
            self._add(said.unit, {"since": said.data["since"], "first_frame_after": firsts})


async def remove_reports(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the reports of a group."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> GroupFile[dict[UnitId, list[Report]]]:
    return GroupFile(hass, _VERSION, entry_id, "reports")


async def first_frames(
    links: Iterable[UnitLink], device: UnitConfig, since: float, *, lag: float = 0.0
) -> dict[str, float]:
    """Return when the spares' footage of a device's channels begins, seconds after a moment.

    What a warm spare held in memory begins before it.

    Args:
        links: The ways to the units of the group.
        device: The device, which spares recorded at that moment or soon after it.
        since: The moment, seconds since 1970.
        lag: Seconds before it at which footage may end and count all the same.
    """
    spares = [link for link in links if link.config.is_spare]
    found = await asyncio.gather(*(_first_frames(spare, device, since, lag) for spare in spares))
    return {
        str(number): round(min(times) - since, 3)
        for number in sorted({number for each in found for number in each})
        if (times := [each[number] for each in found if number in each])
    }


async def _first_frames(
    spare: UnitLink, device: UnitConfig, since: float, lag: float
) -> dict[int, float]:
    """Return when a spare's footage of each channel begins, seconds since 1970."""
    firsts: dict[int, float] = {}
    within = Span(round((since - _STANDBY) * _SECOND), time.time_ns())
    for channel in device.channels:
        key = place_key(Camera(device.unit, channel.number))
        try:
            told = await spare.ask(lambda unit, key=key: unit.footage(key, within))  # type: ignore[misc]  # lambda default
        except UnitError as error:
            _LOGGER.debug("%s does not tell what it has: %s", spare.config.title, error)
            continue
        # What ends before the outage is of an earlier one.
        starts = [span.start / _SECOND for span in told.spans if span.end / _SECOND > since - lag]
        if told.exact and starts:
            firsts[channel.number] = starts[0]
    return firsts


def moment(at: float | None = None) -> str:
    """Return a time, now if none is given, as it is told to people."""
    time_told = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    return time_told.isoformat(timespec="milliseconds")
