"""What is recorded of a channel, and when: ContentMgmt/record/tracks of ISAPI.

A schedule is a long document of which every firmware has its own: it is read, changed and sent back
whole. The end of a day is told as the beginning of the next.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
import re
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from ..errors import UnitProtocolError, UnitRequestError
from ..untrusted import child, children, local_name, text_of, within
from .client import IsapiClient, put

_TRACKS: Final = "ContentMgmt/record/tracks"
_STREAMS: Final = 100
_CONTINUOUS: Final = "CMR"
"""The recording mode that records all the time (ActionRecordingMode)."""
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK: Final = timedelta(days=7)
_TIME: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})", re.ASCII)


def track_of(channel: int) -> int:
    """Return the number of a channel's track: of its main stream."""
    return channel * _STREAMS + 1


async def take_track(client: IsapiClient, channel: int) -> Element:
    """Ask for a schedule.

    Raises:
        UnitError: As `IsapiClient.get`.
    """
    told = await client.get(f"{_TRACKS}/{track_of(channel)}")
    if local_name(told) != "Track":
        raise UnitProtocolError("Its schedule is none")
    return told


async def set_recorded(client: IsapiClient, channel: int, *, record: bool) -> None:
    """Have a channel recorded all the time, or not at all; and see that it is so.

    Raises:
        UnitRequestError: The recorder does not do it, whatever it says.
        UnitError: As `IsapiClient.order`.
    """
    track = await take_track(client, channel)
    if is_enabled(track) == record and (not record or is_continuous(track)):
        return
    put(track, "Enable", str(record).lower())
    for extension in within(track, "CustomExtension"):
        if child(extension, "enableSchedule") is not None:
            put(extension, "enableSchedule", str(record).lower())
    if record and not is_continuous(track):
        _make_continuous(track)
    await client.order("PUT", f"{_TRACKS}/{track_of(channel)}", track)
    track = await take_track(client, channel)
    if is_enabled(track) != record or (record and not is_continuous(track)):
        raise UnitRequestError("The recorder did not take the schedule, although it said so")


def is_enabled(track: Element) -> bool:
    """Whether a schedule is followed at all."""
    if text_of(track, "Enable").lower() != "true":
        return False
    told = (text_of(it, "enableSchedule").lower() for it in within(track, "CustomExtension"))
    return "false" not in told


def is_continuous(track: Element) -> bool:
    """Whether a schedule records all the time, every day."""
    ends = sorted(_spans(track))
    reached = timedelta()
    for start, end in ends:
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= _WEEK


def is_due(track: Element, moment: datetime) -> bool:
    """Whether a schedule records all the time at a local time."""
    if not is_enabled(track):
        return False
    at = timedelta(
        days=moment.weekday(), hours=moment.hour, minutes=moment.minute, seconds=moment.second
    )
    return any(start <= at < end for start, end in _spans(track))


def _spans(track: Element) -> Iterator[tuple[timedelta, timedelta]]:
    """Yield when, since Monday, a schedule records all the time."""
    for action in within(track, "ScheduleAction"):
        doing = child(action, "Actions")
        mode = text_of(doing, "ActionRecordingMode") or _CONTINUOUS
        if mode != _CONTINUOUS or text_of(doing, "Record").lower() == "false":
            continue
        start, end = (_moment(child(action, f"ScheduleAction{it}Time")) for it in ("Start", "End"))
        if start is None or end is None:
            continue
        yield start, end if end > start else end + _WEEK


def _moment(told: Element | None) -> timedelta | None:
    """Return a time since Monday, None where it makes no sense."""
    time = _TIME.fullmatch(text_of(told, "TimeOfDay"))
    day = text_of(told, "DayOfWeek").capitalize()
    if day not in _DAYS or time is None:
        return None
    hours, minutes, seconds = map(int, time.groups())
    return timedelta(days=_DAYS.index(day), hours=hours, minutes=minutes, seconds=seconds)


def _make_continuous(track: Element) -> None:
    """Have a schedule record all the time, every day, in the words that it uses already."""
    block = next(within(track, "ScheduleBlock"), None)
    if block is None:
        raise UnitRequestError("The recorder has no schedule that could be changed")
    namespace = etree.QName(block).namespace
    prefix = f"{{{namespace}}}" if namespace else ""
    for action in list(children(block, "ScheduleAction")):
        block.remove(action)
    for index, day in enumerate(_DAYS):
        action = etree.SubElement(block, f"{prefix}ScheduleAction")
        put(action, "id", str(index + 1))
        for name, at in (("Start", day), ("End", _DAYS[(index + 1) % len(_DAYS)])):
            moment = etree.SubElement(action, f"{prefix}ScheduleAction{name}Time")
            put(moment, "DayOfWeek", at)
            put(moment, "TimeOfDay", "00:00:00")
        put(action, "ScheduleDSTEnable", "false")
        put(action, "Description", "nothing")
        doing = etree.SubElement(action, f"{prefix}Actions")
        put(doing, "Record", "true")
        put(doing, "Log", "false")
        put(doing, "SaveImg", "false")
        put(doing, "ActionRecordingMode", _CONTINUOUS)
