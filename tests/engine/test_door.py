"""Hostile peers at the door of an engine: garbage, floods, silence, and what was heard before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
import json
from pathlib import Path
import ssl

import pytest

from custom_components.nvr_hotspare.recorder.errors import EngineGoneError
from custom_components.nvr_hotspare.recorder.messages import MAX_LINE
from custom_components.nvr_hotspare.recorder.remote import door as door_module
from custom_components.nvr_hotspare.recorder.remote.talk import Pairing
from custom_components.nvr_hotspare.recorder.remote.tls import FOOTAGE, ORDERS
from custom_components.nvr_hotspare.recorder.remote.visit import enter, look, pair
from tests.engine.door_lab import HOST, DoorLab, echoed


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[DoorLab]:
    lab = DoorLab(tmp_path)
    async with lab.open():
        yield lab


@pytest.fixture
async def pairing(door: DoorLab) -> Pairing:
    pairing = await pair(HOST, door.port, door.code, "group-1")
    assert await echoed(await enter(HOST, door.port, pairing))
    return pairing


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Return what still comes until the other side hangs up."""
    async with asyncio.timeout(60):
        try:
            return await reader.read()
        except ConnectionError, ssl.SSLError:
            return b""


@pytest.mark.parametrize(
    "said",
    [
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 100 + b"\n",
        b"[]\n",
        b"{}\n",
        b"[" * 50_000 + b"\n",
        b'{"purpose":"rule"}\n',
        b'{"id":1,"do":"hello","protocol":1,"version":"1"}\n',
        b'{"id":1,"do":"stop"}\n',
        b"x" * (2 * MAX_LINE),
    ],
    ids=lambda said: repr(said[:20]),
)
async def test_who_makes_no_sense_gets_the_greeting_and_no_more(door: DoorLab, said: bytes) -> None:
    reader, writer = await door.connect(ORDERS)
    greeting = await reader.readline()
    writer.write(said)

    assert await ended(reader) == b""
    assert json.loads(greeting)["engine"] == door.certificate.engine
    assert door.admitted == []
    writer.transport.abort()
    assert await look(HOST, door.port)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + b"\0" * 500])
async def test_who_speaks_no_tls_is_hung_up_on(
    door: DoorLab, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(door_module, "HANDSHAKE", 1.0)
    reader, writer = await asyncio.open_connection(HOST, door.port)
    writer.write(said)

    assert b"greeting" not in await ended(reader)
    writer.transport.abort()
    assert await look(HOST, door.port)


async def test_who_says_nothing_does_not_stay(
    door: DoorLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "_TALK", 0.2)
    reader, writer = await door.connect(ORDERS)
    await reader.readline()

    assert await ended(reader) == b""
    writer.transport.abort()


async def test_few_may_stand_at_the_door_and_each_place_is_given_back(door: DoorLab) -> None:
    for _ in range(3):
        streams = [await asyncio.open_connection(HOST, door.port) for _ in range(20)]
        refused = streams[door_module._MAX_OUTSIDE_EACH :]
        assert [await ended(reader) for reader, _ in refused] == [b""] * len(refused)
        for _, writer in streams:
            writer.transport.abort()
        await room(door)


async def room(door: DoorLab) -> None:
    """Wait until there is room at the door again."""
    async with asyncio.timeout(60):
        while True:
            with suppress(EngineGoneError):
                await look(HOST, door.port)
                return
            await asyncio.sleep(0.05)


async def test_who_is_in_takes_no_place_at_the_door(door: DoorLab, pairing: Pairing) -> None:
    inside = [await enter(HOST, door.port, pairing) for _ in range(20)]

    assert await look(HOST, door.port)
    for _, writer in inside:
        writer.transport.abort()


async def test_what_was_said_once_opens_nothing_again(door: DoorLab, pairing: Pairing) -> None:
    """Whoever got hold of a whole conversation repeats the client's part of it."""
    heard = list[bytes]()
    write = asyncio.StreamWriter.write

    def listening(writer: asyncio.StreamWriter, data: bytes) -> None:
        heard.append(data)
        write(writer, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.StreamWriter, "write", listening)
        assert await echoed(await enter(HOST, door.port, pairing))
    (knock,) = [data for data in heard if b'"purpose"' in data]
    before = len(door.admitted)
    reader, writer = await door.connect(ORDERS)
    await reader.readline()
    writer.write(knock)

    assert json.loads(await ended(reader))["refusal"] == "key"
    assert len(door.admitted) == before
    writer.transport.abort()


async def test_footage_and_orders_share_the_port(door: DoorLab) -> None:
    assert await echoed(await door.connect(FOOTAGE))


async def test_old_tls_is_refused(door: DoorLab) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(HOST, door.port, ssl=context)
