"""What happened to recordings, as events: footage begins and ends (ONVIF Recording Search).

No event is stored. They are read off the footage itself, whoever put it there: data of a track
becomes present when the first frame of a stretch was captured, and absent when the last one was
plus the time that it lasts. A pause of less than two frames is none. While a recording goes on,
its data stays present.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
import re

from lxml import etree
from lxml.etree import _Element as Element

from custom_components.nvr_hotspare.recorder.spans import Span

from .faults import invalid
from .state import VIDEO_TRACK
from .xml import NAMESPACES, Content, Node, element, precise, qualified

_CONCRETE = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
_DIALECTS = {None, _CONCRETE, "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"}
_TOPIC = re.compile(r"(?P<prefix>[\w.-]+):(?P<path>[\w.-]+(?:/[\w.-]+)*)(?P<below>//\.)?")
_TOPICS_PREFIX = "tns1"


class Topic(StrEnum):
    """What events are about; the topics that the specification demands."""

    RECORDING = "RecordingHistory/Recording/State"
    TRACK = "RecordingHistory/Track/State"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a recording."""

    time: int
    """By the unit's clock: nanoseconds since 1970 UTC."""
    recording: str
    topic: Topic
    present: bool
    """Whether there is footage from then on."""
    start_state: bool = False
    """Whether it only says how things were where the search begins."""


def wanted_topics(search_filter: Node) -> list[Topic]:
    """Return the topics that a filter lets pass, of those that there are (ONVIF Core, "Topics").

    Raises:
        Fault: It is in no known dialect, or filters by the content of messages.
    """
    expressions = search_filter.children()
    if not expressions:
        return list(Topic)
    found: set[Topic] = set()
    for expression in expressions:
        if expression.tag != qualified("wsnt:TopicExpression"):
            raise invalid("InvalidFilterFault", "This unit filters by topic only")
        if expression.attribute("Dialect") not in _DIALECTS:
            raise invalid("InvalidFilterFault", "This unit does not know that dialect")
        for part in expression.value.split("|"):
            found |= _matching(part.strip(), expression)
    return [topic for topic in Topic if topic in found]


def _matching(text: str, expression: Node) -> set[Topic]:
    match = _TOPIC.fullmatch(text)
    if match is None:
        raise invalid("InvalidFilterFault", "That is no topic expression")
    namespace = expression.namespace(match["prefix"])
    if namespace is None and match["prefix"] == _TOPICS_PREFIX:  # as clients forget to say
        namespace = NAMESPACES[_TOPICS_PREFIX]
    if namespace != NAMESPACES[_TOPICS_PREFIX]:
        return set()
    path = match["path"]
    return {
        topic
        for topic in Topic
        if topic == path or (match["below"] and topic.startswith(path + "/"))
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What events are searched for."""

    topics: Sequence[Topic]
    start: int
    """By the unit's clock: nanoseconds since 1970 UTC."""
    end: int
    """Before the start, where the search goes backwards in time."""
    states: bool
    """Whether to say how things were at the start, and at the end of a search backwards."""

    @property
    def backwards(self) -> bool:
        """Whether the latest event comes first."""
        return self.end < self.start

    def answer(self, recording: str, spans: Sequence[Span], *, goes_on: bool) -> list[Event]:
        """Return what happened to a recording, in any order.

        Args:
            recording: Its token.
            spans: The stretches of footage that it holds, by the unit's clock.
            goes_on: Whether it is being recorded, so that the last stretch has no end yet.
        """
        changes = [
            (time, present)
            for span in spans
            for time, present in ((_earlier(span.start), True), (_later(span.end), False))
        ]
        if goes_on:
            changes = changes[:-1]
        first, last = sorted((self.start, self.end))
        found = [
            Event(time, recording, topic, present)
            for time, present in changes
            for topic in self.topics
            if first <= time <= last
        ]
        if self.states:
            for edge in (first, last) if self.backwards else (first,):
                known = [present for time, present in changes if time <= edge]
                found += (
                    Event(edge, recording, topic, present=known[-1:] == [True], start_state=True)
                    for topic in self.topics
                )
        return found

    def in_order(self, events: Iterable[Event]) -> list[Event]:
        """Sort events as they are told."""
        return sorted(events, key=lambda it: (it.time, not it.start_state), reverse=self.backwards)


def _earlier(time: int) -> int:
    """Return the microsecond at or before a time; events are told by the microsecond."""
    return time // 1000 * 1000


def _later(time: int) -> int:
    return -(-time // 1000) * 1000


def result(event: Event) -> Element:
    """Return an event as a search tells it (onvif.xsd, FindEventResult)."""
    of_track = event.topic is Topic.TRACK
    source = [_item("RecordingToken", event.recording)]
    if of_track:
        source.append(_item("Track", VIDEO_TRACK))
    data = _item("IsDataPresent" if of_track else "IsRecording", event.present)
    time = precise(event.time)
    message = element(
        "tt:Message",
        element("tt:Source", *source),
        element("tt:Data", data),
        attributes={
            "UtcTime": time,
            "PropertyOperation": "Initialized" if event.start_state else "Changed",
        },
    )
    return element(
        "tt:Result",
        element("tt:RecordingToken", event.recording),
        element("tt:TrackToken", VIDEO_TRACK if of_track else ""),
        element("tt:Time", time),
        element("tt:Event", _topic(event.topic), element("wsnt:Message", message)),
        element("tt:StartStateEvent", event.start_state),
    )


def _item(name: str, value: Content) -> Element:
    return element("tt:SimpleItem", attributes={"Name": name, "Value": value})


def _topic(topic: Topic) -> Element:
    """Return the element that names a topic; its prefix is declared where it is used."""
    names = {prefix: NAMESPACES[prefix] for prefix in ("wsnt", _TOPICS_PREFIX)}
    built = etree.Element(qualified("wsnt:Topic"), {"Dialect": _CONCRETE}, nsmap=names)
    built.text = f"{_TOPICS_PREFIX}:{topic}"
    return built
