"""Whole recorders that say anything: every call of a driver, over the wire.

An input is what a recorder answers: records of a key, which is a part of the request, and the body.
The seeds are what the virtual recorders have answered.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, cast

import aiohttp

from custom_components.nvr_hotspare.nvr.base import Recorder
from custom_components.nvr_hotspare.nvr.dahua import DahuaUnit
from custom_components.nvr_hotspare.nvr.errors import UnitError
from custom_components.nvr_hotspare.nvr.hikvision import HikvisionUnit
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, Place
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.fuzz.haste import run
from tests.fuzz.target import Target

_TOLD: Final = Path(__file__).parent / "told"
_RECORD, _BODY = b"\x1e", b"\x1f"
_PATIENCE: Final = 60.0
"""Seconds of hasty time for each call: clocks are measured, and cameras waited for, for seconds."""
_SOURCE: Final = Source(uri="rtsp://10.0.0.9/1", username="viewer", password="secret")
_PLACE: Final = Place(key="VN0001/1", name="Gate", source=_SOURCE)
_WITHIN: Final = Span(1_795_458_600_000_000_000, 1_795_458_660_000_000_000)

type Make = Callable[..., Recorder]


def _calls(driver: Recorder) -> list[Callable[[], Awaitable[object]]]:
    return [
        driver.heartbeat,
        driver.identify,
        driver.probe,
        driver.settings,
        driver.recordings,
        driver.places,
        driver.live,
        partial(driver.provision, [_PLACE]),
        partial(driver.record, [_PLACE]),
        partial(driver.footage, 1, _WITHIN),
        partial(driver.footage, _PLACE.key, _WITHIN),
        partial(driver.replay, _PLACE.key),
        partial(driver.release, [_PLACE.key]),
        partial(driver.unprovision, [_PLACE.key]),
    ]


def _ask_everything(make: Make, data: bytes) -> None:
    run(_ask(make, data))


async def _ask(make: Make, data: bytes) -> None:
    account = Credentials(username="admin", password="secret")
    async with _answering(data) as endpoint, aiohttp.ClientSession() as session:
        driver = make(session, endpoint, account, timeout=_PATIENCE)
        for call in _calls(driver):
            with suppress(UnitError, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await call()


@asynccontextmanager
async def _answering(data: bytes) -> AsyncGenerator[Endpoint]:
    """Answer each request with the body whose key it holds, the longest one."""
    records = [it.partition(_BODY) for it in data.split(_RECORD)]
    answers = sorted(((key, body) for key, _, body in records), key=lambda it: -len(it[0]))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                body = next((body for key, body in answers if key in head), None)
                status = b"404 No" if body is None else b"200 OK"
                told = body or b""
                writer.write(
                    b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(told), told)
                )
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        try:
            yield Endpoint(host="127.0.0.1", port=port)
        finally:
            server.abort_clients()


def _target(name: str, told: str, make: object) -> Target:
    seed = (_TOLD / f"{told}.answers").read_bytes()
    return Target(name=name, parse=partial(_ask_everything, cast("Make", make)), seeds=(seed,))


TARGETS = (
    _target("a Dahua recorder", "dahua", DahuaUnit),
    _target("a Hikvision recorder", "hikvision", HikvisionUnit),
    _target("an ONVIF recorder", "onvif", OnvifUnit),
)
