"""What footage a unit has, told by units that know, guess, refuse and lie."""

import asyncio
import itertools

import pytest

from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitRequestError,
    UnitUnsupportedError,
)
from custom_components.nvr_hotspare.nvr.onvif import search
from custom_components.nvr_hotspare.nvr.onvif.inventory import source_id
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.conftest import Drive
from tests.nvr.scripted_unit import (
    fault,
    http,
)
from tests.nvr.search_recorder import (
    HOUR,
    KEY,
    SECOND,
    TOPIC,
    Answer,
    Recorder,
    at,
    empty,
    event,
    information,
    recordings,
    results,
)


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
