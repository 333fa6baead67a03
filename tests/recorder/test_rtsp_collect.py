"""A connection that collects: fewer readings, and nothing missing or kept back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from custom_components.nvr_hotspare.recorder.errors import SourceUnreachableError
from custom_components.nvr_hotspare.recorder.rtsp.client import open_session
from custom_components.nvr_hotspare.recorder.rtsp.connection import CHUNK
from custom_components.nvr_hotspare.recorder.rtsp.message import InterleavedPacket
from tests.recorder.scripted_camera import ScriptedCamera, scripted_camera


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as camera:
        camera.media = InterleavedPacket(0, b"first").encode()
        yield camera


async def test_packets_are_read_together_and_all_of_them(camera: ScriptedCamera) -> None:
    async def send() -> None:
        for number in range(40):
            camera.send(InterleavedPacket(0, bytes((number,))).encode())
            await asyncio.sleep(0.01)

    async with open_session(camera.source()) as session:
        await session.read()
        session.collect(0)
        await asyncio.sleep(0.01)
        sending = asyncio.create_task(send())
        found: list[InterleavedPacket] = []
        readings = 0
        while len(found) < 40:
            found += await session.read()
            readings += 1
        await sending

    assert [packet.payload[0] for packet in found] == list(range(40))
    assert readings < 20
    assert camera.methods[-1] == "TEARDOWN"


async def test_more_than_is_read_at_once_does_not_stay_behind(camera: ScriptedCamera) -> None:
    packet = InterleavedPacket(0, bytes(60_000)).encode()
    async with open_session(camera.source()) as session:
        await session.read()
        session.collect(0)
        camera.send(packet * 30)
        found = 0
        while found < 30:
            found += len(await session.read())

    assert len(packet) * 30 > 2 * CHUNK


async def test_what_came_before_the_end_is_not_lost(camera: ScriptedCamera) -> None:
    async with open_session(camera.source()) as session:
        await session.read()
        session.collect(0)
        await asyncio.sleep(0.01)
        camera.send(InterleavedPacket(0, b"last").encode())
        await asyncio.sleep(0.01)
        camera.disconnect()
        found: list[InterleavedPacket] = []
        with suppress(SourceUnreachableError):
            while True:
                found += await session.read()

    assert found == [InterleavedPacket(0, b"last")]


async def test_what_has_arrived_is_had_without_waiting_for_its_moment(
    camera: ScriptedCamera,
) -> None:
    async with open_session(camera.source()) as session:
        await session.read()
        session.collect(0)
        await asyncio.sleep(0.01)
        camera.send(InterleavedPacket(0, b"last").encode())
        await asyncio.sleep(0.01)
        rest = session.read_rest()

    assert [packet for run in rest for packet in run.payloads()] == [b"last"]
