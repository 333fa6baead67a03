"""When footage begins and ends, as a unit's Search service tells it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element
import pytest

from tests.recorder.clips import put_clip
from tests.recorder.footage import INTERVAL, START, frames
from tests.virtual_nvr.nvr_lab import (
    RECORDING,
    StartNvr,
    channel_of,
    eventually,
    job_state,
)
from tests.virtual_nvr.soap_peer import SoapFaultError, SoapPeer
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import ChannelConfig

WSNT = "http://docs.oasis-open.org/wsn/b-2"
TOPICS = "http://www.onvif.org/ver10/topics"
CONCRETE = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
TRACK = "tns1:RecordingHistory/Track/State"
OWN = "recording-channel-1"
NOWHERE = ChannelConfig(name="Gate", uri="rtsp://127.0.0.1:9/")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(frame: int, *, later: bool = False) -> datetime:
    """Return when a frame was captured, to the microsecond before or after."""
    microseconds = (START + frame * INTERVAL + (999 if later else 0)) // 1000
    return EPOCH + timedelta(microseconds=microseconds)


def topic_filter(*expressions: str, dialect: str = CONCRETE, name: str = "TopicExpression") -> Any:
    elements: list[Element] = []
    for expression in expressions:
        element = etree.Element(
            f"{{{WSNT}}}{name}", {"Dialect": dialect}, nsmap={"wsnt": WSNT, "tns1": TOPICS}
        )
        element.text = expression
        elements.append(element)
    return {"_value_1": elements}


async def find(peer: SoapPeer, **wanted: Any) -> str:
    arguments: dict[str, Any] = {
        "StartPoint": at(-1000),
        "EndPoint": at(10_000),
        "Scope": {"IncludedRecordings": [OWN]},
        "SearchFilter": topic_filter(TRACK),
        "IncludeStartState": False,
        "KeepAliveTime": timedelta(seconds=10),
        **wanted,
    }
    token: str = await peer.call("search", "FindEvents", **arguments)
    return token


async def results(peer: SoapPeer, token: str, **wanted: Any) -> tuple[str, list[Any]]:
    told = await peer.call("search", "GetEventSearchResults", SearchToken=token, **wanted)
    return told.SearchState, told.Result


def items(part: Any) -> dict[str, str]:
    return {item.Name: item.Value for item in part.SimpleItem}


async def changes(peer: SoapPeer, **wanted: Any) -> list[tuple[datetime, bool, bool]]:
    """Return times, whether data is present from then on, and whether it is a start state."""
    state, told = await results(peer, await find(peer, **wanted))
    assert state == "Completed"
    return [
        (each.Time, value == "true", each.StartStateEvent)
        for each in told
        for value in items(each.Event.Message._value_1.Data).values()
    ]


async def test_every_stretch_is_told_to_the_frame(start_nvr: StartNvr, tmp_path: Path) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    folder = tmp_path / "nvr" / "recordings" / OWN
    put_clip(folder, frames(50))
    put_clip(folder, frames(50, 50))
    put_clip(folder, frames(50, 200))
    assert await changes(peer) == [
        (at(0), True, False),
        (at(100, later=True), False, False),
        (at(200), True, False),
        (at(250, later=True), False, False),
    ]


async def test_files_put_there_later_are_told_without_a_restart(
    start_nvr: StartNvr, tmp_path: Path
) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    folder = tmp_path / "nvr" / "recordings" / OWN
    put_clip(folder, frames(50))
    put_clip(folder, frames(50, 100))
    assert len(await changes(peer)) == 4
    put_clip(folder, frames(75, 25))
    assert [time for time, _, _ in await changes(peer)] == [at(0), at(150, later=True)]
    told = await peer.call("search", "GetRecordingInformation", RecordingToken=OWN)
    assert told.Track[0].DataTo == at(150, later=False)


async def test_an_event_says_what_it_is_about(start_nvr: StartNvr, tmp_path: Path) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    both = topic_filter("tns1:RecordingHistory//.")
    _, told = await results(peer, await find(peer, SearchFilter=both))
    messages = [each.Event.Message._value_1 for each in told]
    track = {"RecordingToken": OWN, "Track": "VIDEO001"}
    assert [(items(each.Source), items(each.Data)) for each in messages] == [
        ({"RecordingToken": OWN}, {"IsRecording": "true"}),
        (track, {"IsDataPresent": "true"}),
        ({"RecordingToken": OWN}, {"IsRecording": "false"}),
        (track, {"IsDataPresent": "false"}),
    ]
    assert [each.TrackToken for each in told] == [None, "VIDEO001"] * 2
    assert {each.RecordingToken for each in told} == {OWN}
    assert told[1].Event.Topic._value_1 == TRACK
    assert {each.PropertyOperation for each in messages} == {"Changed"}


@pytest.mark.parametrize(
    ("frame", "present"), [(-1, False), (0, True), (49, True), (50, False), (150, True)]
)
async def test_the_start_state_says_how_things_were(
    start_nvr: StartNvr, tmp_path: Path, frame: int, *, present: bool
) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    folder = tmp_path / "nvr" / "recordings" / OWN
    put_clip(folder, frames(50))
    put_clip(folder, frames(100, 100))
    start = at(frame, later=True)
    first, *others = await changes(peer, StartPoint=start, IncludeStartState=True)
    assert first == (start, present, True)
    assert all(time >= start and not is_state for time, _, is_state in others)


async def test_where_files_meet_there_is_no_gap_wherever_the_search_begins(
    start_nvr: StartNvr, tmp_path: Path
) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    folder = tmp_path / "nvr" / "recordings" / OWN
    put_clip(folder, frames(50))
    put_clip(folder, frames(50, 50, START + 30_000_000))
    between = at(50, later=True) + timedelta(milliseconds=10)
    for start, end in ((between, at(75)), (at(25), between)):
        told = await changes(peer, StartPoint=start, EndPoint=end, IncludeStartState=True)
        assert told == [(start, True, True)]


async def test_a_search_without_end_goes_on_to_now(start_nvr: StartNvr, tmp_path: Path) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    start = datetime.now(UTC) - timedelta(hours=1)
    recent = (start + timedelta(minutes=5) - EPOCH) // timedelta(microseconds=1) * 1000
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50, start=recent))
    assert len(await changes(peer, StartPoint=start, EndPoint=None)) == 2


async def test_backwards_the_latest_comes_first(start_nvr: StartNvr, tmp_path: Path) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    told = await changes(peer, StartPoint=at(1000), EndPoint=at(-1000), IncludeStartState=True)
    assert told == [
        (at(1000), False, True),
        (at(50, later=True), False, False),
        (at(0), True, False),
        (at(-1000), False, True),
    ]


async def test_nothing_recorded_is_told_as_that(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    assert await changes(peer, IncludeStartState=True) == [(at(-1000), False, True)]


async def test_all_recordings_are_searched_if_none_is_named(
    start_nvr: StartNvr, tmp_path: Path
) -> None:
    _, peer = await start_nvr()
    tokens = [
        await peer.call("recording", "CreateRecording", RecordingConfiguration=RECORDING)
        for _ in range(2)
    ]
    for number, token in enumerate(tokens):
        put_clip(tmp_path / "nvr" / "recordings" / token, frames(50, 25 * number))
    _, told = await results(peer, await find(peer, Scope={}))
    assert [each.RecordingToken for each in told] == [*tokens, *tokens]
    assert [each.Time for each in told] == sorted(each.Time for each in told)


async def test_results_come_in_portions(start_nvr: StartNvr, tmp_path: Path) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    for start in (0, 100, 200):
        put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50, start))
    search = await find(peer, MaxMatches=5)
    told = [await results(peer, search, MaxResults=2) for _ in range(3)]
    assert [(state, len(found)) for state, found in told] == [
        ("Searching", 2),
        ("Searching", 2),
        ("Completed", 1),
    ]
    with pytest.raises(SoapFaultError) as caught:
        await results(peer, search)
    assert caught.value.subcodes == ["InvalidArgVal", "InvalidToken"]


async def test_a_search_ends_when_it_is_ended_or_forgotten(
    start_nvr: StartNvr, tmp_path: Path
) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    search = await find(peer)
    await peer.call("search", "EndSearch", SearchToken=search)
    with pytest.raises(SoapFaultError):
        await results(peer, search)
    search = await find(peer, KeepAliveTime=timedelta(seconds=1))

    await results(peer, search, MaxResults=1)
    await asyncio.sleep(1)
    with pytest.raises(SoapFaultError):
        await results(peer, search)


async def test_what_is_being_recorded_has_no_end_yet(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    unit, peer = await start_nvr(channels=(channel_of(camera),))
    since = datetime.now(UTC) - timedelta(seconds=5)

    async def told() -> list[bool]:
        found = await changes(peer, StartPoint=since, EndPoint=datetime.now(UTC))
        return [present for _, present, _ in found]

    async def begun() -> bool:
        return await told() == [True]

    async def ended() -> bool:
        return await told() == [True, False]

    await eventually(begun)
    assert await job_state(peer, "job-channel-1") == ("Active", None)
    await unit.hold(1)
    await eventually(ended)


async def test_times_are_those_of_the_units_clock(start_nvr: StartNvr, tmp_path: Path) -> None:
    unit, peer = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    unit.clock_offset = timedelta(minutes=-90)
    told = [time for time, _, _ in await changes(peer, StartPoint=at(-500_000))]
    ahead = timedelta(minutes=-90)
    assert told == [at(0) + ahead, at(50, later=True) + ahead]
    information = await peer.call("search", "GetRecordingInformation", RecordingToken=OWN)
    assert information.EarliestRecording == at(0) + ahead


@pytest.mark.parametrize(
    "expressions",
    [
        ["tns1:RecordingHistory/Track/State|tns1:VideoSource/MotionAlarm"],
        ["tns1:RecordingHistory/Track//."],
        ["tns1:VideoSource//.", TRACK],
    ],
)
async def test_topics_may_be_combined(
    start_nvr: StartNvr, tmp_path: Path, expressions: list[str]
) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    assert len(await changes(peer, SearchFilter=topic_filter(*expressions))) == 2


async def test_of_other_topics_there_are_no_events(start_nvr: StartNvr, tmp_path: Path) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    put_clip(tmp_path / "nvr" / "recordings" / OWN, frames(50))
    other = topic_filter("tns1:VideoSource/MotionAlarm")
    assert await changes(peer, SearchFilter=other, IncludeStartState=True) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"SearchFilter": topic_filter("not a topic")},
        {"SearchFilter": topic_filter(TRACK, dialect="urn:xpath")},
        {"SearchFilter": topic_filter("boolean(//x)", name="MessageContent")},
        {"Scope": {"RecordingInformationFilter": "boolean(//Track)"}},
    ],
)
async def test_filters_that_are_not_understood_are_refused(
    start_nvr: StartNvr, arguments: dict[str, Any]
) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    with pytest.raises(SoapFaultError) as caught:
        await find(peer, **arguments)
    assert caught.value.subcodes == ["InvalidArgVal", "InvalidFilterFault"]


async def test_searches_for_events_are_bounded(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(channels=(NOWHERE,))
    for _ in range(16):
        await find(peer, IncludeStartState=True)
    with pytest.raises(SoapFaultError) as caught:
        await find(peer, IncludeStartState=True)
    assert (caught.value.code, caught.value.subcodes) == ("Receiver", ["Action", "ResourceProblem"])
