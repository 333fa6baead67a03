"""Cameras that send a hundred times what they should, or next to nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
import sys
import time

import pytest

from custom_components.nvr_hotspare.recorder import channel as channel_module, stream
from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.messages import Provision, Record
from custom_components.nvr_hotspare.recorder.model import ChannelState, Source
from custom_components.nvr_hotspare.recorder.rtsp import connection
from tests.benchmarks.usage import pss_mb
from tests.recorder.engine_lab import EngineLab, all_recording, cameras, until
from tests.recorder.scripted_camera import eventually, gops, scripted_camera
from virtual_nvr.verify import count, verify

SECOND = 1_000_000_000
TREE = Path(__file__).parents[2]


@asynccontextmanager
async def flooding_camera() -> AsyncIterator[Source]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.recorder.flooding_camera",
        stdout=asyncio.subprocess.PIPE,
        cwd=TREE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            port = int(await process.stdout.readline())
        yield Source(uri=f"rtsp://127.0.0.1:{port}/main")
    finally:
        process.kill()
        await process.wait()


async def test_a_flood_costs_no_other_camera_a_frame_and_no_memory(tmp_path: Path) -> None:
    lab = EngineLab(tmp_path)
    async with (
        cameras(2, "127.0.10.21") as sources,
        lab.engine() as engine,
        lab.client() as client,
    ):
        await client.request(Provision(sources=sources))
        await client.attempt(Record(channels=tuple(sources)))
        await until(client, all_recording)
        before = time.time_ns()
        async with flooding_camera() as flood:
            await client.request(Provision(sources={"flood": flood}))
            await client.attempt(Record(channels=("flood",)))
            report = await until(client, lambda it: it.channels["flood"].size > 100 << 20)
            assert pss_mb([engine.pid]) < 100
            assert all_recording(report)
        after = time.time_ns() - SECOND

    for name in sources:
        for found in verify([lab.footage / name], before, after).values():
            assert (count(found.missing), count(found.damaged)) == (0, 0)


def test_a_camera_that_freezes_is_noticed_within_five_seconds() -> None:
    """Of silence, with those for which the last packets wait to be read."""
    assert stream.SILENCE + connection.PERIOD <= 5


async def test_a_camera_that_trickles_is_left_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENCE", 1.0)
    monkeypatch.setattr(channel_module, "_FIRST_DELAY", 0.02)
    engine = Engine(tmp_path)
    await engine.start()
    async with scripted_camera() as camera:
        camera.media = gops(range(10))
        engine.record("c1", camera.source())
        await eventually(lambda: engine.status()["c1"].state is ChannelState.RECORDING)

        async def trickle() -> None:
            for byte in gops(range(10, 15)):
                camera.send(bytes((byte,)))
                await asyncio.sleep(0.05)

        task = asyncio.create_task(trickle())
        await eventually(lambda: camera.connections > 1)
        await eventually(lambda: len(Archive(tmp_path).clips("c1")) > 1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await engine.stop()
