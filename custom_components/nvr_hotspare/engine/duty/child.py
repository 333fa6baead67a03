"""The engine's end of its deputy's process: started, listened to, and ended."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
import json
import logging
import socket
import sys

from ...recorder.errors import MessageError, RequestError
from ...recorder.lease import DEPUTY
from ...recorder.messages import MAX_LINE, encode, parse_request, read
from ...recorder.plain import Plain, PlainError, dump, load
from ...recorder.program import MAIN
from ...recorder.service import Service
from .messages import DECIDE, Briefing, Note

_LOGGER = logging.getLogger(__name__)


class Duty:
    """One turn of duty, from `start` to `end`."""

    def __init__(self, service: Service, noted: Callable[[Note], None]) -> None:
        """Prepare one that commands `service`; `noted` is told of each transition."""
        self._service = service
        self._noted = noted
        self._decide = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """Whether the process ended by itself, which it never should."""
        return self._task is not None and self._task.done()

    def start(self, briefing: Briefing) -> None:
        """Have the process listen."""
        self._task = asyncio.create_task(self._run(briefing))

    def decide(self) -> None:
        """Have the process decide, too."""
        self._decide.set()

    def end(self) -> asyncio.Task[None] | None:
        """End the process; nothing that it says counts any more. Returns what to wait for."""
        self._noted = lambda _: None
        if self._task is not None:
            self._task.cancel()
        return self._task

    async def _run(self, briefing: Briefing) -> None:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", str(MAIN), "duty", str(theirs.fileno())),
                    stdin=PIPE,
                    stdout=DEVNULL,
                    stderr=PIPE,
                    pass_fds=(theirs.fileno(),),
                )
            try:
                async with asyncio.TaskGroup() as group:
                    talking = group.create_task(self._talk(ours))
                    complaints = group.create_task(_log(process))
                    instructing = group.create_task(self._instruct(process, briefing))
                    await process.wait()
                    for task in (talking, complaints, instructing):
                        task.cancel()
            except* (MessageError, OSError) as errors:
                _LOGGER.warning("The deputy has gone: %s", errors.exceptions[0])
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    async def _instruct(self, process: Process, briefing: Briefing) -> None:
        assert process.stdin  # noqa: S101 (a pipe was asked for)
        process.stdin.write(json.dumps(dump(briefing)).encode() + b"\n")
        await self._decide.wait()
        process.stdin.write(DECIDE)

    async def _talk(self, ours: socket.socket) -> None:
        """Do what the process asks for, as for any client."""
        reader, writer = await asyncio.open_unix_connection(sock=ours.dup(), limit=MAX_LINE)
        try:
            while (message := await read(reader)) is not None:
                if "note" in message:
                    self._take(message["note"])
                else:
                    writer.write(encode(await self._answer(message)))
        finally:
            writer.close()

    def _take(self, note: Plain) -> None:
        try:
            self._noted(load(Note, note))
        except PlainError as error:
            raise MessageError(str(error)) from error

    async def _answer(self, message: dict[str, Plain]) -> dict[str, Plain]:
        number, request = parse_request(message)
        try:
            return {"id": number, "result": dump(await self._service.answer(request, DEPUTY))}
        except RequestError as error:
            return {"id": number, "error": str(error)}


async def _log(process: Process) -> None:
    """Pass on what the process has to say to the log."""
    assert process.stderr  # noqa: S101 (a pipe was asked for)
    while line := await process.stderr.readline():
        _LOGGER.info("%s", line.decode(errors="replace").rstrip())
