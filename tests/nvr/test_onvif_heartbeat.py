"""A sign of life, and what is none."""

import asyncio
from datetime import UTC, datetime
import time

import pytest

from custom_components.nvr_hotspare.nvr.errors import (
    UnitProtocolError,
    UnitRefusedError,
    UnitUnreachableError,
)
from custom_components.nvr_hotspare.nvr.model import Endpoint
from tests.nvr.conftest import Drive, StartNvr
from tests.nvr.scripted_unit import Request, fault, http, scripted_unit, time_answer


async def test_tells_round_trip_and_clock_offset(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr()
    beat = await drive(unit).heartbeat()
    assert beat.round_trip > 0
    assert beat.clock_offset is not None
    assert abs(beat.clock_offset) < 1.5


async def test_measures_a_clock_that_is_years_off(drive: Drive) -> None:
    def script(_: Request, __: asyncio.StreamWriter) -> bytes:
        return http(time_answer(year=1999))

    async with scripted_unit(script) as unit:
        beat = await drive(unit.endpoint).heartbeat()
    told = datetime(1999, 11, 23, 10, 20, 30, tzinfo=UTC).timestamp()
    assert beat.clock_offset == pytest.approx(told - time.time(), abs=5)


async def test_asks_for_nothing_but_the_time_and_sends_no_credentials(drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(time_answer())) as unit:
        await drive(unit.endpoint).heartbeat()
    assert [request.operation for request in unit.requests] == ["GetSystemDateAndTime"]
    assert unit.attempts == 0


@pytest.mark.parametrize(
    "answer",
    [
        http("", "401 Unauthorized", WWW_Authenticate='Digest realm="r", nonce="n"'),
        http("<html>locked</html>", "403 Forbidden", "text/html"),
        http("", "400 Bad Request"),
        fault("NotAuthorized"),
        fault("ActionNotSupported", status="500 Internal Server Error"),
        fault("NotAuthorized", status="200 OK"),
    ],
    ids=["401", "403", "400", "fault", "fault with 500", "fault with 200"],
)
async def test_a_rejected_request_is_a_sign_of_life(answer: bytes, drive: Drive) -> None:
    async with scripted_unit(lambda *_: answer) as unit:
        beat = await drive(unit.endpoint).heartbeat()
    assert beat.clock_offset is None
    assert len(unit.requests) == 1


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Busy", "504 Gateway Timeout"])
async def test_a_gateway_that_misses_the_unit_is_no_sign_of_life(status: str, drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(time_answer(), status)) as unit:
        with pytest.raises(UnitUnreachableError, match="gateway"):
            await drive(unit.endpoint).heartbeat()


@pytest.mark.parametrize(
    "answer",
    [
        http("<html><body>It works!</body></html>", content_type="text/html"),
        http("<html>not found</html>", "404 Not Found", "text/html"),
        http("<html/>", "301 Moved", Location="http://127.0.0.1:1/"),
        http('{"time": 1}', content_type="application/json"),
        http(b""),
    ],
    ids=["page", "404", "redirect", "json", "empty"],
)
async def test_another_web_server_is_no_sign_of_life(answer: bytes, drive: Drive) -> None:
    async with scripted_unit(lambda *_: answer) as unit:
        with pytest.raises(UnitProtocolError, match="not an ONVIF unit"):
            await drive(unit.endpoint).heartbeat()
    assert len(unit.requests) == 1


@pytest.mark.parametrize("second", [60, -1, 99999999999999999999])
async def test_a_time_that_is_none_is_still_a_sign_of_life(second: int, drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(time_answer(second=second))) as unit:
        assert (await drive(unit.endpoint).heartbeat()).clock_offset is None


async def test_a_closed_port_is_told_from_silence(drive: Drive, unused_tcp_port: int) -> None:
    with pytest.raises(UnitRefusedError):
        await drive(Endpoint(host="127.0.0.1", port=unused_tcp_port)).heartbeat()


async def test_a_connection_closed_without_an_answer_is_silence(drive: Drive) -> None:
    async with scripted_unit(lambda *_: b"") as unit:
        with pytest.raises(UnitUnreachableError) as caught:
            await drive(unit.endpoint).heartbeat()
    assert not isinstance(caught.value, UnitRefusedError)
    assert len(unit.requests) == 1


async def test_the_caller_says_how_long_an_answer_may_take(drive: Drive) -> None:
    async def script(_: Request, __: asyncio.StreamWriter) -> bytes:
        await asyncio.sleep(60)
        return b""

    async with scripted_unit(script) as unit:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await drive(unit.endpoint).heartbeat()


async def test_keeps_a_connection_alive_unless_a_fresh_one_is_wanted(drive: Drive) -> None:
    async with scripted_unit(lambda *_: http(time_answer())) as unit:
        driver = drive(unit.endpoint)
        await driver.heartbeat()
        await driver.heartbeat()
        assert unit.connections == 1
        await driver.heartbeat(fresh=True)
        await driver.heartbeat(fresh=True)
        assert unit.connections == 3
        await driver.heartbeat()
        assert unit.connections == 3


@pytest.mark.parametrize(
    "host", ["", "a b", "http://127.0.0.1", "[::1", "a..b", "x" * 300, "user@127.0.0.1", "ä" * 80]
)
async def test_a_host_that_is_none_is_unreachable(host: str, drive: Drive) -> None:
    with pytest.raises(UnitUnreachableError):
        await drive(Endpoint(host=host, port=9)).heartbeat()
