"""The forms of a group's options, and what must be true of the answers."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.const import Platform
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TimeSelector,
)
import voluptuous as vol

from ..const import CONF_ADMINS_ONLY
from ..nvr.address import is_host
from ..settings.giving import CONF_BANDWIDTH, CONF_CONCURRENT, CONF_WINDOW_FROM, CONF_WINDOW_TO
from ..settings.group import (
    CONF_AWAY_AFTER,
    CONF_DRILL_AT,
    CONF_DRILL_EVERY,
    CONF_DRILL_MAX_AGE,
    CONF_FAILBACK,
    CONF_FAILBACK_FROM,
    CONF_FAILBACK_TO,
    CONF_GATEWAY,
    CONF_INTERVAL,
    CONF_MAINTENANCE,
    CONF_MINUTES,
    CONF_NO_RECORD,
    CONF_OFFLINE_AFTER,
    CONF_SLOW_AFTER,
    CONF_START,
    CONF_UNITS,
    CONF_UPS,
    CONF_WEEKDAY,
    DAILY,
    WEEKDAYS,
    Failback,
    MaintenanceWindow,
)
from ..settings.unit import UnitConfig
from .fields import whole_number
from .unit import UnitFormError

_MAX_CONCURRENT: Final = 8
_MAX_DAYS: Final = 365
_DAY: Final = 24 * 60
"""Minutes: the longest maintenance window."""
GIVING_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_BANDWIDTH): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=100_000,
                step="any",
                mode=NumberSelectorMode.BOX,
                unit_of_measurement="Mbit/s",
            )
        ),
        vol.Required(CONF_CONCURRENT): whole_number(1, _MAX_CONCURRENT),
        vol.Optional(CONF_WINDOW_FROM): TimeSelector(),
        vol.Optional(CONF_WINDOW_TO): TimeSelector(),
        vol.Required(CONF_ADMINS_ONLY): BooleanSelector(),
    }
)
DRILLS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_DRILL_EVERY): whole_number(0, _MAX_DAYS, "d"),
        vol.Required(CONF_DRILL_AT): TimeSelector(),
        vol.Required(CONF_DRILL_MAX_AGE): whole_number(0, _MAX_DAYS, "d"),
    }
)
HEARTBEATS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_INTERVAL): whole_number(2, 60, "s"),
        vol.Required(CONF_OFFLINE_AFTER): whole_number(4, 300, "s"),
        vol.Required(CONF_SLOW_AFTER): whole_number(10, 600, "s"),
        vol.Required(CONF_AWAY_AFTER): whole_number(10, 600, "s"),
    }
)
FAILBACK_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_FAILBACK): SelectSelector(
            SelectSelectorConfig(
                options=list(Failback),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_FAILBACK,
            )
        ),
        vol.Optional(CONF_FAILBACK_FROM): TimeSelector(),
        vol.Optional(CONF_FAILBACK_TO): TimeSelector(),
    }
)


def failures_schema(units: Iterable[UnitConfig], days: Mapping[str, str]) -> vol.Schema:
    """Return the form about failures, for these units; `days` are the names of the weekdays.

    They are what is entered, too: the frontend translates no options in the form of a list's item,
    and the headline of an item is the entered value as it is.
    """
    day = SelectSelectorConfig(
        options=[days[it] for it in (DAILY, *WEEKDAYS)], mode=SelectSelectorMode.DROPDOWN
    )
    unit = SelectSelectorConfig(
        options=[SelectOptionDict(value=it.unit, label=it.title) for it in units], multiple=True
    )
    minutes = NumberSelectorConfig(mode=NumberSelectorMode.BOX, unit_of_measurement="min")
    windows = ObjectSelectorConfig(
        multiple=True,
        label_field=CONF_WEEKDAY,
        description_field=CONF_START,
        translation_key=CONF_MAINTENANCE,
        fields={
            CONF_WEEKDAY: {"required": True, "selector": SelectSelector(day)},
            CONF_START: {"required": True, "selector": TimeSelector()},
            CONF_MINUTES: {"required": True, "selector": NumberSelector(minutes)},
            CONF_UNITS: {"selector": SelectSelector(unit)},
        },
    )
    mains = EntitySelectorConfig(domain=[Platform.BINARY_SENSOR, Platform.SENSOR])
    return vol.Schema(
        {
            vol.Required(CONF_NO_RECORD): whole_number(10, 3600, "s"),
            vol.Optional(CONF_GATEWAY): TextSelector(),
            vol.Optional(CONF_UPS): EntitySelector(mains),
            vol.Optional(CONF_MAINTENANCE): ObjectSelector(windows),
        }
    )


def shown_windows(
    windows: Iterable[MaintenanceWindow], units: Iterable[UnitConfig], days: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the windows as `failures_schema` takes them: without units that are there no more.

    One that has no unit left is no window for all units, but none.
    """
    known = {config.unit for config in units}
    shown: list[dict[str, Any]] = []
    for window in windows:
        item = window.as_data()
        item[CONF_WEEKDAY] = days[item[CONF_WEEKDAY]]
        item[CONF_UNITS] = [unit for unit in window.units if unit in known]
        if item[CONF_UNITS] or not window.units:
            shown.append(item)
    return shown


def read_giving(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered about giving back.

    Raises:
        UnitFormError: It makes no sense.
    """
    if (CONF_WINDOW_FROM in user_input) is not (CONF_WINDOW_TO in user_input):
        raise UnitFormError("half_a_window")
    return dict(user_input)


def read_heartbeats(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered about heartbeats; errors as of `read_giving`."""
    entered = dict(user_input)
    interval, offline = entered[CONF_INTERVAL], entered[CONF_OFFLINE_AFTER]
    if offline < 2 * interval:
        raise UnitFormError(
            "offline_too_soon", {"interval": str(interval), "least": str(2 * interval)}
        )
    if entered[CONF_SLOW_AFTER] < offline:
        raise UnitFormError("slow_too_soon", {"least": str(offline)})
    return entered


def read_failback(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered about returning; errors as of `read_giving`."""
    times = {it: user_input.get(it, "") for it in (CONF_FAILBACK_FROM, CONF_FAILBACK_TO)}
    if user_input[CONF_FAILBACK] == Failback.WINDOW and len(set(times.values()) - {""}) < len(
        times
    ):
        raise UnitFormError("window_needed")
    entered = {key: _time(text) if text else "" for key, text in times.items()}
    return {CONF_FAILBACK: user_input[CONF_FAILBACK], **entered}


def read_failures(user_input: Mapping[str, Any], days: Mapping[str, str]) -> dict[str, Any]:
    """Return what was entered into `failures_schema`; errors as of `read_giving`."""
    gateway = user_input.get(CONF_GATEWAY, "").strip()
    if gateway and not is_host(gateway):
        raise UnitFormError("invalid_gateway")
    by_name = {name: day for day, name in days.items()}
    windows = [_read_window(item, by_name) for item in user_input.get(CONF_MAINTENANCE, ())]
    return {
        CONF_NO_RECORD: user_input[CONF_NO_RECORD],
        CONF_GATEWAY: gateway,
        CONF_UPS: user_input.get(CONF_UPS, ""),
        CONF_MAINTENANCE: [window.as_data() for window in windows],
    }


def _read_window(item: Mapping[str, Any], days: Mapping[str, str]) -> MaintenanceWindow:
    minutes = float(item[CONF_MINUTES])
    if not (1 <= minutes <= _DAY and minutes.is_integer()):
        raise UnitFormError("window_minutes", {"minutes": f"{minutes:g}"})
    entered = {CONF_WEEKDAY: days[item[CONF_WEEKDAY]], CONF_START: _time(item[CONF_START])}
    return MaintenanceWindow.from_data({**item, **entered})


def read_drills(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered about drills; errors as of `read_giving`."""
    every, age = user_input[CONF_DRILL_EVERY], user_input[CONF_DRILL_MAX_AGE]
    if 0 < age < every:
        raise UnitFormError("drill_age", {"every": str(every), "age": str(age)})
    return {**user_input, CONF_DRILL_AT: _time(user_input[CONF_DRILL_AT])}


def _time(text: str) -> str:
    """Return a time of day that a selector found good as `HH:MM:SS`."""
    return cv.time(text).isoformat("seconds")
