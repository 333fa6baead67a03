"""Drills: a takeover of a device that is up, measured to the first frame and given back again."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..failover.commands import Announce
from ..failover.model import Cause, Happening, UnitId
from ..links.link import UnitLink
from ..manager import FailoverManager
from ..reports.reports import first_frames
from ..settings.unit import UnitConfig
from .book import DrillBook
from .report import DrillReport, drill_report

TIME: Final = 240.0
"""Seconds until a drill is given up: longer than a device may take to be given back to."""

_LAG: Final = 2.0
"""Seconds by which what a spare writes is behind the camera: a warm one may be let go of before it
has written any frame that is younger than the drill."""


@dataclass(slots=True)
class _Run:
    """A drill that is waited for."""

    unit: UnitId
    commanded: float = 0.0
    """When spares had last taken a command to record it, seconds since 1970."""
    report: asyncio.Future[DrillReport] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Drills:
    """Runs a group's drills, one at a time, and keeps what they and real outages prove."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        manager: FailoverManager,
        links: Callable[[], Iterable[UnitLink]],
    ) -> None:
        """Prepare.

        Args:
            hass: Home Assistant.
            entry: The group's.
            manager: The group's.
            links: The ways to the units that are in the group now.
        """
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._links = links
        self._run: _Run | None = None
        self.book = DrillBook(hass, entry.entry_id)

    @callback
    def follow(self, config: UnitConfig) -> None:
        """Take note of what happens to a unit from now on, until it is removed."""
        self._manager.listen_happenings(config.unit, self._note)

    async def drill(self, unit: UnitId) -> DrillReport:
        """Drill a device and return what was measured, when it has its cameras back.

        Raises:
            ServiceValidationError: That makes no sense now.
            HomeAssistantError: It became an outage, or did not end in `TIME`.
            KeyError: The group has no such unit.
        """
        self._require_calm()
        name = self._manager.config(unit).title
        with self._running(unit) as run:
            self._manager.drill(unit)
            try:
                async with asyncio.timeout(TIME):
                    return await run.report
            except TimeoutError:
                raise failure("drill_unfinished", name) from None

    def _require_calm(self) -> None:
        """Refuse a drill while places on spares may be needed for something else."""
        if self._run:
            title = self._manager.config(self._run.unit).title
            raise refusal("drill_running", title)
        for unit, view in self._manager.device_views.items():
            if view.outage_since is not None:
                title = self._manager.config(unit).title
                raise refusal("outage_in_group", title)

    @contextmanager
    def _running(self, unit: UnitId) -> Iterator[_Run]:
        """Note what becomes of the drill of a device."""
        run = self._run = _Run(unit)

        @callback
        def look() -> None:
            run.commanded = max(run.commanded, self._manager.taken_at(unit) or 0.0)

        stop = self._manager.listen_steps(look)
        try:
            yield run
        finally:
            stop()
            self._run = None

    @callback
    def _note(self, said: Announce) -> None:
        """Take what is announced of a unit, as far as it is about drills and what they prove."""
        match said.happening:
            case Happening.DRILLED:
                self._entry.async_create_background_task(
                    self._hass, self._measure(said), f"drill of {said.unit}"
                )
            case Happening.HEARTBEAT_LOST if run := self._waiting(said.unit):
                name = self._manager.config(said.unit).title
                run.report.set_exception(failure("drill_met_outage", name))
            case Happening.RETURNED:
                self._take_outage(said)
            case _:
                pass

    def _waiting(self, unit: UnitId) -> _Run | None:
        """Return the drill of a unit, if its report is waited for."""
        run = self._run
        return run if run and run.unit == unit and not run.report.done() else None

    async def _measure(self, said: Announce) -> None:
        """Complete what is known of a drill by when the footage begins."""
        device = self._manager.config(said.unit)
        run = self._waiting(said.unit)
        commanded = run.commanded if run else 0.0
        data: Any = said.data
        frames = await first_frames(self._links(), device, float(data["since"]), lag=_LAG)
        report = drill_report(device, data, commanded=commanded, first_frames=frames)
        self.book.take_drill(device.unit, report)
        if run := self._waiting(said.unit):
            run.report.set_result(report)

    @callback
    def _take_outage(self, said: Announce) -> None:
        """Take what an outage proves, if the device really was away in it."""
        data: Any = said.data
        if data["cause"] == Cause.SILENCE and data["offline_for"]:
            recorded = map(int, data["first_confirmed_after"])
            self.book.take_outage(self._manager.config(said.unit), recorded)


def refusal(key: str, name: str) -> ServiceValidationError:
    """Return the error for what makes no sense now."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"name": name}
    )


def failure(key: str, name: str) -> HomeAssistantError:
    """Return the error for what went wrong."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"name": name}
    )
