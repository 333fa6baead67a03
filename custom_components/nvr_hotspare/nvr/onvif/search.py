"""What footage a recording holds, by the unit's own clock (ONVIF Recording Search).

Best told by the events of its history: the topic RecordingHistory/Track/State says when data of a
track begins and ends, and with a start state what was so before (sections "Recording events" and
"FindEvents"; every unit with this service has both). Where that is refused, or makes no sense, the
first and the last moment are told by GetRecordingInformation, and holes between them are not.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import itertools
from typing import Any, Final, NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from ...recorder.spans import Span, intersection, union
from ..errors import (
    UnitCredentialsError,
    UnitError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from .client import OnvifClient
from .reading import part, parts, text
from .wsdl import Service

_WSNT: Final = "http://docs.oasis-open.org/wsn/b-2"
_TOPICS: Final = "http://www.onvif.org/ver10/topics"
_CONCRETE: Final = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
_TOPIC: Final = "tns1:RecordingHistory/Track/State"
_PAGE: Final = 256
_MOST_EVENTS: Final = 5_000
_MOST_ANSWERS: Final = 200
_LONGEST: Final = 30.0
"""Seconds that a search may take as a whole."""
_WAIT: Final = timedelta(seconds=2)
"""What the unit is to wait for results before it answers that there are none yet."""
_KEEP_ALIVE: Final = timedelta(seconds=10)
"""The longest that every unit supports."""
_BREATH: Final = 0.1
"""Seconds between two questions, to a unit that does not wait."""
_ENDING: Final = 2.0
_PRESENT: Final = {"true": True, "1": True, "false": False, "0": False}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a unit says that a recording holds, by its own clock."""

    spans: tuple[Span, ...]
    exact: bool
    """Whether holes would have been told."""
    resolution: int
    """Nanoseconds: a second where all times are whole seconds."""


class _Change(NamedTuple):
    """From this time on there is data of a track, or there is none."""

    time: int
    track: str
    present: bool
    is_start: bool
    """Whether this is how it was when the search begins."""


async def held(
    client: OnvifClient, recording: str, video: Collection[str], within: Span, now: int
) -> Held:
    """Ask what video a recording holds.

    Args:
        client: Asks.
        recording: Its token.
        video: The tokens of its video tracks; empty where the unit does not tell them apart.
        within: The time in question, by the unit's clock.
        now: The time by the unit's clock: there is no later footage.

    Raises:
        UnitUnsupportedError: The unit has no search service, or can't tell by it.
        UnitError: As `OnvifClient.call`.
    """
    if within.start >= now:
        return Held(spans=(), exact=True, resolution=0)
    within = Span(within.start, min(within.end, now))
    try:
        changes = await _history(client, recording, video, within)
    except UnitUnreachableError, UnitCredentialsError:
        raise
    except UnitError:  # refused, or nonsense
        changes = ()
    if changes:
        spans = _spans(changes, within)
        return Held(spans=spans, exact=True, resolution=_resolution(it.time for it in changes))
    return await _extent(client, recording, video, within)


async def _history(
    client: OnvifClient, recording: str, video: Collection[str], within: Span
) -> Sequence[_Change]:
    search = await client.call(
        Service.SEARCH,
        "FindEvents",
        StartPoint=_moment(within.start - within.start % _SECOND),
        EndPoint=_moment(within.end - within.end % -_SECOND),
        Scope={"IncludedRecordings": [recording]},
        SearchFilter={"_value_1": [_topic()]},
        IncludeStartState=True,
        KeepAliveTime=_KEEP_ALIVE,
    )
    if not isinstance(search, str) or not search:
        raise UnitProtocolError("It begins a search without a token")
    try:
        async with asyncio.timeout(_LONGEST):
            results = await _results(client, search)
    except TimeoutError:
        raise UnitProtocolError("Its search does not end") from None
    finally:
        await _end(client, search)
    changes = [it for result in results if (it := _change(result, recording, video)) is not None]
    if all(later.time <= earlier.time for earlier, later in itertools.pairwise(changes)):
        changes.reverse()  # the newest first
    return sorted(changes, key=lambda it: (not it.is_start, it.time))


async def _results(client: OnvifClient, search: str) -> Sequence[Any]:
    results: list[Any] = []
    for _ in range(_MOST_ANSWERS):
        told = await client.call(
            Service.SEARCH,
            "GetEventSearchResults",
            SearchToken=search,
            MaxResults=_PAGE,
            WaitTime=_WAIT,
        )
        found = parts(told, "Result")
        results += found
        if text(told, "SearchState") == "Completed":
            return results
        if len(results) > _MOST_EVENTS:
            break
        if not found:
            await asyncio.sleep(_BREATH)
    raise UnitProtocolError("Its search finds more than any unit holds")


async def _end(client: OnvifClient, search: str) -> None:
    """End a search; one that is completed may be gone already."""
    with suppress(UnitError, TimeoutError):
        async with asyncio.timeout(_ENDING):
            await client.call(Service.SEARCH, "EndSearch", SearchToken=search)


def _change(result: Any, recording: str, video: Collection[str]) -> _Change | None:
    """Return what one result says, None if it is about something else."""
    track, time = text(result, "TrackToken"), part(result, "Time")
    data = parts(result, "Event", "Message", "_value_1", "Data", "SimpleItem")
    values = {text(item, "Name"): text(item, "Value") for item in data}
    present = _PRESENT.get(values.get("IsDataPresent", "").lower())
    if present is None or not isinstance(time, datetime):
        return None
    if text(result, "RecordingToken") != recording or not _is_video(track, video):
        return None
    return _Change(_nanoseconds(time), track, present, bool(part(result, "StartStateEvent")))


def _is_video(track: str, video: Collection[str]) -> bool:
    """Whether a track decides; by its name where the unit does not say which are video."""
    return track in video if video else not track.upper().startswith(("AUDIO", "META"))


def _spans(changes: Sequence[_Change], within: Span) -> tuple[Span, ...]:
    """Return when there was data of any track, by changes in order.

    Before the first change of a track the opposite was so, unless the start state is told.
    """
    found: list[Span] = []
    tracks: dict[str, list[_Change]] = {}
    for change in changes:
        tracks.setdefault(change.track, []).append(change)
    for own in tracks.values():
        start = None if own[0].is_start or own[0].present else within.start
        for change in own:
            time = min(max(within.start, change.time), within.end)
            if change.present and start is None:
                start = within.start if change.is_start else time
            elif not change.present and start is not None:
                found.append(Span(start, max(start, time)))
                start = None
        if start is not None:
            found.append(Span(start, within.end))
    return union(found)


async def _extent(
    client: OnvifClient, recording: str, video: Collection[str], within: Span
) -> Held:
    """Ask for the first and the last moment of a recording."""
    try:
        told = await client.call(
            Service.SEARCH, "GetRecordingInformation", RecordingToken=recording
        )
    except UnitRequestError as error:
        raise UnitUnsupportedError(f"It does not tell what it holds: {error}") from error
    tracks = [it for it in parts(told, "Track") if _is_video(text(it, "TrackToken"), video)]
    ends = [(part(it, "DataFrom"), part(it, "DataTo")) for it in tracks]
    ends = ends or [(part(told, "EarliestRecording"), part(told, "LatestRecording"))]
    times = [
        (_nanoseconds(first), _nanoseconds(last))
        for first, last in ends
        if isinstance(first, datetime) and isinstance(last, datetime)
    ]
    told_spans = [Span(first, last) for first, last in times if first <= last]
    spans = intersection(told_spans, [within])
    return Held(
        spans=spans,
        exact=not spans,  # there are no holes in nothing
        resolution=_resolution(itertools.chain.from_iterable(times)),
    )


def _topic() -> Element:
    expression = etree.Element(
        f"{{{_WSNT}}}TopicExpression",
        {"Dialect": _CONCRETE},
        nsmap={"wsnt": _WSNT, "tns1": _TOPICS},
    )
    expression.text = _TOPIC
    return expression


def _resolution(times: Iterable[int]) -> int:
    return 0 if any(time % _SECOND for time in times) else _SECOND


def _moment(time: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time // 1000)


def _nanoseconds(time: datetime) -> int:
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000
