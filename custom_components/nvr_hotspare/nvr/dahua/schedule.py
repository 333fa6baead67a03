"""When a recorder is to record a channel: a week of sections such as "6 08:00:00-18:00:00".

The number is a mask: 1 is everything, 2 motion, 4 alarm; a section with none of them is off. Day 0
is Sunday, day 7 holidays, of which nothing is known here.
"""

from datetime import datetime
import re
from typing import Final

from ...failover.model import Recording
from .table import Table, indexed

_SECTION: Final = re.compile(r"(\d{1,6})\s+(\d\d):(\d\d):(\d\d)-(\d\d):(\d\d):(\d\d)", re.ASCII)
_DAY: Final = re.compile(r"TimeSection\[(\d)\]\[\d{1,2}\]", re.ASCII)
_EVERYTHING: Final = 1
AUTO, MANUAL, STOP = range(3)
"""What stands in RecordMode: by the schedule, everything, nothing."""


def modes(table: Table) -> dict[int, int]:
    """Return the modes of the channels, numbered from 0, of a table RecordMode."""
    return {
        channel: int(told["Mode"])
        for channel, told in indexed(table, "RecordMode")
        if told.get("Mode", "").isdecimal() and len(told["Mode"]) == 1
    }


def is_due(schedule: Table, local: datetime) -> bool | None:
    """Whether everything is to be recorded at a moment, None where the schedule can't be read.

    Args:
        schedule: What stands below a channel in a table Record.
        local: The recorder's own time.
    """
    today = local.isoweekday() % 7
    found = False
    for key, text in schedule.items():
        day, section = _DAY.fullmatch(key), _SECTION.match(text)
        if day is None or section is None or int(day[1]) != today:
            continue
        found = True
        mask, *times = (int(part) for part in section.groups())
        begin, end = (3600 * h + 60 * m + s for h, m, s in (times[:3], times[3:]))
        now = 3600 * local.hour + 60 * local.minute + local.second
        if mask & _EVERYTHING and begin <= now < end:
            return True
    return False if found else None


def not_recording(mode: int | None, schedule: Table, local: datetime | None) -> Recording:
    """Return what it means that a channel is not being recorded."""
    match mode:
        case 1:  # everything, always
            return Recording.NO
        case 2:  # nothing: its owner wants it so
            return Recording.NOT_SCHEDULED
        case 0 if local is not None:
            due = is_due(schedule, local)
            if due is None:
                return Recording.UNKNOWN
            return Recording.NO if due else Recording.NOT_SCHEDULED
        case _:
            return Recording.UNKNOWN
