"""Cameras of GStreamer's RTSP server, and recordings of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import Source
from tests.recorder.scripted_camera import eventually

_SERVER = Path(__file__).with_name("gstreamer_server.py")
PICTURES = "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=25/1"
SOUNDS = "audiotestsrc is-live=true ! audio/x-raw,channels={},rate={}"


@asynccontextmanager
async def serving(*pipelines: str, udp: bool = False) -> AsyncIterator[str]:
    """Serve pipelines as one stream, over UDP only if wanted, and give its URI."""
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/python3",
        _SERVER,
        *(["--udp"] if udp else []),
        f"/camera={' '.join(pipelines)}",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            port = int(await process.stdout.readline())
        yield f"rtsp://127.0.0.1:{port}/camera"
    finally:
        process.kill()
        await process.wait()


async def record(uri: str, folder: Path, frames: int) -> Path:
    """Record so many frames and return the file that holds them."""
    engine = Engine(folder)
    await engine.start()
    engine.record("c1", Source(uri=uri))
    try:
        await eventually(lambda: engine.status()["c1"].frames >= frames)
    finally:
        await engine.stop()
    (clip,) = Archive(folder).clips("c1")
    return clip.path


async def record_all(uri: str, folder: Path, frames: int) -> Path:
    """Record what may come over UDP, again if the system itself has dropped any of it."""
    for number in range(5):
        before = _dropped()
        path = await record(uri, folder / str(number), frames)
        if _dropped() == before:
            return path
    raise AssertionError("A machine this busy drops datagrams all the time.")


def _dropped() -> int:
    """Return how many datagrams found no room on this host (RFC 4113, udpInErrors)."""
    lines = Path("/proc/net/snmp").read_text(encoding="ascii").splitlines()
    names, values = (line.split()[1:] for line in lines if line.startswith("Udp:"))
    return int(dict(zip(names, values, strict=True))["InErrors"])
