"""The process that reads a camera: what it is told, and every way in which it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
import os
from pathlib import Path
import re
import signal
from urllib.parse import quote

import pytest

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.errors import (
    SourceError,
    SourceInvalidError,
    SourceNotFoundError,
    SourceRejectedError,
    SourceUnreachableError,
)
from custom_components.nvr_hotspare.recorder.libav.stream import LibavStream, open_stream
from custom_components.nvr_hotspare.recorder.messages import Provision, Record
from custom_components.nvr_hotspare.recorder.model import (
    ChannelState,
    Frame,
    Source,
    VideoFrame,
)
from tests.recorder.engine_lab import FORMAT, EngineLab, all_recording, cameras, until
from tests.recorder.gstreamer import PICTURES, serving
from tests.recorder.scripted_camera import eventually
from virtual_nvr.cameras import CamerasConfig, State, VirtualCameras
from virtual_nvr.private import Credentials
from virtual_nvr.stamp import read
from virtual_nvr.verify import count, verify

MJPEG = f"{PICTURES} ! jpegenc ! rtpjpegpay name=pay0 pt=26"
SECRET = Credentials("some@body", "pass/wörd?:#%41")


def readers(parent: int) -> list[int]:
    """The processes that read cameras for another one."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if b"engine/__main__.py\0camera\0" in command:
                status = (entry / "status").read_text()
                if re.search(rf"^PPid:\t{parent}$", status, re.MULTILINE):
                    found.append(int(entry.name))
    return found


def is_gone(process: int) -> bool:
    """Whether it ended; one that waits for somebody to ask how is no process any more."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return True


@asynccontextmanager
async def camera(address: str, path: str = "/stream") -> AsyncIterator[Source]:
    config = CamerasConfig(count=1, first_address=address, port=0, format=FORMAT)
    async with VirtualCameras(config, SECRET) as site:
        uri = site.cameras[1].uri.replace("/stream", path)
        yield Source(uri=uri, username=SECRET.username, password=SECRET.password)


async def video(stream: LibavStream, frames: int) -> list[VideoFrame]:
    found = list[Frame]()
    while len(found) < frames:
        found += [frame for _, frame in await stream.read()]
    return [frame for frame in found if isinstance(frame, VideoFrame)]


async def test_frames_are_those_of_the_camera_and_its_clock_counts() -> None:
    async with camera("127.0.9.1") as source, open_stream(source) as stream:
        frames = await video(stream, 30)

    stamps = [read(frame.nal_units) for frame in frames]
    numbers = [stamp.frame for stamp in stamps if stamp is not None]
    assert numbers == list(range(numbers[0], numbers[0] + len(frames)))
    for frame, stamp in zip(frames, stamps, strict=True):
        assert stamp is not None
        assert abs(frame.time - stamp.time) < 20_000
    assert {later.ticks - frame.ticks for frame, later in pairwise(frames)} == {3600}


async def test_the_password_is_seen_by_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secrets = [SECRET.password, quote(SECRET.password, safe="")]
    async with camera("127.0.9.2") as source, open_stream(source) as stream:
        await stream.read()
        about = Path(f"/proc/{stream.pid}")
        seen = (about / "cmdline").read_bytes() + (about / "environ").read_bytes()
        limits = (about / "limits").read_text()

    assert not any(secret.encode() in seen or secret in caplog.text for secret in secrets)
    assert re.search(r"Max core file size +0 +0 ", limits)


@pytest.mark.parametrize(
    ("path", "password", "error"),
    [
        ("/stream", "wrong-horse", SourceRejectedError),
        ("/other", SECRET.password, SourceNotFoundError),
        ("/stream", "x" * 128, SourceInvalidError),
    ],
)
async def test_refusals_have_their_error_and_no_secret(
    path: str, password: str, error: type[SourceError]
) -> None:
    async with camera("127.0.9.3", path) as source:
        wrong = Source(uri=source.uri, username=source.username, password=password)
        with pytest.raises(error) as caught:
            async with open_stream(wrong):
                pass

    assert password not in repr(caught.value)


async def test_nobody_at_the_address() -> None:
    with pytest.raises(SourceUnreachableError, match="does not answer"):
        async with open_stream(Source(uri="rtsp://127.0.9.4:1/stream")):
            pass


async def test_a_reader_that_crashes_harms_no_other_camera(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    await engine.start()
    async with serving(MJPEG, udp=True) as uri, cameras(2, "127.0.9.5") as others:
        for name, source in others.items():
            engine.record(name, source)
        engine.record("odd", Source(uri=uri))
        try:
            await eventually(lambda: all(each.frames > 10 for each in engine.status().values()))
            (reader,) = readers(os.getpid())
            before = engine.status()["odd"].frames
            os.kill(reader, signal.SIGKILL)
            await eventually(lambda: engine.status()["odd"].frames > before + 10)
        finally:
            await engine.stop()

    assert readers(os.getpid()) == []
    reports = verify([tmp_path / name for name in others])
    assert sorted(reports) == [1, 2]
    for report in reports.values():
        assert (count(report.missing), count(report.damaged)) == (0, 0)
    assert len(Archive(tmp_path).clips("odd")) == 2


async def test_a_reader_that_freezes_is_replaced(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    await engine.start()
    async with serving(MJPEG) as uri:
        engine.record("odd", Source(uri=uri))
        try:
            await eventually(lambda: engine.status()["odd"].frames > 10)
            (reader,) = readers(os.getpid())
            os.kill(reader, signal.SIGSTOP)
            await eventually(lambda: engine.status()["odd"].state is ChannelState.RETRYING)
            assert engine.status()["odd"].error == "The camera sends no frames."
            await eventually(lambda: engine.status()["odd"].state is ChannelState.RECORDING)
            await eventually(lambda: is_gone(reader))
        finally:
            await engine.stop()


@pytest.fixture
def lab(tmp_path: Path) -> EngineLab:
    return EngineLab(tmp_path)


@pytest.mark.parametrize("frozen", [False, True])
async def test_no_reader_outlives_an_engine_that_is_killed(lab: EngineLab, *, frozen: bool) -> None:
    async with serving(MJPEG) as uri, lab.engine() as engine:
        async with lab.client() as client:
            await client.request(Provision(sources={"odd": Source(uri=uri)}))
            await client.attempt(Record(channels=("odd",)))
            await until(client, all_recording)
        (reader,) = readers(engine.pid)
        if frozen:
            os.kill(reader, signal.SIGSTOP)
        engine.kill()
        await engine.wait()

        await eventually(lambda: is_gone(reader))


async def test_silence_of_a_camera_that_needs_no_connection_is_noticed() -> None:
    config = CamerasConfig(count=1, first_address="127.0.9.9", port=0, format=FORMAT, udp=True)
    async with VirtualCameras(config, SECRET) as site:
        uri = site.cameras[1].uri
        source = Source(uri=uri, username=SECRET.username, password=SECRET.password)
        async with open_stream(source) as stream:
            await stream.read()
            await site.cameras[1].set(State.FROZEN)
            with pytest.raises(SourceUnreachableError, match="sends no frames"):
                await video(stream, 100_000)

        await eventually(lambda: is_gone(stream.pid))


async def test_a_reader_ends_when_nobody_listens_any_more() -> None:
    async with camera("127.0.9.8") as source:
        async with open_stream(source) as stream:
            await stream.read()

        await eventually(lambda: is_gone(stream.pid))
