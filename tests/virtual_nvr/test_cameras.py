"""Virtual cameras as a recorder meets them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import signal
import socket
import sys
import time
from typing import Any

import pytest

from custom_components.nvr_hotspare.recorder.errors import (
    SourceBusyError,
    SourceRejectedError,
    SourceUnreachableError,
)
from custom_components.nvr_hotspare.recorder.model import Source, VideoFrame
from custom_components.nvr_hotspare.recorder.rtsp.server import Limits
from custom_components.nvr_hotspare.recorder.stream import FrameStream, open_stream
from tests.recorder.footage import SMALL
from virtual_nvr.cameras import CamerasConfig, State, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.private import Credentials
from virtual_nvr.stamp import Stamp, checksum, frame_at, read, slices_of, time_of

ACCOUNT = Credentials("viewer", "cellar-door")
SHORT_GOP = ClipFormat(width=320, height=180, bit_rate=200_000, gop=5)
LONG_GOP = ClipFormat(width=320, height=180, bit_rate=200_000, gop=20, gops=2)


def cameras(count: int = 1, **settings: Any) -> VirtualCameras:
    values: dict[str, Any] = {
        "first_address": "127.0.6.1",
        "port": 0,
        "format": SMALL,
    }
    return VirtualCameras(CamerasConfig(count=count, **values | settings), ACCOUNT)


def source(uri: str) -> Source:
    return Source(uri=uri, username=ACCOUNT.username, password=ACCOUNT.password)


async def receive(stream: FrameStream, count: int) -> list[VideoFrame]:
    frames: list[VideoFrame] = []
    while len(frames) < count:
        frames += [frame for _, frame in await stream.read() if isinstance(frame, VideoFrame)]
    return frames


def stamps(frames: list[VideoFrame]) -> list[Stamp]:
    found = [read(frame.nal_units) for frame in frames]
    return [stamp for stamp in found if stamp is not None]


async def test_every_frame_says_whose_it_is_and_when_it_was_captured() -> None:
    async with cameras(2) as site:
        for number, camera in site.cameras.items():
            async with open_stream(source(camera.uri)) as stream:
                frames = await receive(stream, 10)
            found = stamps(frames)
            assert len(found) == len(frames)
            assert {stamp.camera for stamp in found} == {number}
            first = found[0].frame
            assert [stamp.frame for stamp in found] == [first + n for n in range(len(found))]
            for frame, stamp in zip(frames, found, strict=True):
                assert stamp.time == time_of(stamp.frame) == frame.time
                assert stamp.crc == checksum(slices_of(frame.nal_units))
            assert abs(found[0].frame - frame_at(time.time_ns())) < 25 * 10


async def test_numbers_go_on_across_a_restart() -> None:
    last = 0
    for _ in range(2):
        async with cameras() as site, open_stream(source(site.cameras[1].uri)) as stream:
            numbers = [stamp.frame for stamp in stamps(await receive(stream, 2))]
            assert numbers[0] > last
            last = numbers[-1]


async def test_key_frames_come_once_a_gop_and_not_from_all_cameras_at_once() -> None:
    async with cameras(3, format=SHORT_GOP, long_format=LONG_GOP, long_gop=3) as site:
        keys: dict[int, list[int]] = {}
        for number, camera in site.cameras.items():
            async with open_stream(source(camera.uri)) as stream:
                frames = await receive(stream, 21 if number == 3 else 11)
            keys[number] = [s.frame for s in stamps([frame for frame in frames if frame.key])]
    for number, gop in ((1, 5), (2, 5), (3, 20)):
        assert len({frame % gop for frame in keys[number]}) == 1
    assert keys[1][0] % 5 != keys[2][0] % 5
    assert len(keys[1]) >= 2
    assert len(keys[3]) <= 2


async def test_every_camera_has_an_address_of_its_own() -> None:
    async with cameras(2) as site:
        assert [camera.address for camera in site.cameras.values()] == ["127.0.6.1", "127.0.6.2"]
        assert all("viewer" not in camera.uri for camera in site.cameras.values())


async def test_strangers_are_refused() -> None:
    async with cameras() as site:
        uri = site.cameras[1].uri
        with pytest.raises(SourceRejectedError):
            async with open_stream(Source(uri=uri, username="viewer", password="wrong")):
                pass


async def test_a_camera_has_few_sessions() -> None:
    async with cameras(limits=Limits(sessions=1)) as site:
        uri = site.cameras[1].uri
        async with open_stream(source(uri)):
            with pytest.raises(SourceBusyError):
                async with open_stream(source(uri)):
                    pass


async def test_a_frozen_camera_keeps_its_connections_and_says_nothing() -> None:
    async with cameras(2) as site:
        camera = site.cameras[1]
        async with open_stream(source(camera.uri)) as stream:
            await receive(stream, 1)
            await camera.set(State.FROZEN)
            frozen = frame_at(time.time_ns())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(receive(stream, 1000), 0.3)
            with pytest.raises(SourceUnreachableError):
                async with open_stream(source(camera.uri), 0.2):
                    pass
            async with open_stream(source(site.cameras[2].uri)) as other:
                await receive(other, 1)
            await camera.set(State.ON)
            # The first frame may be one that nobody knew to be whole before something followed.
            (_, second, *_) = stamps(await receive(stream, 2))
            assert second.frame > frozen + 5


async def test_a_dropped_camera_is_gone_until_it_is_restored() -> None:
    async with cameras() as site:
        camera = site.cameras[1]
        uri = camera.uri
        async with open_stream(source(uri)) as stream:
            await camera.set(State.DROPPED)
            with pytest.raises(SourceUnreachableError):
                await receive(stream, 1000)
        with pytest.raises(SourceUnreachableError):
            async with open_stream(source(uri)):
                pass
        await camera.set(State.ON)
        assert camera.uri == uri
        async with open_stream(source(uri)) as stream:
            await receive(stream, 1)


async def test_an_address_in_use_is_an_error_and_leaves_nothing_behind() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.6.2", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            async with cameras(2, port=port):
                pass
        with socket.socket() as free:
            free.bind(("127.0.6.1", port))


@asynccontextmanager
async def process(tmp_path: Path, mode: int = 0o600) -> AsyncIterator[asyncio.subprocess.Process]:
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps({"username": "viewer", "password": "cellar-door"}))
    credentials.chmod(mode)
    with socket.socket() as probe:
        probe.bind(("127.0.7.1", 0))
        port = probe.getsockname()[1]
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "virtual_nvr", "cameras", "--count", "2"),
        *("--first-address", "127.0.7.1", "--port", str(port), "--credentials", credentials),
        *("--control", tmp_path / "control"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGTERM)
        await running.communicate()


async def test_the_process_is_commanded_through_its_socket(tmp_path: Path) -> None:
    async with process(tmp_path) as running:
        assert running.stdout is not None
        line = await asyncio.wait_for(running.stdout.readline(), 60)
        assert b"cellar-door" not in line
        first, second = json.loads(line)["cameras"]
        assert (first["number"], first["address"]) == (1, "127.0.7.1")
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        answers = []
        for command in ("drop 1", "drop 9", "explode 1", "drop", "freeze ²"):
            writer.write(f"{command}\n".encode())
            answers.append((await reader.readline()).decode().split(":")[0].strip())
        assert answers == ["ok", "error", "error", "error", "error"]
        with pytest.raises(SourceUnreachableError):
            async with open_stream(source(first["uri"])):
                pass
        async with open_stream(source(second["uri"])) as stream:
            await receive(stream, 1)
        assert (tmp_path / "control").stat().st_mode & 0o777 == 0o600
        writer.close()
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 10) == 0


async def test_credentials_that_others_may_read_are_refused(tmp_path: Path) -> None:
    async with process(tmp_path, 0o640) as running:
        _, errors = await asyncio.wait_for(running.communicate(), 60)
        assert running.returncode == 1
        assert b"chmod" in errors
        assert b"Traceback" not in errors
