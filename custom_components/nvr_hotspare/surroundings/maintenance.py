"""Maintenance windows: times that return, in which it is no failure that units are away."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from ..failover.events import Planned
from ..failover.model import UnitId
from ..settings.group import MaintenanceWindow


def window_end(window: MaintenanceWindow, now: datetime) -> datetime | None:
    """Return when a window ends that is open now, None if it is not; `now` is local time."""
    length = timedelta(minutes=window.minutes)
    for days in range(length.days + 2):
        day = (now - timedelta(days=days)).date()
        begins = datetime.combine(day, time.fromisoformat(window.start), now.tzinfo)
        # A window is as long as it says, also in the night in which the clocks change.
        ends = datetime.fromtimestamp(begins.timestamp() + length.total_seconds(), now.tzinfo)
        if window.weekday in {None, day.weekday()} and begins <= now < ends:
            return ends
    return None


def planned(
    windows: Iterable[MaintenanceWindow], units: Iterable[UnitId], now: datetime
) -> dict[UnitId, float]:
    """Return until when which units are in maintenance now, seconds since 1970."""
    units = tuple(units)
    found: dict[UnitId, float] = {}
    for window in windows:
        if ends := window_end(window, now):
            for unit in window.units or units:
                found[unit] = max(found.get(unit, 0.0), ends.timestamp())
    return found


class Maintenance:
    """Tells at the beginning of each window, and whenever it is looked at, what is planned."""

    def __init__(self, hass: HomeAssistant, tell: Callable[[Planned], None]) -> None:
        self._hass = hass
        self._tell = tell
        self._windows: tuple[MaintenanceWindow, ...] = ()
        self._units: tuple[UnitId, ...] = ()
        self._told: Mapping[UnitId, float] = {}
        self._unlisten: list[CALLBACK_TYPE] = []

    @callback
    def follow(self, windows: Iterable[MaintenanceWindow], units: Iterable[UnitId]) -> None:
        """Take the windows and the units as they are now; a window taken away is over."""
        self.stop()
        self._windows, self._units = tuple(windows), tuple(units)
        for start in {time.fromisoformat(window.start) for window in self._windows}:
            begin = async_track_time_change(
                self._hass, self._look, hour=start.hour, minute=start.minute, second=start.second
            )
            self._unlisten.append(begin)
        self._look(dt_util.now())

    @callback
    def stop(self) -> None:
        """Tell nothing any more."""
        while self._unlisten:
            self._unlisten.pop()()

    @callback
    def _look(self, now: datetime) -> None:
        found = planned(self._windows, self._units, dt_util.as_local(now))
        for unit, until in self._told.items():
            if unit not in found and until > now.timestamp():
                self._tell(Planned(unit, now.timestamp(), once=False))
        for unit, until in found.items():
            self._tell(Planned(unit, until, once=False))
        self._told = found
