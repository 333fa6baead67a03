"""The Recording Search service: what footage there is (ONVIF Recording Search)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
import itertools
import time
from typing import override

from lxml.etree import _Element as Element

from .director import Director
from .faults import full, invalid
from .footage import Extent
from .recording import find_recording, source_information
from .service import Answer, Service, operation
from .state import VIDEO_TRACK, Recording, State
from .xml import Node, element

_KEEP_ALIVE = 10.0
"""Seconds that a search outlives its last use; the specification asks for 10."""
_MAX_SEARCHES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SearchService(Service):
    """Tells what is recorded, for all recordings or those a search finds."""

    prefix = "tse"
    path = "/onvif/search_service"
    version = (2, 4)

    def __init__(
        self, state: State, director: Director, now: Callable[[], datetime], *, receiver: bool
    ) -> None:
        """Offer the service; without `receiver` the cameras' addresses stay untold."""
        self._state = state
        self._director = director
        self._now = now
        self._receiver = receiver
        self._searches: dict[str, _Search] = {}
        self._numbers = itertools.count(1)

    @override
    def capabilities(self) -> Element:
        return element("tse:Capabilities", attributes={"MetadataSearch": False})

    @override
    def category(self, address: str) -> Element:
        return element(
            "tt:Search", element("tt:XAddr", address), element("tt:MetadataSearch", "false")
        )

    @operation("GetRecordingSummary")
    def get_recording_summary(self, _request: Node) -> Answer:
        """Tell from when and until when there is footage of any channel."""
        extents = [
            extent for token in self._state.recordings if (extent := self._director.extent(token))
        ]
        return [
            element(
                "tse:Summary",
                element("tt:DataFrom", min((each.first for each in extents), default=_EPOCH)),
                element("tt:DataUntil", max((each.last for each in extents), default=_EPOCH)),
                element("tt:NumberRecordings", len(extents)),
            )
        ]

    @operation("GetRecordingInformation")
    def get_recording_information(self, request: Node) -> Answer:
        """Tell what a recording holds."""
        recording = find_recording(self._state, request.text("tse:RecordingToken"))
        return [self._information("tse:RecordingInformation", recording)]

    @operation("FindRecordings")
    def find_recordings(self, request: Node) -> Answer:
        """Begin a search."""
        scope = request.child("tse:Scope")
        if scope.find("tt:RecordingInformationFilter") or scope.all("tt:IncludedSources"):
            raise invalid("InvalidFilterFault", "This unit searches by recording only")
        wanted = {node.value for node in scope.all("tt:IncludedRecordings")}
        if unknown := wanted - self._state.recordings.keys():
            raise invalid("NoRecording", f"There is no recording {min(unknown)}")
        found = [token for token in self._state.recordings if not wanted or token in wanted]
        matches = request.integer("tse:MaxMatches", default=len(found))
        self._expire()
        if len(self._searches) >= _MAX_SEARCHES:
            raise full("ResourceProblem", "Too many searches are open")
        token = f"search-{next(self._numbers)}"
        self._searches[token] = _Search(found[:matches], time.monotonic())
        return [element("tse:SearchToken", token)]

    @operation("GetRecordingSearchResults")
    def get_recording_search_results(self, request: Node) -> Answer:
        """Tell what a search found; when it has told all, the search is over."""
        token, search = self._asked(request)
        count = request.integer("tse:MaxResults", default=len(search.rest))
        told, search.rest = search.rest[:count], search.rest[count:]
        search.used = time.monotonic()
        if not search.rest:
            del self._searches[token]
        found = (self._state.recordings[token] for token in told if token in self._state.recordings)
        return [
            element(
                "tse:ResultList",
                element("tt:SearchState", "Searching" if search.rest else "Completed"),
                *(self._information("tt:RecordingInformation", recording) for recording in found),
            )
        ]

    @operation("EndSearch")
    def end_search(self, request: Node) -> Answer:
        """End a search before all was told."""
        token, _ = self._asked(request)
        del self._searches[token]
        return [element("tse:Endpoint", self._now())]

    def _asked(self, request: Node) -> tuple[str, _Search]:
        self._expire()
        token = request.text("tse:SearchToken")
        search = self._searches.get(token)
        if search is None:
            raise invalid("InvalidToken", "There is no such search, or it is over")
        return token, search

    def _expire(self) -> None:
        limit = time.monotonic() - _KEEP_ALIVE
        self._searches = {
            token: search for token, search in self._searches.items() if search.used > limit
        }

    def _information(self, name: str, recording: Recording) -> Element:
        extent = self._director.extent(recording.token)
        told = [
            element("tt:RecordingToken", recording.token),
            source_information(recording.labels, with_address=self._receiver),
        ]
        if extent:
            told.append(element("tt:EarliestRecording", extent.first))
            told.append(element("tt:LatestRecording", extent.last))
        told.append(element("tt:Content", recording.labels.content))
        if extent:
            told.append(
                element(
                    "tt:Track",
                    element("tt:TrackToken", VIDEO_TRACK),
                    element("tt:TrackType", "Video"),
                    element("tt:Description", ""),
                    element("tt:DataFrom", extent.first),
                    element("tt:DataTo", extent.last),
                )
            )
        told.append(element("tt:RecordingStatus", self._status(recording, extent)))
        return element(name, *told)

    def _status(self, recording: Recording, extent: Extent | None) -> str:
        """Return a recording's status (onvif.xsd, RecordingStatus)."""
        if self._director.is_recording(recording.token):
            return "Recording"
        return "Stopped" if extent else "Initiated"


@dataclass(slots=True)
class _Search:
    """What a search has found and not told yet."""

    rest: list[str]
    used: float
