"""The courier of a group: gives working devices back what was recorded for them.

It does what the machine commands, one errand for each device, and tells how it goes. It survives
what may happen meanwhile: an engine that ends has its jobs given anew, one that went on while
Home Assistant was away is found at work. And what an engine does that nobody has commanded is
ended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime, timedelta
import logging
from pathlib import Path
import time
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN
from ..failover.commands import CourierCommand, Desist, Synchronize
from ..failover.events import Event
from ..failover.model import UnitId
from ..links.builtin import BuiltinLink
from ..links.link import UnitLink
from ..nvr.errors import UnitError
from ..settings.giving import GivingPace
from .engine import GivingEngine, HiredEngine, OwnEngine, device_of, end_jobs
from .errand import Errand, Surroundings
from .report import Progress

_LOGGER = logging.getLogger(__name__)

BREATH: Final = timedelta(seconds=5)
"""Between signs of life."""
_RECOGNITION: Final = 60.0
"""Seconds after a start in which jobs from before it may still be commanded."""


class Courier:
    """Carries out the commands for giving footage back."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        tell: Callable[[Event], None],
        links: Callable[[], Iterable[UnitLink]],
        owes: Callable[[], bool],
    ) -> None:
        """Prepare.

        Args:
            hass: Home Assistant.
            entry: The group's, in whose options the pace is.
            tell: Takes what the machine is to know.
            links: The ways to the units that are in the group now.
            owes: Whether anything is owed to any device.
        """
        self._hass = hass
        self._entry = entry
        self._links = links
        self._owes = owes
        self._hired = HiredEngine(courier_state(hass, entry.entry_id))
        self._around = Surroundings(
            find=self._find,
            spares=self._spares,
            engine=self._engine,
            pace=lambda: GivingPace.from_options(entry.options),
            tell=tell,
            on_progress=self._tell_progress,
        )
        self._errands: dict[UnitId, Errand] = {}
        self._work: dict[str, asyncio.Task[None]] = {}
        self._listeners: list[Callable[[], None]] = []
        self._started = time.monotonic()
        self._unsubscribe: CALLBACK_TYPE = lambda: None

    @callback
    def start(self) -> None:
        """Begin to give signs of life."""
        self._unsubscribe = async_track_time_interval(
            self._hass, self._breathe, BREATH, name="courier", cancel_on_shutdown=True
        )

    @callback
    def stop(self) -> None:
        """Tell nothing any more; the engines go on with what they do."""
        self._unsubscribe()
        for work in self._work.values():
            work.cancel()

    async def let_go(self) -> None:
        """Leave the engines to themselves."""
        self.stop()
        await self._hired.detach()

    @callback
    def obey(self, command: CourierCommand) -> None:
        """Take up a command."""
        unit = command.unit
        match command:
            case Synchronize(windows=windows):
                errand = self._errands.get(unit)
                if errand is None or not set(windows) <= set(errand.windows):
                    self._begin(Errand(self._around, command))
            case Desist():
                self._errands.pop(unit, None)
                self._replace(f"footage for {unit}", lambda: self._end_jobs({unit}))

    @callback
    def update(self) -> None:
        """Take up what has changed of the devices and the options."""
        for errand in tuple(self._errands.values()):
            if errand.is_outdated:
                self._begin(Errand(self._around, errand.command))
            else:
                errand.hurry()

    @callback
    def rush(self, unit: UnitId) -> None:
        """Do what was commanded for a device last, whatever the time of day."""
        if errand := self._errands.get(unit):
            errand.rush()

    def progress(self, unit: UnitId) -> Progress | None:
        """Return how far a device's footage has been given back, None while nothing is done."""
        errand = self._errands.get(unit)
        return errand.progress if errand else None

    @callback
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back whenever progress may have changed."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What is under way

    @callback
    def _begin(self, errand: Errand) -> None:
        """Do an errand, instead of any that is under way for the device."""
        self._errands[errand.unit] = errand
        self._replace(f"footage for {errand.unit}", lambda: self._run(errand))

    @callback
    def _replace(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do something when what is being done of the same name has been ended."""
        before = self._work.get(name)

        async def follow() -> None:
            if before is not None and not before.done():
                before.cancel()
                await asyncio.wait([before])
            await work()

        # Not at once: the machine has not yet done with the step that commands it.
        self._work[name] = self._entry.async_create_background_task(
            self._hass, follow(), name, eager_start=False
        )

    async def _run(self, errand: Errand) -> None:
        try:
            await errand.run()
        finally:
            if self._errands.get(errand.unit) is errand:
                del self._errands[errand.unit]
            self._tell_progress()

    @callback
    def _breathe(self, _: datetime) -> None:
        """Give signs of life, and see to it that the engines do no more than is commanded."""
        for errand in tuple(self._errands.values()):
            errand.breathe()
        if time.monotonic() < self._started + _RECOGNITION:
            return
        jobs = (told for engine in self.engines for told in engine.transfers.values())
        at_work = {unit for told in jobs if (unit := device_of(told))}
        if orphans := at_work - self._errands.keys():
            self._replace("orphans", lambda: self._end_jobs(orphans))
        elif self._hired.hired and not self._errands and not self._owes():
            self._replace("let go", self._hired.let_go)

    @callback
    def _tell_progress(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    # The engines

    def _find(self, unit: UnitId) -> UnitLink | None:
        return next((link for link in self._links() if link.config.unit == unit), None)

    def _spares(self) -> tuple[UnitId, ...]:
        configs = (link.config for link in self._links())
        return tuple(config.unit for config in configs if config.is_spare)

    @callback
    def _engine(self, spare: UnitLink) -> GivingEngine:
        """Return the engine that moves a spare's footage, started if need be."""
        if isinstance(spare, BuiltinLink):
            return OwnEngine(spare)
        self._hired.hire()
        return self._hired

    @property
    def engines(self) -> list[GivingEngine]:
        """The engines that may have jobs."""
        own = [OwnEngine(link) for link in self._links() if isinstance(link, BuiltinLink)]
        return [*own, *([self._hired] if self._hired.hired else [])]

    async def _end_jobs(self, units: Collection[UnitId]) -> None:
        """Have the engines do nothing more for some devices."""
        for engine in self.engines:
            try:
                await end_jobs(engine, lambda _, told: device_of(told) in units)
            except UnitError as error:
                _LOGGER.debug("Jobs can't be ended: %s", error)


def courier_state(hass: HomeAssistant, entry_id: str) -> Path:
    """Return the private folder of the engine that is hired for a group."""
    return Path(hass.config.path(STORAGE_DIR, DOMAIN, f"{entry_id}-courier"))
