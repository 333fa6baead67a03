"""Those to whom it is told what happens: they are there when Home Assistant has started.

Automations listen only then. What happens before is told then, with the time at which it happened;
and until then units are shown as they were when Home Assistant went away. So an automation sees
every change that it waits for, and sees it once, whoever decided meanwhile.
"""

import asyncio
from collections.abc import Mapping
from copy import replace
from operator import attrgetter
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..failover.commands import Announce
from ..failover.handover import Said
from ..failover.model import UnitId
from ..failover.state import State
from ..managing.member import Member, UnitView
from .reports import moment


class Audience:
    """Keeps what is to be told until there is somebody to hear it."""

    def __init__(self, members: Mapping[UnitId, Member]) -> None:
        """Prepare; `members` are the units of the group, whenever they are told of."""
        self._members = members
        self._before: State | None = None
        self._untold: list[Said] = []
        self._here = asyncio.Event()

    @callback
    def expect(self, before: State) -> None:
        """Show the units as they were before Home Assistant went away, until it has started."""
        self._before = before

    @callback
    def gather(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Have it be there as soon as Home Assistant has started."""
        entry.async_on_unload(async_at_started(hass, self._begin))

    async def wait(self) -> None:
        """Wait until it is there, and has been told all."""
        await self._here.wait()

    def seen(self, unit: UnitId) -> UnitView | None:
        """Return what was shown last of a unit, None where it is to be seen as it is."""
        before = self._before
        known = before is not None and unit in before.pulses
        return UnitView.of(before, unit) if before and known else None

    @callback
    def hear(self, announcement: Announce, at: float | None = None) -> None:
        """Tell what happens now, or happened at a time (seconds since 1970)."""
        if self._here.is_set() and at is None:
            self._tell(announcement)
        else:
            self._untold.append(Said(time.time() if at is None else at, announcement))
            if self._here.is_set():
                self._tell_past()

    @callback
    def _begin(self, _: HomeAssistant) -> None:
        self._before = None
        self._here.set()
        for member in self._members.values():
            member.changes.tell()
        self._tell_past()

    @callback
    def _tell_past(self) -> None:
        untold, self._untold = self._untold, []
        for said in sorted(untold, key=attrgetter("at")):
            it = said.announcement
            self._tell(replace(it, data={**it.data, "happened_at": moment(said.at)}))

    @callback
    def _tell(self, announcement: Announce) -> None:
        if member := self._members.get(announcement.unit):
            member.happenings.tell(announcement)
