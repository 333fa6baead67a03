"""The Recording Search service: what footage there is (ONVIF Recording Search)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import override

from lxml.etree import _Element as Element

from custom_components.nvr_hotspare.recorder.spans import Span

from .director import Director
from .faults import invalid
from .history import Event, Question, result, wanted_topics
from .recording import find_recording, source_information
from .searches import Searches, no_search
from .service import Answer, Service, operation
from .state import VIDEO_TRACK, Recording, State
from .xml import Node, element, precise

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MARGIN = 10_000_000_000
"""Nanoseconds; no frame lasts longer."""


class SearchService(Service):
    """Tells what is recorded, for all recordings or those a search finds.

    All times are by the unit's own clock, as in all that it tells.
    """

    prefix = "tse"
    path = "/onvif/search_service"
    version = (2, 4)

    def __init__(
        self,
        state: State,
        director: Director,
        now: Callable[[], datetime],
        ahead: Callable[[], int],
        *,
        receiver: bool,
    ) -> None:
        """Offer the service.

        Args:
            state: What recordings there are.
            director: Tells what they hold.
            now: The time by the unit's clock.
            ahead: How far that is ahead of the cameras', in nanoseconds.
            receiver: Whether the unit tells where its cameras are.
        """
        self._state = state
        self._director = director
        self._now = now
        self._ahead = ahead
        self._receiver = receiver
        self._recordings = Searches[str]("search")
        self._events = Searches[Event]("history")

    @override
    def capabilities(self) -> Element:
        return element(
            "tse:Capabilities", attributes={"MetadataSearch": False, "GeneralStartEvents": False}
        )

    @override
    def category(self, address: str) -> Element:
        return element(
            "tt:Search", element("tt:XAddr", address), element("tt:MetadataSearch", "false")
        )

    @operation("GetRecordingSummary")
    async def get_recording_summary(self, _request: Node) -> Answer:
        """Tell from when and until when there is footage of any channel."""
        extents = [
            extent
            for token in list(self._state.recordings)
            if (extent := await self._extent(token))
        ]
        return [
            element(
                "tse:Summary",
                element("tt:DataFrom", precise(min((each.start for each in extents), default=0))),
                element("tt:DataUntil", precise(max((each.end for each in extents), default=0))),
                element("tt:NumberRecordings", len(extents)),
            )
        ]

    @operation("GetRecordingInformation")
    async def get_recording_information(self, request: Node) -> Answer:
        """Tell what a recording holds."""
        recording = find_recording(self._state, request.text("tse:RecordingToken"))
        return [await self._information("tse:RecordingInformation", recording)]

    @operation("FindRecordings")
    def find_recordings(self, request: Node) -> Answer:
        """Begin a search for recordings."""
        found = self._scope(request)
        return [element("tse:SearchToken", self._recordings.begin(request, found))]

    @operation("GetRecordingSearchResults")
    async def get_recording_search_results(self, request: Node) -> Answer:
        """Tell what a search found; when it has told all, the search is over."""
        state, told = self._recordings.tell(request)
        found = [self._state.recordings[it] for it in told if it in self._state.recordings]
        return [
            element(
                "tse:ResultList",
                element("tt:SearchState", state),
                *[await self._information("tt:RecordingInformation", each) for each in found],
            )
        ]

    @operation("FindEvents")
    async def find_events(self, request: Node) -> Answer:
        """Begin a search for when recordings begin and end, or their data does."""
        question = self._question(request)
        tokens = self._scope(request)
        self._events.check_room()
        found = list[Event]()
        for token in tokens:
            found += await self._happened(token, question)
        return [element("tse:SearchToken", self._events.begin(request, question.in_order(found)))]

    @operation("GetEventSearchResults")
    def get_event_search_results(self, request: Node) -> Answer:
        """Tell what a search found; when it has told all, the search is over."""
        state, told = self._events.tell(request)
        return [
            element("tse:ResultList", element("tt:SearchState", state), *map(result, told)),
        ]

    @operation("EndSearch")
    def end_search(self, request: Node) -> Answer:
        """End a search before all was told."""
        if not self._recordings.end(request) and not self._events.end(request):
            raise no_search()
        return [element("tse:Endpoint", self._now())]

    def _scope(self, request: Node) -> list[str]:
        """Return the recordings that a search is about."""
        scope = request.child("tse:Scope")
        if scope.find("tt:RecordingInformationFilter") or scope.all("tt:IncludedSources"):
            raise invalid("InvalidFilterFault", "This unit searches by recording only")
        wanted = {node.value for node in scope.all("tt:IncludedRecordings")}
        if unknown := wanted - self._state.recordings.keys():
            raise invalid("NoRecording", f"There is no recording {min(unknown)}")
        return [token for token in self._state.recordings if not wanted or token in wanted]

    def _question(self, request: Node) -> Question:
        start = request.moment("tse:StartPoint")
        now = (self._now() - _EPOCH) // _MICROSECOND * 1000
        has_end = request.find("tse:EndPoint") is not None
        return Question(
            topics=wanted_topics(request.child("tse:SearchFilter")),
            start=start,
            end=request.moment("tse:EndPoint") if has_end else max(start, now),
            states=request.flag("tse:IncludeStartState"),
        )

    async def _happened(self, token: str, question: Question) -> list[Event]:
        """Return what happened to a recording."""
        ahead = self._ahead()
        first, last = sorted((question.start, question.end))
        # What touches the edges from outside decides whether there is a gap at them.
        begin, end = first - ahead - _MARGIN, last - ahead + _MARGIN
        held = await self._director.held_between(token, begin, end)
        spans = [Span(span.start + ahead, span.end + ahead) for span in held.spans]
        return question.answer(token, spans, goes_on=held.goes_on)

    async def _extent(self, token: str) -> Span | None:
        """Return from when to when there is footage of a recording."""
        extent, ahead = await self._director.extent(token), self._ahead()
        return Span(extent.start + ahead, extent.end + ahead) if extent else None

    async def _information(self, name: str, recording: Recording) -> Element:
        extent = await self._extent(recording.token)
        told = [
            element("tt:RecordingToken", recording.token),
            source_information(recording.labels, with_address=self._receiver),
        ]
        if extent:
            told.append(element("tt:EarliestRecording", precise(extent.start)))
            told.append(element("tt:LatestRecording", precise(extent.end)))
        told.append(element("tt:Content", recording.labels.content))
        if extent:
            told.append(
                element(
                    "tt:Track",
                    element("tt:TrackToken", VIDEO_TRACK),
                    element("tt:TrackType", "Video"),
                    element("tt:Description", ""),
                    element("tt:DataFrom", precise(extent.start)),
                    element("tt:DataTo", precise(extent.end)),
                )
            )
        told.append(element("tt:RecordingStatus", self._status(recording, has_data=bool(extent))))
        return element(name, *told)

    def _status(self, recording: Recording, *, has_data: bool) -> str:
        """Return a recording's status (onvif.xsd, RecordingStatus)."""
        if self._director.is_recording(recording.token):
            return "Recording"
        return "Stopped" if has_data else "Initiated"
