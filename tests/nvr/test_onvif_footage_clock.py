"""What footage a unit has whose clock is wrong, is set meanwhile, or is not told."""

import time

import pytest

from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.conftest import Drive
from tests.nvr.scripted_unit import (
    http,
)
from tests.nvr.search_recorder import HOUR, SECOND, Recorder, at, event, results


@pytest.mark.parametrize("ahead", [3600.0, -7.5, 0.1])
async def test_a_clock_that_is_wrong_is_taken_out(drive: Drive, ahead: float) -> None:
    recorder = Recorder(
        ahead,
        {"GetEventSearchResults": results(event(0, "false", start=True), event(1800, "true"))},
    )

    async with recorder.serve() as unit:
        told = await drive(unit.endpoint).footage(1, Span(at(-4000), at(4000)))

    (span,) = told.spans
    assert abs(span.start - at(1800 - ahead)) <= told.uncertainty
    # A second of them for times in whole seconds; the rest is how long answers took.
    assert told.uncertainty < 4 * SECOND


async def test_a_clock_that_agrees_changes_nothing(drive: Drive) -> None:
    recorder = Recorder(
        0.0, {"GetEventSearchResults": results(event(0, "false", start=True), event(9.25, "true"))}
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
