"""What befalls a site, by the table of faults."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from custom_components.nvr_hotspare.failover.model import Silence, UnitId
from tests.simulation import faults
from tests.simulation.agenda import Agenda
from tests.simulation.faults import Rates
from tests.simulation.manager import Manager
from tests.simulation.site import BOOT, Site, Unit

BEFORE_PLANNED = 10.0
"""Seconds from saying so to the restart."""
AFTER_PLANNED = 30.0
"""Seconds from the end of a restart until nothing more is excused."""
UNTIL_TRIED_AGAIN = 60.0
"""Seconds until somebody tries again to switch Protection on."""
SWITCHING = 0.5
"""How many of those who restart a device switch its Protection off."""


class Weather:
    """Strikes each unit with each kind of fault, again and again."""

    def __init__(
        self, agenda: Agenda, site: Site, manager: Manager, rng: Random, rates: Rates
    ) -> None:
        self._agenda = agenda
        self._site = site
        self._manager = manager
        self._rng = rng
        self.failures = 0
        for unit in site.units:
            self._again(rates.failure, self._fail, unit)
            self._again(rates.flapping, self._flap, unit)
            self._again(rates.password, self._lock, unit)
            self._again(rates.partition, self._cut_off, unit)
            self._again(rates.planned, self._restart, unit)
        self._again(rates.isolation, self._isolate, "")
        self._again(rates.restart, self._restart_manager, "")

    def _again(self, days: float, strike: Callable[[UnitId], None], unit: UnitId) -> None:
        """Let a fault strike after a while, and again a while after that."""

        def struck() -> None:
            strike(unit)
            self._again(days, strike, unit)

        self._agenda.later(faults.pause(self._rng, days), struck)

    def _fail(self, unit: UnitId) -> None:
        self.failures += 1
        self._down(unit, faults.outage_length(self._rng))

    def _flap(self, unit: UnitId) -> None:
        passed = 0.0
        for down, up in faults.flaps(self._rng):
            self._agenda.later(passed, lambda down=down: self._down(unit, down))  # type: ignore[misc]  # lambda default
            passed += down + up

    def _down(self, unit: UnitId, seconds: float, *, announced: bool = False) -> None:
        silence = self._rng.choice((Silence.REFUSED, Silence.SILENT))

        def die(it: Unit) -> None:
            it.down += 1
            it.restarting += announced
            it.silence = silence

        def live(it: Unit) -> None:
            it.down -= 1
            it.restarting -= announced

        self._manager.alter(unit, die)
        self._agenda.later(seconds, lambda: self._manager.alter(unit, live))
        self._agenda.later(seconds + BOOT, lambda: self._manager.alter(unit))

    def _lock(self, unit: UnitId) -> None:
        def lock(it: Unit) -> None:
            it.locked += 1

        def unlock(it: Unit) -> None:
            it.locked -= 1

        self._manager.alter(unit, lock)
        seconds = faults.outage_length(self._rng)
        self._agenda.later(seconds, lambda: self._manager.alter(unit, unlock))

    def _cut_off(self, unit: UnitId) -> None:
        def cut(it: Unit) -> None:
            it.cut_off += 1
            it.silence = Silence.SILENT

        def mend(it: Unit) -> None:
            it.cut_off -= 1

        self._manager.alter(unit, cut)
        seconds = faults.outage_length(self._rng)
        self._agenda.later(seconds, lambda: self._manager.alter(unit, mend))

    def _isolate(self, _unit: UnitId) -> None:
        """Whatever is between Home Assistant and all others restarts."""

        def cut(it: Unit) -> None:
            it.cut_off += 1
            it.silence = Silence.SILENT

        def mend() -> None:
            for unit in self._site.units:
                self._manager.alter(unit, mended)
            self._site.look_again(self._agenda.now)
            self._manager.isolate(isolated=False)

        def mended(it: Unit) -> None:
            it.cut_off -= 1

        self._manager.isolate(isolated=True)
        self._site.look_away(self._agenda.now)
        for unit in self._site.units:
            self._manager.alter(unit, cut)
        self._agenda.later(faults.restart_length(self._rng), mend)

    def _restart(self, unit: UnitId) -> None:
        """Somebody restarts a unit that answers, and says so before.

        Of a device its Protection may be switched off instead, and on again when it is back.
        """
        it, seconds = self._site.units[unit], faults.restart_length(self._rng)
        if not it.obeys or it.planned:
            return
        whole = BEFORE_PLANNED + seconds + AFTER_PLANNED
        switches = unit in self._site.devices and self._rng.random() < SWITCHING

        def plan(it: Unit) -> None:
            it.planned += 1

        def end(it: Unit) -> None:
            it.planned -= 1

        def switch_on() -> None:
            """Nobody can switch anything while Home Assistant is away."""
            if self._manager.away:
                self._agenda.later(UNTIL_TRIED_AGAIN, switch_on)
            else:
                self._protect(unit, protected=True)

        def ended() -> None:
            self._manager.alter(unit, end)
            if switches:
                switch_on()

        self._manager.alter(unit, plan)
        if switches:
            self._protect(unit, protected=False)
        else:
            self._manager.plan(unit, self._agenda.now + whole)
        self._agenda.later(BEFORE_PLANNED, lambda: self._down(unit, seconds, announced=True))
        self._agenda.later(whole, ended)

    def _protect(self, unit: UnitId, *, protected: bool) -> None:
        group = self._manager.group
        devices = tuple(
            replace(device, protected=protected) if device.unit == unit else device
            for device in group.devices
        )
        self._manager.configure(replace(group, devices=devices))

    def _restart_manager(self, _unit: UnitId) -> None:
        if self._manager.away:
            return
        self._site.look_away(self._agenda.now)
        self._manager.stop()
        self._agenda.later(faults.restart_length(self._rng), self._start_manager)

    def _start_manager(self) -> None:
        self._site.look_again(self._agenda.now)
        self._manager.start()
