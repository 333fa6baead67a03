"""A recorder whose footage can be searched: it knows, guesses, refuses and lies as told."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.scripted_unit import (
    Request,
    ScriptedUnit,
    fault,
    http,
    scripted_unit,
    services_answer,
    soap,
)

SECOND = 1_000_000_000
KEY = "DS-7608/3"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = Span(int(NOON.timestamp()) * SECOND, int(NOON.timestamp() + 3600) * SECOND)
TOPIC = "tns1:RecordingHistory/Track/State"


def at(seconds: float) -> int:
    """Return the time so many seconds after the beginning of the hour in question."""
    return HOUR.start + round(seconds * SECOND)


def text_of(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(
    seconds: float,
    present: str,
    *,
    track: str = "VIDEO001",
    recording: str = "r1",
    start: bool = False,
) -> str:
    """Return a result that says that data begins or ends."""
    return (
        f"<tt:Result><tt:RecordingToken>{recording}</tt:RecordingToken>"
        f"<tt:TrackToken>{track}</tt:TrackToken><tt:Time>{text_of(seconds)}</tt:Time>"
        '<tt:Event xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2">'
        f"<wsnt:Topic>{TOPIC}</wsnt:Topic><wsnt:Message><tt:Message>"
        '<tt:Source><tt:SimpleItem Name="RecordingToken" Value="r1"/></tt:Source>'
        f'<tt:Data><tt:SimpleItem Name="IsDataPresent" Value="{present}"/></tt:Data>'
        "</tt:Message></wsnt:Message></tt:Event>"
        f"<tt:StartStateEvent>{str(start).lower()}</tt:StartStateEvent></tt:Result>"
    )


def results(*events: str, state: str = "Completed") -> bytes:
    told = f"<tse:ResultList><tt:SearchState>{state}</tt:SearchState>{''.join(events)}"
    answer = f"{told}</tse:ResultList>"
    name = "tse:GetEventSearchResultsResponse"
    return http(soap(f"<{name}>{answer}</{name}>"))


def information(*tracks: tuple[str, float, float]) -> bytes:
    """Return what GetRecordingInformation answers: tracks with their beginning and end."""
    told = "".join(
        f"<tt:Track><tt:TrackToken>{token}</tt:TrackToken><tt:TrackType>Video</tt:TrackType>"
        f"<tt:Description/><tt:DataFrom>{text_of(first)}</tt:DataFrom>"
        f"<tt:DataTo>{text_of(last)}</tt:DataTo></tt:Track>"
        for token, first, last in tracks
    )
    name = "tse:GetRecordingInformationResponse"
    body = (
        "<tse:RecordingInformation><tt:RecordingToken>r1</tt:RecordingToken>"
        f"<tt:Content/>{told}<tt:RecordingStatus>Stopped</tt:RecordingStatus>"
        "</tse:RecordingInformation>"
    )
    return http(soap(f"<{name}>{body}</{name}>"))


def recordings(**source_ids: str) -> bytes:
    """Return what GetRecordings answers: tokens and the SourceIds of recordings."""
    tracks = "".join(
        f"<tt:Track><tt:TrackToken>{token}</tt:TrackToken><tt:Configuration>"
        f"<tt:TrackType>{kind}</tt:TrackType><tt:Description/></tt:Configuration></tt:Track>"
        for token, kind in (("VIDEO001", "Video"), ("AUDIO001", "Audio"))
    )
    items = "".join(
        f"<trc:RecordingItem><tt:RecordingToken>{token}</tt:RecordingToken><tt:Configuration>"
        f"<tt:Source><tt:SourceId>{name}</tt:SourceId><tt:Name>Door</tt:Name></tt:Source>"
        f"</tt:Configuration><tt:Tracks>{tracks}</tt:Tracks></trc:RecordingItem>"
        for token, name in source_ids.items()
    )
    return http(soap(f"<trc:GetRecordingsResponse>{items}</trc:GetRecordingsResponse>"))


def time_answer(ahead: float) -> bytes:
    """Return the time of a clock that is ahead, in whole seconds as units tell it."""
    now = datetime.now(UTC) + timedelta(seconds=ahead)
    clock_time = (
        f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second>"
    )
    date = (
        f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
    )
    utc = f"<tt:Time>{clock_time}</tt:Time><tt:Date>{date}</tt:Date>"
    told = f"<tds:SystemDateAndTime><tt:UTCDateTime>{utc}</tt:UTCDateTime></tds:SystemDateAndTime>"
    name = "tds:GetSystemDateAndTimeResponse"
    return http(soap(f"<{name}>{told}</{name}>"))


def empty(name: str) -> bytes:
    return http(soap(f"<{name}/>"))


type Answer = bytes | Callable[[], bytes]


@dataclass
class Recorder:
    """A recorder that answers as it is told; what is left unsaid it does well."""

    ahead: float = 0.0
    answers: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, request: Request, _: object) -> bytes:
        answer = self.answers.get(request.operation) or self.usual().get(request.operation)
        if answer is None:
            return fault("ActionNotSupported")
        return answer if isinstance(answer, bytes) else answer()

    def usual(self) -> dict[str, Answer]:
        token = "<tse:SearchToken>s1</tse:SearchToken>"
        return {
            "GetSystemDateAndTime": lambda: time_answer(self.ahead),
            "GetServices": http(services_answer("recording", "search", "replay")),
            "GetRecordings": recordings(r1="camera-1"),
            "GetRecordingJobs": empty("trc:GetRecordingJobsResponse"),
            "FindEvents": http(soap(f"<tse:FindEventsResponse>{token}</tse:FindEventsResponse>")),
            "EndSearch": fault("InvalidArgVal", "InvalidToken"),
        }

    def serve(self) -> AbstractAsyncContextManager[ScriptedUnit]:
        return scripted_unit(self)
