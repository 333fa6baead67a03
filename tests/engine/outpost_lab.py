"""An engine on a machine of its own: a real process, its files, and drivers of it."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
import random
import signal
import sys

from custom_components.nvr_hotspare.engine.config import PORT
from custom_components.nvr_hotspare.failover.model import Recording
from custom_components.nvr_hotspare.nvr.engine import RemoteEngine
from custom_components.nvr_hotspare.nvr.errors import UnitUnreachableError
from custom_components.nvr_hotspare.nvr.model import Endpoint, Place
from custom_components.nvr_hotspare.recorder.orders import Settings
from custom_components.nvr_hotspare.recorder.program import MAIN
from custom_components.nvr_hotspare.recorder.remote.talk import Pairing
from custom_components.nvr_hotspare.recorder.remote.visit import pair

SETTINGS = Settings(free_floor=1 << 20)
GROUP = "01JD4XK2Y8"


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, 60 s at most: processes start and end meanwhile."""
    for _ in range(3000):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


class OutpostLab:
    """One machine with its disk, and engines on it, one after another."""

    def __init__(self, folder: Path) -> None:
        # An address that no other test has, so that the port may stay the same after a restart.
        self.host = ".".join(["127", *(str(random.randrange(16, 250)) for _ in range(3))])
        self.port = PORT
        self.footage = folder / "footage"
        self.state = folder / "state"
        self.config = folder / "engine.toml"
        self.codes: list[str] = []
        self.said = b""
        self.footage.mkdir(parents=True)
        self.configure()

    def configure(self, more: str = "") -> None:
        text = f'folder = "{self.footage}"\nstate = "{self.state}"\nannounce = false\n{more}'
        self.config.write_text(text)

    @asynccontextmanager
    async def engine(self, *options: str) -> AsyncIterator[Process]:
        """Run an engine until the end."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(MAIN), "--config", str(self.config)),
            *("--listen", f"{self.host}:{self.port}", *options),
            stdout=PIPE,
            stderr=PIPE,
        )
        assert process.stdout
        listening = asyncio.Event()
        reading = asyncio.create_task(self._read(process.stdout, listening))
        try:
            async with asyncio.timeout(30):
                await asyncio.wait(
                    [reading, asyncio.create_task(listening.wait())],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            if not listening.is_set():
                assert process.stderr
                raise AssertionError((await process.stderr.read()).decode())
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            assert process.stderr
            self.said += await process.stderr.read()
            await process.wait()
            await reading
            assert process.returncode in {0, -signal.SIGKILL}, self.said.decode()

    async def _read(self, stdout: asyncio.StreamReader, listening: asyncio.Event) -> None:
        async for line in stdout:
            match line.decode().split(": ", 1):
                case ["pairing code", code]:
                    self.codes.append(code.strip())
                case _:
                    assert line.decode() == f"listening on {self.host}:{self.port}\n"
                    listening.set()

    async def pair(self, group: str = GROUP) -> Pairing:
        """Pair a group by the latest code that was shown."""
        await eventually(lambda: bool(self.codes))
        return await pair(self.host, self.port, self.codes[-1], group)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(host=self.host, port=self.port)


@asynccontextmanager
async def driven(
    lab: OutpostLab, pairing: Pairing, *places: Place, settings: Settings = SETTINGS
) -> AsyncIterator[RemoteEngine]:
    """Drive an engine that lets us in."""
    async with AsyncExitStack() as stack:
        spare = RemoteEngine("spare-2", lab.endpoint, pairing, settings)
        spare.know(places)
        stack.push_async_callback(spare.detach)
        await spare.start()
        await eventually(lambda: spare.report is not None)
        yield spare


async def recording(spare: RemoteEngine, cameras: int) -> None:
    """Wait until so many cameras are confirmed recorded."""
    async with asyncio.timeout(60):
        while True:
            with suppress(UnitUnreachableError):
                states = (await spare.places()).values()
                if sum(state.recording is Recording.YES for state in states) == cameras:
                    return
            await asyncio.sleep(0.05)
