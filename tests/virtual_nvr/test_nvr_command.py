"""The recorder as a process of its own."""

import asyncio
from asyncio import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import sys
from typing import Any

import aiohttp
import pytest

from tests.virtual_nvr.nvr_lab import eventually, job_state, loopback_address
from tests.virtual_nvr.soap_peer import SoapPeer
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import ConfigError, load
from virtual_nvr.verify import verify

CHECKOUT = Path(__file__).parents[2]


def write(path: Path, mode: int = 0o600, **settings: Any) -> Path:
    content = {
        "name": "Attic",
        "serial": "VN-0001",
        "host": loopback_address(),
        "username": "admin",
        "password": "cellar-door",
        "folder": str(path.parent / "nvr"),
        **settings,
    }
    path.touch(mode)
    path.chmod(mode)
    path.write_text(json.dumps(content))
    return path


@asynccontextmanager
async def running(*arguments: str | Path) -> AsyncIterator[subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "virtual_nvr",
        "nvr",
        *arguments,
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ready(process: subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(await process.stdout.readline())
    return told


async def test_killed_recorder_goes_on_where_it_was(
    http: aiohttp.ClientSession, camera: VirtualCamera, tmp_path: Path
) -> None:
    channel = {"name": "Gate", "uri": camera.uri, "username": "viewer", "password": "p@ss:w/rd"}
    config = write(tmp_path / "nvr.json", channels=[channel])
    recordings = tmp_path / "nvr" / "recordings"
    peer = SoapPeer(http, "", "admin", "cellar-door")

    async def active() -> bool:
        return await job_state(peer, "job-channel-1") == ("Active", None)

    async with running("--config", config) as process:
        told = await ready(process)
        peer.address = f"http://{told['host']}:{told['http_port']}"
        await eventually(active)
        await asyncio.sleep(1.5)
        process.kill()
        await process.wait()
    frames = len(verify([recordings])[1].present[0])
    assert frames
    async with running("--config", config) as process:
        assert (await ready(process))["pid"] == process.pid
        await eventually(active)
        process.terminate()
        assert await process.wait() == 0
    [report] = verify([recordings]).values()
    assert sum(map(len, report.present)) > frames
    assert not report.doubled
    assert not report.damaged
    assert not list(recordings.rglob("*.open"))


async def test_control_socket_takes_commands(tmp_path: Path) -> None:
    config = write(
        tmp_path / "nvr.json", channels=[{"name": "Gate", "uri": f"rtsp://{loopback_address()}/"}]
    )
    socket = tmp_path / "control"
    async with running("--config", config, "--control", socket) as process:
        await ready(process)
        assert socket.stat().st_mode & 0o077 == 0
        reader, writer = await asyncio.open_unix_connection(socket)
        answers = {}
        for command in ("stop_recording 1", "resume_recording 1", "slow 0.1", "clock -5"):
            writer.write(f"{command}\n".encode())
            answers[command] = await reader.readline()
        assert set(answers.values()) == {b"ok\n"}
        for command in ("stop_recording 2", "slow nan", "clock much", "explode", ""):
            writer.write(f"{command}\n".encode())
            assert (await reader.readline()).startswith(b"error: ")
        writer.close()


async def test_configuration_that_others_may_read_is_refused(tmp_path: Path) -> None:
    config = write(tmp_path / "nvr.json", mode=0o644)
    async with running("--config", config) as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"0600" in errors
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"colour": "red"}, "colour"),
        ({"http_port": "8000"}, "http_port"),
        ({"auth": "basic"}, "auth"),
        ({"channels": [{"name": "Gate"}]}, "channel 1"),
        ({"channels": [{"name": "A", "uri": "rtsp://127.0.0.1/"}], "limits": {"jobs": 0}}, "jobs"),
        ({"lockout": {"attempts": 3}}, "lockout"),
        ({"folder": 5}, "folder"),
        ({"channels": [{"name": "A", "uri": "rtsp://me:secret@127.0.0.1/"}]}, "credentials"),
    ],
)
def test_wrong_configuration_is_refused_by_name(
    tmp_path: Path, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        load(write(tmp_path / "nvr.json", **settings))
