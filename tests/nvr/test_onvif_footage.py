"""What footage a unit has, told by units that know, guess, refuse and lie."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import itertools
import time

import pytest

from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from custom_components.nvr_hotspare.nvr.model import Capability, Place, PlaceState
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit, search
from custom_components.nvr_hotspare.nvr.onvif.inventory import source_id
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.replay import open_replay
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.conftest import CAMERA_PASSWORD, PASSWORD, Drive, StartNvr
from tests.nvr.scripted_unit import (
    Request,
    ScriptedUnit,
    fault,
    http,
    scripted_unit,
    services_answer,
    soap,
)
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.unit import VirtualNvr

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


async def test_what_is_held_is_told_by_the_history_of_the_video(drive: Drive) -> None:
    pages = iter(
        [
            results(event(0, "true", start=True), event(600.25, "false"), state="Searching"),
            results(state="Searching"),
            results(event(900.5, "true")),
        ]
    )
    recorder = Recorder(answers={"GetEventSearchResults": lambda: next(pages)})

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert told.spans == (Span(HOUR.start, at(600.25)), Span(at(900.5), HOUR.end))
    assert told.exact
    assert told.uncertainty < 2 * SECOND


async def test_the_search_is_about_the_recording_and_the_time_in_question(drive: Drive) -> None:
    recorder = Recorder(answers={"GetEventSearchResults": results(event(0, "true", start=True))})

    async with recorder.serve() as unit:
        await drive(unit.endpoint).footage(1, Span(at(0.5), at(59.5)))

    asked = next(it for it in unit.requests if it.operation == "FindEvents").body.decode()
    assert f">{TOPIC}</" in asked
    assert ">2026-11-23T12:00:00Z</" in asked
    assert ">2026-11-23T12:01:00Z</" in asked
    assert ">r1</" in asked
    assert "IncludeStartState>true<" in asked
    assert unit.asked("EndSearch") == 1


@pytest.mark.parametrize(
    ("events", "spans"),
    [
        pytest.param([event(60, "false")], [(0, 60)], id="no start state, ends"),
        pytest.param([event(60, "true")], [(60, 3600)], id="no start state, begins"),
        pytest.param([event(0, "false", start=True)], [], id="nothing at all"),
        pytest.param(
            [event(90, "true"), event(60, "false"), event(0, "true", start=True)],
            [(0, 60), (90, 3600)],
            id="the newest first",
        ),
        pytest.param(
            [event(0, "true", start=True), event(60, "false")] * 3, [(0, 60)], id="told again"
        ),
        pytest.param(
            [event(-86_400, "1", start=True), event(86_400, "0")], [(0, 3600)], id="from afar"
        ),
        pytest.param(
            [
                event(0, "true", start=True),
                event(0, "true", track="AUDIO001", start=True),
                event(60, "false"),
            ],
            [(0, 60)],
            id="audio does not decide",
        ),
        pytest.param(
            [
                event(0, "false", start=True),
                event(30, "true", recording="r2"),
                event(60, "true"),
            ],
            [(60, 3600)],
            id="another recording",
        ),
        pytest.param(
            [event(0, "true", start=True), event(30, "perhaps"), event(60, "false")],
            [(0, 60)],
            id="what makes no sense is skipped",
        ),
    ],
)
async def test_a_history_may_be_told_in_many_ways(
    drive: Drive, events: list[str], spans: list[tuple[int, int]]
) -> None:
    recorder = Recorder(answers={"GetEventSearchResults": results(*events)})

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert told.spans == tuple(Span(at(start), at(end)) for start, end in spans)
    assert told.exact


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"FindEvents": fault("ActionNotSupported")}, id="not known"),
        pytest.param({"FindEvents": fault("InvalidArgVal", "InvalidFilterFault")}, id="refused"),
        pytest.param({"FindEvents": fault("Action", "ResourceProblem")}, id="busy"),
        pytest.param({"FindEvents": empty("tse:FindEventsResponse")}, id="no token"),
        pytest.param({"GetEventSearchResults": results()}, id="not even a start state"),
        pytest.param({"GetEventSearchResults": http("<nonsense/>")}, id="no SOAP"),
    ],
)
async def test_else_the_beginning_and_the_end_are_told(
    drive: Drive, answers: dict[str, Answer]
) -> None:
    told = information(("VIDEO001", 60, 1800), ("AUDIO001", 0, 3000))
    recorder = Recorder(answers={"GetRecordingInformation": told, **answers})

    async with recorder.serve() as unit:
        found = await drive(unit.endpoint).footage(1, HOUR)

    assert found.spans == (Span(at(60), at(1800)),)
    assert not found.exact
    assert found.uncertainty >= SECOND  # it tells whole seconds


async def test_of_an_empty_recording_there_is_nothing_unknown(drive: Drive) -> None:
    recorder = Recorder(
        answers={"GetEventSearchResults": results(), "GetRecordingInformation": information()}
    )

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert told.spans == ()
    assert told.exact


async def test_a_unit_that_can_tell_in_no_way_says_so(drive: Drive) -> None:
    recorder = Recorder(answers={"FindEvents": fault("ActionNotSupported")})

    async with recorder.serve() as unit:
        with pytest.raises(UnitUnsupportedError):
            await drive(unit.endpoint).footage(1, HOUR)


async def test_rejected_credentials_are_not_taken_for_a_lack(drive: Drive) -> None:
    recorder = Recorder(answers={"FindEvents": fault("NotAuthorized")})

    async with recorder.serve() as unit:
        with pytest.raises(UnitCredentialsError):
            await drive(unit.endpoint).footage(1, HOUR)


async def test_a_search_that_finds_ever_more_is_given_up(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_MOST_EVENTS", 300)
    pages = (
        results(*[event(second, "true")] * 100, state="Searching") for second in itertools.count()
    )
    recorder = Recorder(
        answers={
            "GetEventSearchResults": lambda: next(pages),
            "GetRecordingInformation": information(("VIDEO001", 0, 3600)),
        }
    )

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert not told.exact
    assert unit.asked("GetEventSearchResults") == 4
    assert unit.asked("EndSearch") == 1


async def test_a_search_that_never_ends_is_given_up(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LONGEST", 0.3)
    recorder = Recorder(
        answers={
            "GetEventSearchResults": results(state="Searching"),
            "GetRecordingInformation": information(("VIDEO001", 0, 3600)),
        }
    )

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert not told.exact
    assert unit.asked("GetEventSearchResults") < 10
    assert unit.asked("EndSearch") == 1


async def test_a_cancelled_search_is_ended(drive: Drive) -> None:
    asked = asyncio.Event()

    def not_yet() -> bytes:
        asked.set()
        return results(state="Searching")

    recorder = Recorder(answers={"GetEventSearchResults": not_yet})

    async with recorder.serve() as unit:
        asking = asyncio.create_task(drive(unit.endpoint).footage(1, HOUR))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    assert unit.asked("EndSearch") == 1


async def test_one_search_is_open_at_a_time(drive: Drive) -> None:
    recorder = Recorder(answers={"GetEventSearchResults": results(event(0, "true", start=True))})

    async with recorder.serve() as unit:
        driver = drive(unit.endpoint)
        await asyncio.gather(*(driver.footage(1, HOUR) for _ in range(3)))

    begun = [it.operation for it in unit.requests if it.operation in {"FindEvents", "EndSearch"}]
    assert begun == ["FindEvents", "EndSearch"] * 3


@pytest.mark.parametrize("ahead", [3600.0, -7.5])
async def test_a_clock_that_is_wrong_is_taken_out(drive: Drive, ahead: float) -> None:
    recorder = Recorder(
        ahead,
        {"GetEventSearchResults": results(event(0, "false", start=True), event(1800, "true"))},
    )

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, Span(at(-4000), at(4000)))

    (span,) = told.spans
    assert abs(span.start - at(1800 - ahead)) <= told.uncertainty
    assert told.uncertainty < SECOND + SECOND // 4  # a second of them for times in whole seconds


async def test_a_clock_that_may_well_agree_changes_nothing(drive: Drive) -> None:
    recorder = Recorder(
        0.1, {"GetEventSearchResults": results(event(0, "false", start=True), event(9.25, "true"))}
    )

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert told.spans == (Span(at(9.25), HOUR.end),)


async def test_a_clock_that_is_not_told_is_believed_to_agree_more_or_less(drive: Drive) -> None:
    history = results(event(0, "false", start=True), event(9.25, "true"))
    secret = http("", "401 Unauthorized")
    recorder = Recorder(answers={"GetSystemDateAndTime": secret, "GetEventSearchResults": history})

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert told.spans == (Span(at(9.25), HOUR.end),)
    assert told.uncertainty == 2 * SECOND


async def test_a_clock_that_is_set_meanwhile_makes_the_answer_vague(drive: Drive) -> None:
    recorder = Recorder()

    def told_while_the_clock_is_set() -> bytes:
        recorder.ahead = 60.0
        return results(event(0, "true", start=True))

    recorder.answers["GetEventSearchResults"] = told_while_the_clock_is_set

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, HOUR)

    assert told.uncertainty > 59 * SECOND


async def test_nothing_is_believed_of_the_future(drive: Drive) -> None:
    recorder = Recorder(answers={"GetEventSearchResults": results(event(0, "true", start=True))})
    now = time.time_ns()

    async with recorder.serve() as unit:
        unit_driver = drive(unit.endpoint)
        told = await unit_driver.footage(1, Span(now - 60 * SECOND, now + 60 * SECOND))
        later = await unit_driver.footage(1, Span(now + 600 * SECOND, now + 660 * SECOND))

    (span,) = told.spans
    assert span.end <= time.time_ns()
    assert later.spans == ()
    assert later.exact


async def test_a_channel_that_is_not_there_is_told(drive: Drive) -> None:
    async with Recorder().serve() as unit:
        with pytest.raises(UnitRequestError, match="no channel 2"):
            await drive(unit.endpoint).footage(2, HOUR)


async def test_what_a_spare_holds_is_found_by_its_key(drive: Drive) -> None:
    recorder = Recorder(
        answers={
            "GetRecordings": recordings(r0="camera-1", r1=source_id(KEY)),
            "GetEventSearchResults": results(event(0, "true", start=True)),
        }
    )

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(KEY, HOUR)
        with pytest.raises(UnitRequestError, match="nothing of this camera"):
            await drive(unit.endpoint).footage("other", HOUR)

    assert told.spans == (HOUR,)


def replay_uri(uri: str) -> bytes:
    name = "trp:GetReplayUriResponse"
    namespace = 'xmlns:trp="http://www.onvif.org/ver10/replay/wsdl"'
    return http(soap(f"<{name} {namespace}><trp:Uri>{uri}</trp:Uri></{name}>"))


async def test_a_spare_plays_at_the_host_where_it_is_reached(drive: Drive) -> None:
    recorder = Recorder(
        answers={
            "GetRecordings": recordings(r1=source_id(KEY)),
            "GetReplayUri": replay_uri("rtsp://user:word@10.9.8.7:8554/replay?r=1&amp;s=2"),
        }
    )

    async with recorder.serve() as unit:
        replay = await drive(unit.endpoint).replay(KEY)

    assert replay.uri == f"rtsp://{unit.endpoint.host}:8554/replay?r=1&s=2"
    assert (replay.username, replay.password) == ("admin", PASSWORD)
    assert replay.ahead == 0
    assert PASSWORD not in repr(replay)


async def test_the_clock_of_a_spare_goes_with_its_footage(drive: Drive) -> None:
    recorder = Recorder(
        3600.0,
        {
            "GetRecordings": recordings(r1=source_id(KEY)),
            "GetReplayUri": replay_uri("rtsp://10.9.8.7/replay"),
        },
    )

    async with recorder.serve() as unit:
        replay = await drive(unit.endpoint).replay(KEY)

    assert abs(replay.ahead - 3600 * SECOND) < SECOND // 4


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("rtsps://10.9.8.7/replay", UnitUnsupportedError),
        ("http://10.9.8.7/replay", UnitProtocolError),
        ("", UnitProtocolError),
    ],
)
async def test_what_is_no_rtsp_is_no_replay(drive: Drive, uri: str, error: type[Exception]) -> None:
    recorder = Recorder(
        answers={"GetRecordings": recordings(r1=source_id(KEY)), "GetReplayUri": replay_uri(uri)}
    )

    async with recorder.serve() as unit:
        with pytest.raises(error):
            await drive(unit.endpoint).replay(KEY)


async def test_footage_needs_search_and_replay(drive: Drive) -> None:
    information = "<tds:Manufacturer>A</tds:Manufacturer><tds:SerialNumber>S1</tds:SerialNumber>"
    name = "tds:GetDeviceInformationResponse"
    identity = http(soap(f"<{name}>{information}</{name}>"))
    whole = Recorder(answers={"GetDeviceInformation": identity})
    lacking = Recorder(
        answers={
            "GetDeviceInformation": identity,
            "GetServices": http(services_answer("recording", "search")),
        }
    )

    async with whole.serve() as unit:
        assert Capability.FOOTAGE in (await drive(unit.endpoint).probe()).capabilities
    async with lacking.serve() as unit:
        assert Capability.FOOTAGE not in (await drive(unit.endpoint).probe()).capabilities


async def seen(driver: OnvifUnit, is_so: Callable[[PlaceState], bool]) -> None:
    """Wait until something is so of the place `KEY`."""
    while True:
        if is_so((await driver.places())[KEY]):
            return
        await asyncio.sleep(0.05)


async def recorded(driver: OnvifUnit, camera: VirtualCamera, seconds: float) -> None:
    """Have a spare record a camera for a while, as the place `KEY`."""
    source = Source(uri=camera.uri, username="viewer", password=CAMERA_PASSWORD)
    place = Place(key=KEY, name="Door", source=source)
    assert not await driver.record([place])
    await seen(driver, lambda state: state.recording is Recording.YES)
    await asyncio.sleep(seconds)
    await driver.release([KEY])
    await seen(driver, lambda state: not state.commanded)


def frames_on_disk(unit: VirtualNvr) -> list[int]:
    """Return when the frames were captured that a unit's folder holds."""
    times = []
    for path in sorted((unit.config.folder / "recordings").glob("*/*.mp4")):
        with path.open("rb") as file:
            for fragment in Mp4Reader(file).fragments():
                times += [sample.time for sample in fragment.samples]
    return times


@pytest.mark.parametrize("ahead", [0.0, 3600.0])
async def test_what_a_recorder_says_it_has_is_what_it_plays(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera, ahead: float
) -> None:
    unit = await start_nvr()
    unit.clock_offset = timedelta(seconds=ahead)
    driver, began = drive(unit), time.time_ns()
    await recorded(driver, camera, 1.0)
    within = Span(began - 60 * SECOND, time.time_ns())
    held = frames_on_disk(unit)

    told = await driver.footage(KEY, within)
    replay = await driver.replay(KEY)
    async with open_replay(replay, within) as stream:
        played = [frame.time async for _, frame in stream]

    (span,) = told.spans
    assert told.exact
    assert abs(span.start - held[0]) <= told.uncertainty
    assert abs(span.end - held[-1]) <= told.uncertainty + SECOND // 10
    drift = replay.ahead - round(ahead * SECOND)
    assert abs(drift) < SECOND // 2
    assert [time + drift for time in played] == pytest.approx(held, abs=1)
    assert stream.proven


async def test_a_gap_is_told_and_played_over(
    start_nvr: StartNvr, drive: Drive, camera: VirtualCamera
) -> None:
    unit = await start_nvr()
    driver, began = drive(unit), time.time_ns()
    await recorded(driver, camera, 0.5)
    between = time.time_ns()
    await asyncio.sleep(1.0)
    await recorded(driver, camera, 0.5)
    within = Span(began, time.time_ns())
    held = frames_on_disk(unit)

    told = await driver.footage(KEY, within)
    async with open_replay(await driver.replay(KEY), within) as stream:
        played = [frame.time async for _, frame in stream]

    first, second = told.spans
    assert first.end < between + SECOND // 2 < second.start
    assert all(time < first.end or time >= second.start for time in held)
    assert played == held
    assert stream.proven
