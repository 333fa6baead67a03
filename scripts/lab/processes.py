"""Programs of the site: started, waited for, killed, and never left behind."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
import contextlib
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 120.0
STOP_WITHIN = 20.0


class ProgramError(RuntimeError):
    """A program of the site did not start, or ended by itself."""


async def until_told[T](work: Coroutine[Any, Any, T]) -> T:
    """Do the work; Ctrl-C and SIGTERM cancel it, so that it puts away what it has set up."""
    task = asyncio.create_task(work)
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, task.cancel)
    return await task


async def tell(control: Path, command: str) -> None:
    """Have a program that takes commands on a socket do one.

    Raises:
        ProgramError: It can't, and says so.
    """
    reader, writer = await asyncio.open_unix_connection(control)
    try:
        writer.write(command.encode() + b"\n")
        answer = (await reader.readline()).decode().strip()
    finally:
        writer.close()
        await writer.wait_closed()
    if answer != "ok":
        raise ProgramError(f"{control.name} answers {answer!r} to {command!r}")


class Program:
    """One program; its log is in `log`, its first line on stdout says that it is ready."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._log = log
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        self._process: asyncio.subprocess.Process | None = None
        self.within: Sequence[str] = ()
        """What runs it, such as `nsenter ...`."""
        self.files: Sequence[int] = ()
        """Those of this process that are its too."""

    async def start(self) -> None:
        """Start the program without waiting until it is ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.within,
                sys.executable,
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=self._env,
                pass_fds=self.files,
                start_new_session=True,  # Ctrl-C is ours to handle, in order
            )

    async def start_and_wait(self) -> dict[str, Any]:
        """Start the program and return what it says, in one line of JSON, when it is ready."""
        await self.start()
        ready: dict[str, Any] = json.loads(await self.next_line())
        return ready

    async def next_line(self) -> str:
        """Return what the program says next.

        Raises:
            ProgramError: It says nothing, and is ended.
        """
        process = self._running()
        assert process.stdout is not None
        try:
            async with asyncio.timeout(READY_WITHIN):
                line = await process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line:
            await self.kill()
            message = f"{self.name} did not start; see {self._log}"
            raise ProgramError(message)
        return line.decode().rstrip()

    @property
    def pid(self) -> int:
        """Process id of the running program."""
        return self._running().pid

    @property
    def starved(self) -> float:
        """Seconds in which its main thread had something to do and no processor, all together.

        That is the second number of `schedstat` (Linux, scheduler/sched-stats.rst); 0 where the
        kernel does not count.
        """
        try:
            counted = Path(f"/proc/{self.pid}/schedstat").read_text(encoding="ascii")
        except FileNotFoundError:
            return 0.0
        return int(counted.split()[1]) / 1e9

    @property
    def alive(self) -> bool:
        """Whether the program runs."""
        return self._process is not None and self._process.returncode is None

    async def kill(self) -> None:
        """End the program at once, as a power cut does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask the program to end, and insist if it does not."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        with contextlib.suppress(ProcessLookupError):
            # Whatever the program itself started and left behind.
            os.killpg(process.pid, signal.SIGKILL)

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            message = f"{self.name} was not started"
            raise ProgramError(message)
        return self._process
