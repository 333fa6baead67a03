"""When devices are drilled by themselves, and what is said when they were not for too long."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..failover.model import UnitId
from ..manager import FailoverManager
from ..settings.group import GroupOptions
from .drills import Drills
from .times import DrillTimes

_LOGGER = logging.getLogger(__name__)

DRILL_TOO_OLD: Final = "drill_too_old"


class DrillSchedule:
    """Drills a group's devices one after another, every so many days, at a time of day.

    A device of which all cameras were recorded since then, in a drill or an outage, is not due.
    One that is not well then is drilled as soon as it is, see `DrillTimes`, and one whose drill is
    not good the next day.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, manager: FailoverManager, drills: Drills
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._drills = drills
        self._times = DrillTimes(hass, entry.entry_id)
        self._started = hass.loop.time()
        self._round: asyncio.Task[None] | None = None
        self._stop: list[CALLBACK_TYPE] = []
        self._told: set[str] = set()

    async def load(self) -> None:
        """Read what was stored."""
        await self._times.load()

    @callback
    def start(self) -> None:
        """Begin to look at the clock, which may be set."""
        self._started = self._hass.loop.time()
        self._stop = [
            async_track_time_change(self._hass, self._look, second=0),
            self._drills.book.listen(self._tell_ages),
        ]
        self.update()
        self._look(dt_util.utcnow())

    @callback
    def stop(self) -> None:
        """Begin no more drills, and say nothing more."""
        while self._stop:
            self._stop.pop()()
        self._withdraw(self._told)

    @callback
    def update(self) -> None:
        """Take up changed options and units."""
        options = GroupOptions.from_options(self._entry.options)
        self._times.plan(options.drill_at if options.drill_every else "", dt_util.utcnow())
        self._tell_ages()

    @callback
    def _look(self, now: datetime) -> None:
        """See once a minute whether it is time."""
        self._tell_ages()
        units = [unit for unit in self._devices() if self._due(unit, now)]
        if units and (self._round is None or self._round.done()):
            self._round = self._entry.async_create_background_task(
                self._hass, self._drill(units), f"drills of {self._entry.title}"
            )

    def _devices(self) -> list[UnitId]:
        """Return the devices that are to be protected."""
        units = self._manager.device_views
        return [unit for unit in units if self._manager.config(unit).protected]

    def _due(self, unit: UnitId, now: datetime) -> bool:
        if (came := self._times.came(unit, now)) is None:
            return False
        if (good := self._drills.book.good(unit)) is None:
            return True
        days = GroupOptions.from_options(self._entry.options).drill_every
        return (came.date() - dt_util.as_local(good).date()).days >= days

    async def _drill(self, units: list[UnitId]) -> None:
        """Drill devices one after another; what makes no sense now may do so in a minute."""
        timing = self._manager.timing
        grace = self._started + max(timing.boot_grace, timing.window) - self._hass.loop.time()
        if grace > 0:  # until then a unit may be away and nobody knows
            await asyncio.sleep(grace)
        for unit in units:
            try:
                await self._drills.drill(unit)
            except ServiceValidationError as refusal:
                _LOGGER.debug("Not drilled now: %s", refusal)
                continue
            except HomeAssistantError as error:
                _LOGGER.info("Not drilled today: %s", error)
            except KeyError:
                continue  # removed meanwhile
            self._times.tried(unit, dt_util.utcnow())

    @callback
    def _tell_ages(self) -> None:
        """Say of which devices the last good drill is too old, and of which it is no more."""
        days = GroupOptions.from_options(self._entry.options).drill_max_age
        earliest = dt_util.utcnow() - timedelta(days=days)
        told = set()
        for unit in self._devices() if days else ():
            good = self._drills.book.good(unit)
            if good is None or good < earliest:
                told.add(self._tell(unit, days))
        self._withdraw(self._told - told)
        self._told = told

    @callback
    def _tell(self, unit: UnitId, days: int) -> str:
        """Tell the user about one device and return the id of the issue."""
        issue_id = f"{DRILL_TOO_OLD}_{unit}"
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            data={"entry_id": self._entry.entry_id, "drill": unit},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=DRILL_TOO_OLD,
            translation_placeholders={
                "name": self._manager.config(unit).title,
                "days": str(days),
            },
        )
        return issue_id

    @callback
    def _withdraw(self, issue_ids: Iterable[str]) -> None:
        for issue_id in issue_ids:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
