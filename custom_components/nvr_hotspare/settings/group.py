"""What the user decides for a whole group about failures and drills; in the group's options."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum
from typing import Any, Final, Self

from ..engine.standing import SILENCE
from ..failover.model import Timing, UnitId

CONF_INTERVAL: Final = "interval"
CONF_OFFLINE_AFTER: Final = "offline_after"
CONF_SLOW_AFTER: Final = "slow_after"
CONF_AWAY_AFTER: Final = "away_after"
CONF_FAILBACK: Final = "failback"
CONF_FAILBACK_FROM: Final = "failback_from"
CONF_FAILBACK_TO: Final = "failback_to"
CONF_NO_RECORD: Final = "no_record"
CONF_GATEWAY: Final = "gateway"
CONF_UPS: Final = "ups"
CONF_MAINTENANCE: Final = "maintenance"
CONF_WEEKDAY: Final = "weekday"
CONF_START: Final = "start"
CONF_MINUTES: Final = "minutes"
CONF_UNITS: Final = "units"
CONF_DRILL_EVERY: Final = "drill_every"
CONF_DRILL_AT: Final = "drill_at"
CONF_DRILL_MAX_AGE: Final = "drill_max_age"

DAILY: Final = "daily"
WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)

DEFAULT_NO_RECORD: Final = round(Timing().no_record)
DEFAULT_DRILL_AT: Final = "03:30:00"
DEFAULT_INTERVAL: Final = round(Timing().interval)
DEFAULT_OFFLINE_AFTER: Final = 10
DEFAULT_SLOW_AFTER: Final = 30
DEFAULT_AWAY_AFTER: Final = round(SILENCE)


class Failback(StrEnum):
    """When a device that is back gets its cameras back."""

    AUTO = "auto"
    """As soon as it records them."""
    WINDOW = "window"
    """The same, but at a time of day."""
    MANUAL = "manual"
    """When the user says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """A time that returns, in which it is no failure that units are away."""

    weekday: int | None
    """On which it begins, 0 for Monday; None for every day."""
    start: str
    """Local time of day, `HH:MM:SS`."""
    minutes: int
    units: tuple[UnitId, ...] = ()
    """Whose it is; empty for all."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote, or what was entered into the form."""
        day = data[CONF_WEEKDAY]
        return cls(
            weekday=None if day == DAILY else WEEKDAYS.index(day),
            start=data[CONF_START],
            minutes=int(data[CONF_MINUTES]),
            units=tuple(data.get(CONF_UNITS, ())),
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as the group's options keep it."""
        return {
            CONF_WEEKDAY: DAILY if self.weekday is None else WEEKDAYS[self.weekday],
            CONF_START: self.start,
            CONF_MINUTES: self.minutes,
            CONF_UNITS: list(self.units),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOptions:
    """The options about failures and drills; how footage is given back is `GivingPace`."""

    interval: int = DEFAULT_INTERVAL
    """Seconds between heartbeats."""
    offline_after: int = DEFAULT_OFFLINE_AFTER
    """Seconds without an answer after which it is told that a unit is offline."""
    slow_after: int = DEFAULT_SLOW_AFTER
    """The same for a host that still accepts connections."""
    away_after: int = DEFAULT_AWAY_AFTER
    """Seconds of Home Assistant's own silence after which engines decide by themselves."""
    failback: Failback = Failback.AUTO
    failback_from: str = ""
    failback_to: str = ""
    """Local times of day, `HH:MM:SS`, of `Failback.WINDOW`; it ends before it begins where it is
    the night."""
    no_record: int = DEFAULT_NO_RECORD
    """Seconds for which a device must be proven not to record until that is a failure."""
    gateway: str = ""
    """A host that answers as long as Home Assistant's network is well; empty for none."""
    ups: str = ""
    """The entity that tells whether there is mains; empty for none."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    drill_every: int = 0
    """Days between drills; 0 for none by itself."""
    drill_at: str = DEFAULT_DRILL_AT
    """Local time of day of these, `HH:MM:SS`."""
    drill_max_age: int = 0
    """Days after which the last good drill is too old; 0 for never."""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read what `as_options` wrote; what was never decided is as it is by default."""
        windows = options.get(CONF_MAINTENANCE, ())
        return cls(
            interval=int(options.get(CONF_INTERVAL, DEFAULT_INTERVAL)),
            offline_after=int(options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER)),
            slow_after=int(options.get(CONF_SLOW_AFTER, DEFAULT_SLOW_AFTER)),
            away_after=int(options.get(CONF_AWAY_AFTER, DEFAULT_AWAY_AFTER)),
            failback=Failback(options.get(CONF_FAILBACK, Failback.AUTO)),
            failback_from=options.get(CONF_FAILBACK_FROM, ""),
            failback_to=options.get(CONF_FAILBACK_TO, ""),
            no_record=int(options.get(CONF_NO_RECORD, DEFAULT_NO_RECORD)),
            gateway=options.get(CONF_GATEWAY, ""),
            ups=options.get(CONF_UPS, ""),
            maintenance=tuple(map(MaintenanceWindow.from_data, windows)),
            drill_every=int(options.get(CONF_DRILL_EVERY, 0)),
            drill_at=options.get(CONF_DRILL_AT, DEFAULT_DRILL_AT),
            drill_max_age=int(options.get(CONF_DRILL_MAX_AGE, 0)),
        )

    def as_options(self) -> dict[str, Any]:
        """Return it as the group's options keep it."""
        return {
            CONF_INTERVAL: self.interval,
            CONF_OFFLINE_AFTER: self.offline_after,
            CONF_SLOW_AFTER: self.slow_after,
            CONF_AWAY_AFTER: self.away_after,
            CONF_FAILBACK: self.failback.value,
            CONF_FAILBACK_FROM: self.failback_from,
            CONF_FAILBACK_TO: self.failback_to,
            CONF_NO_RECORD: self.no_record,
            CONF_GATEWAY: self.gateway,
            CONF_UPS: self.ups,
            CONF_MAINTENANCE: [window.as_data() for window in self.maintenance],
            CONF_DRILL_EVERY: self.drill_every,
            CONF_DRILL_AT: self.drill_at,
            CONF_DRILL_MAX_AGE: self.drill_max_age,
        }

    @property
    def acted_on_after(self) -> int:
        """Seconds from a unit's death until that is acted on, at most, whoever decides.

        They add up where Home Assistant is back just before an engine would have decided.
        """
        return self.away_after + self.offline_after

    def timing(self, usual: Timing) -> Timing:
        """Return how long the machine waits, where `usual` is how long it does by default."""
        patience = self.offline_after / DEFAULT_OFFLINE_AFTER
        return replace(
            usual,
            interval=usual.interval * self.interval / DEFAULT_INTERVAL,
            window=usual.window * patience,
            refused_window=usual.refused_window * patience,
            slow_window=usual.slow_window * self.slow_after / DEFAULT_SLOW_AFTER,
            no_record=float(self.no_record),
        )

    def holds_back(self, now: time) -> bool:
        """Tell whether devices that are back wait for the user, or for their time of day."""
        if self.failback is not Failback.WINDOW:
            return self.failback is Failback.MANUAL
        begins, ends = map(time.fromisoformat, (self.failback_from, self.failback_to))
        return not is_between(now, begins, ends)


def is_between(now: time, begins: time, ends: time) -> bool:
    """Tell whether it is a time of day; one that ends before it begins is over midnight."""
    if begins <= ends:
        return begins <= now < ends
    return now >= begins or now < ends
