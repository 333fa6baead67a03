"""The engine's end of a reader's process: started, listened to, and ended."""

import asyncio
from contextlib import suppress
import json
import sys
from typing import cast

from ..errors import SourceError, SourceProtocolError, SourceUnreachableError
from ..plain import dump
from ..program import MAIN
from .messages import Message, Order, Packet, Parser

_FAREWELL = 1.0
"""Seconds that a reader may take to let go of its camera."""
_MAX_WAITING = 8 << 20
"""Bytes of frames that wait to be taken before the reader has to wait."""


class Child(asyncio.SubprocessProtocol):
    """The process that reads one camera. Made by `start`."""

    def __init__(self) -> None:
        self._parser = Parser()
        self._messages: list[Message] = []
        self._waiting = 0
        self._error: SourceError | None = None
        """Why nothing more will come."""
        self._arrived = asyncio.Event()
        self._exited = asyncio.Event()
        self._transport: asyncio.SubprocessTransport

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._transport.get_pid()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio calls this)."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 (asyncio's signature)
        """Sort what has arrived (asyncio calls this)."""
        try:
            messages = self._parser.feed(data)
        except SourceProtocolError as error:
            self._fail(error)
            self._transport.close()
            return
        self._messages += messages
        self._waiting += sum(len(each.data) for each in messages if isinstance(each, Packet))
        if self._waiting > _MAX_WAITING:
            self._stdout.pause_reading()
        if messages:
            self._arrived.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        """Take note that nothing more will come (asyncio calls this)."""
        if fd == 1:
            self._fail(SourceUnreachableError("The reader of the camera crashed."))

    def process_exited(self) -> None:
        """Take note of the end (asyncio calls this)."""
        self._exited.set()

    async def read(self) -> list[Message]:
        """Return the messages that have come, at least one; SourceError where none will."""
        while not self._messages:
            if self._error is not None:
                raise self._error
            self._arrived.clear()
            await self._arrived.wait()
        messages, self._messages = self._messages, []
        if self._waiting > _MAX_WAITING:
            self._stdout.resume_reading()
        self._waiting = 0
        return messages

    def order(self, order: Order) -> None:
        """Tell the process what to read."""
        self._stdin.write(json.dumps(dump(order)).encode() + b"\n")

    async def close(self) -> None:
        """Let the process take leave of its camera, and kill it if that takes long."""
        try:
            self._stdin.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self._exited.wait()
        finally:
            self._transport.close()  # kills what still runs

    @property
    def _stdin(self) -> asyncio.WriteTransport:
        return cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))

    @property
    def _stdout(self) -> asyncio.ReadTransport:
        return cast("asyncio.ReadTransport", self._transport.get_pipe_transport(1))

    def _fail(self, error: SourceError) -> None:
        self._error = self._error or error
        self._arrived.set()


async def start(order: Order) -> Child:
    """Start a process that reads a camera; SourceUnreachableError where that is not possible."""
    try:
        _, child = await asyncio.get_running_loop().subprocess_exec(
            Child,
            sys.executable,
            *("-I", MAIN, "camera"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise SourceUnreachableError(
            f"The reader of the camera can't be started: {error.strerror}."
        ) from error
    child.order(order)
    return child
