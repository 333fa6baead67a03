"""Answers that no honest recorder sends: a clear error, in bounded time and memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import logging
import time
import tracemalloc

import pytest

from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitError,
    UnitProtocolError,
    UnitUnreachableError,
)
from custom_components.nvr_hotspare.nvr.model import Endpoint
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.nvr.dahua.conftest import DriveDahua
from tests.nvr.dahua.dahua_lab import SECOND, place_of

type Say = Callable[[str], bytes]
PLACE = place_of("rtsp://127.9.9.9:9/1")
_TABLE = "table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_"


def http(body: bytes, status: int = 200) -> bytes:
    return f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def saying(say: Say) -> AsyncIterator[Endpoint]:
    """Answer each request by what its first line asks for, then close."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(say(head.split(b"\r\n")[0].decode()))
            await writer.drain()
        except ConnectionError, asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20) as server:
        yield Endpoint(host="127.0.0.1", port=server.sockets[0].getsockname()[1])


async def ask_everything(drive: DriveDahua, endpoint: Endpoint) -> list[Exception]:
    """Make every call; returns the errors, each of which has to be one of a unit."""
    driver = drive(endpoint, timeout=2.0)
    within = Span(0, SECOND)
    calls: list[Callable[[], Awaitable[object]]] = [
        driver.identify,
        driver.probe,
        driver.settings,
        driver.recordings,
        driver.places,
        driver.live,
        driver.subscribe,
        lambda: driver.provision([PLACE]),
        lambda: driver.record([PLACE]),
        lambda: driver.release([PLACE.key]),
        lambda: driver.unprovision([PLACE.key]),
        lambda: driver.footage(1, within),
        lambda: driver.footage(PLACE.key, within),
        lambda: driver.replay(PLACE.key),
    ]
    errors: list[Exception] = []
    for call in calls:
        try:
            await call()
        except UnitError as error:
            errors.append(error)
    return errors


BODIES = {
    "nothing": b"",
    "zeros": b"\0" * 1000,
    "a web page": b"<html><title>Printer</title></html>",
    "error": b"Error\r\nBad Request!\r\n",
    "json": b'{"states": 3, "state": "x", "group": {}}',
    "deep json": b'{"states":' + b"[" * 100_000,
    "no numbers": b"table.RecordMode[x].Mode=y\r\nstates[9999].channel=zz\r\nresult=..%2F\r\n",
    "many channels": b"".join(b"table.RecordMode[%d].Mode=1\n" % n for n in range(9999)),
    "a channel far away": f"{_TABLE}999.Enable=true\n{_TABLE}999.Address=10.0.0.1\n".encode(),
    "wrong times": b"result=2026-99-99 99:99:99\nfound=100\nitems[0].StartTime=never\n",
    "bytes of no text": b"table.ChannelTitle[0].Name=\xff\xfe\xfd\nresult=\xff\n",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_whatever_it_says_is_an_answer_or_an_error_of_a_unit(
    drive_dahua: DriveDahua, body: bytes, status: int
) -> None:
    async with saying(lambda _: http(body, status)) as endpoint:
        await ask_everything(drive_dahua, endpoint)


@pytest.mark.parametrize("kept", [0, 1, 20, 60])
async def test_answers_that_are_cut_off_are_errors(drive_dahua: DriveDahua, kept: int) -> None:
    whole = http(b"serialNumber=1\r\n" * 10)
    async with saying(lambda _: whole[:kept]) as endpoint:
        driver = drive_dahua(endpoint, timeout=2.0)
        with pytest.raises((UnitProtocolError, UnitUnreachableError)):
            await driver.identify()
        with pytest.raises((UnitProtocolError, UnitUnreachableError)):
            await driver.heartbeat()


async def test_a_flood_is_cut_off(drive_dahua: DriveDahua) -> None:
    flood = b"HTTP/1.1 200 OK\r\n\r\n" + b"a=b\r\n" * 2_000_000
    async with saying(lambda _: flood) as endpoint:
        tracemalloc.start()
        try:
            with pytest.raises(UnitProtocolError):
                await drive_dahua(endpoint).settings()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 64 << 20


async def test_one_that_finds_files_without_end_is_given_up(drive_dahua: DriveDahua) -> None:
    files = "".join(
        f"items[{n}].StartTime=2026-01-01 00:00:00\r\nitems[{n}].EndTime=2026-01-01 00:01:00\r\n"
        for n in range(100)
    )
    answers = {
        "getCurrentTime": "result=2026-01-01 00:00:00\r\n",
        "factory.create": "result=1\r\n",
        "findNextFile": f"found=100\r\n{files}",
        "RemoteDevice": f"{_TABLE}0.Enable=true\r\n{_TABLE}0.Address=10.0.0.1\r\n",
        "RecordMode": "table.RecordMode[0].Mode=1\r\n",
        "ChannelTitle": "table.ChannelTitle[0].Name=a\r\n",
    }
    asked: list[str] = []

    def say(line: str) -> bytes:
        asked.append(line)
        told = next((text for word, text in answers.items() if word in line), "OK\r\n")
        return http(told.encode())

    async with saying(say) as endpoint:
        with pytest.raises(UnitProtocolError, match="more files"):
            await drive_dahua(endpoint).footage(1, Span(0, time.time_ns()))
    assert "destroy" in asked[-1]


async def test_basic_never_gets_the_password(drive_dahua: DriveDahua) -> None:
    asked: list[str] = []

    def say(line: str) -> bytes:
        asked.append(line)
        return b'HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'

    async with saying(say) as endpoint:
        driver = drive_dahua(endpoint)
        with pytest.raises(UnitCredentialsError):
            await driver.identify()
        assert len(asked) == 1
        with pytest.raises(UnitProtocolError):
            await driver.heartbeat()


@pytest.mark.parametrize(
    "realm", [b"\xdcber", b"a\x01b", b"\x7f"], ids=["latin 1", "control", "del"]
)
async def test_a_challenge_that_can_not_be_repeated_is_not_answered(
    drive_dahua: DriveDahua, realm: bytes
) -> None:
    challenge = b'WWW-Authenticate: Digest realm="%b", nonce="a"\r\n' % realm
    asked = b"HTTP/1.1 401 x\r\n" + challenge + b"Content-Length: 0\r\n\r\n"
    async with saying(lambda _: asked) as endpoint:
        with pytest.raises(UnitCredentialsError, match="no sense"):
            await drive_dahua(endpoint).identify()


async def test_a_redirection_is_not_followed(drive_dahua: DriveDahua) -> None:
    moved = b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with saying(lambda _: moved) as endpoint:
        with pytest.raises(UnitError):
            await drive_dahua(endpoint).identify()


async def test_no_error_and_no_log_holds_a_password(
    drive_dahua: DriveDahua, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[str] = []

    def say(line: str) -> bytes:
        if "RemoteDevice&" in line or line.endswith("name=RemoteDevice HTTP/1.1"):
            return http(f"{_TABLE}0.Enable=false\r\n{_TABLE}0.Address=192.168.0.0\r\n".encode())
        if "name=RecordMode" in line:
            return http(b"table.RecordMode[0].Mode=0\r\n")
        if "/api/" in line:
            return http(b"", 404)
        if "setConfig&RecordMode" in line:
            return http(b"OK")
        asked.append(line)
        return http(line.encode(), 400)  # it tells what it was asked, passwords and all

    async with saying(say) as endpoint:
        errors = await drive_dahua(endpoint).record([PLACE])
        told = await ask_everything(drive_dahua, endpoint)
    shown = caplog.text + str(errors) + str([*map(str, told)])
    assert errors
    assert any("p%40ss" in line for line in asked)
    assert "p@ss" not in shown
    assert "p%40ss" not in shown
