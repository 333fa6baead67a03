"""Engines in processes of their own, and what is needed to judge them."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
import sys

from custom_components.nvr_hotspare.recorder.archive import mark
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.messages import Configure
from custom_components.nvr_hotspare.recorder.model import ChannelState, Source
from custom_components.nvr_hotspare.recorder.orders import Settings
from custom_components.nvr_hotspare.recorder.program import MAIN
from custom_components.nvr_hotspare.recorder.report import EngineReport
from virtual_nvr.cameras import CamerasConfig, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.private import Credentials

FORMAT = ClipFormat(width=320, height=180, bit_rate=200_000, gop=5)
ACCOUNT = Credentials("viewer", "cellar-door")
ROOMY = Settings(free_floor=0)


class EngineLab:
    """One folder for footage, one for orders, and engines on them, one after another."""

    def __init__(self, folder: Path) -> None:
        self.footage = folder / "footage"
        self.state = folder / "state"
        self.socket = self.state / "engine.sock"
        self.reports: list[EngineReport] = []
        mark(self.footage)
        self.state.mkdir(mode=0o700)

    @property
    def command(self) -> list[str]:
        places = ("--socket", self.socket, "--folder", self.footage, "--state", self.state)
        return [sys.executable, "-I", str(MAIN), *map(str, places)]

    @asynccontextmanager
    async def engine(self, *prefix: str) -> AsyncIterator[Process]:
        """Run an engine, with a command before its own if there is one, until the end."""
        process = await asyncio.create_subprocess_exec(
            *prefix, *self.command, stdout=PIPE, stderr=PIPE
        )
        assert process.stdout
        try:
            async with asyncio.timeout(60):
                line = await process.stdout.readline()
            if line != b"started\n":
                assert process.stderr
                raise AssertionError((await process.stderr.read()).decode())
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    @asynccontextmanager
    async def client(self, settings: Settings = ROOMY) -> AsyncIterator[EngineClient]:
        """Talk to the engine."""
        client = await EngineClient.connect(self.socket, "0", self.reports.append)
        try:
            await client.request(Configure(settings=settings))
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def cameras(count: int, first_address: str) -> AsyncIterator[Mapping[str, Source]]:
    """Run small cameras; return the source of each by a channel's name."""
    config = CamerasConfig(count=count, first_address=first_address, port=0, format=FORMAT)
    async with VirtualCameras(config, ACCOUNT) as site:
        yield {
            f"camera{number}": Source(
                uri=camera.uri, username=ACCOUNT.username, password=ACCOUNT.password
            )
            for number, camera in site.cameras.items()
        }


async def until(client: EngineClient, is_so: Callable[[EngineReport], bool]) -> EngineReport:
    """Wait until the engine says that it is so, for longer than a starved machine may take."""
    async with asyncio.timeout(60):
        while not is_so(report := await client.status()):  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.05)
        return report


def all_recording(report: EngineReport) -> bool:
    return bool(report.channels) and all(
        channel.state is ChannelState.RECORDING for channel in report.channels.values()
    )
