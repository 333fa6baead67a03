"""Where clients reach the engine: one of them at a time gives the orders.

A client that has said nothing for a while has died without its connection noticing, and makes way
for a newer one. An engine that nobody talks to goes on with what it was told, but not for ever.
"""

import asyncio
from collections.abc import Mapping
import logging
from pathlib import Path
import time

from .errors import MessageError, RequestError
from .lease import DEPUTY
from .messages import (
    MAX_LINE,
    PROTOCOL,
    Held,
    Hello,
    Inspect,
    Look,
    Ping,
    Request,
    Status,
    encode,
    parse_request,
    read,
)
from .model import ChannelState
from .plain import Plain, dump
from .report import EngineReport
from .service import Service

_LOGGER = logging.getLogger(__name__)
STALE = 10.0
"""Seconds of silence after which a client may be replaced."""
WARM_ALONE = 300.0
"""Seconds without a client after which cameras that are only watched are let go."""
ALONE = 86_400.0
"""Seconds without a client after which the engine stops."""
_GREETING = 5.0
"""Seconds that a new client may take to say hello."""
_REPORTS = 1.0
"""Seconds between reports of how much there is."""
_LOOKS = 0.1
"""Seconds between looks whether a camera that was to be recorded is: that is told at once."""
_CONNECTING = ChannelState.CONNECTING
_MAX_CONNECTIONS = 16
_MAX_LOOKS = 16
_MAX_UNSENT = 4 * MAX_LINE


class Listener:
    """Serves clients on a stream socket."""

    def __init__(self, service: Service, *, stays: bool = False) -> None:
        """Make a listener; where the engine `stays` it does not end though nobody talks to it."""
        self._service = service
        self._stays = stays
        self._client: _Client | None = None
        self._connections = 0
        self._last_client = self._last_command = time.monotonic()
        self._done_something = asyncio.Event()
        self._looks: set[asyncio.Task[None]] = set()
        """Requests that wait for a disk, and that no other waits for."""
        self._server: asyncio.Server | None = None

    async def start(self, path: Path) -> None:
        """Listen on a Unix socket, whose folder is for its owner alone; OSError if it can't be."""
        self._server = await asyncio.start_unix_server(self.serve, path, limit=MAX_LINE)

    async def run(self) -> None:
        """Tell the client what changes, and notice that there is none, until the service ends."""
        pause = _REPORTS
        while not self._service.done.is_set():
            await self._wait(pause)
            pause = _REPORTS
            self._watch()
            if self._client is None:
                await self._alone(time.monotonic() - self._last_client)
                continue
            report = self._service.report()
            self._client.tell(report)
            if any(it.recorded and it.state is _CONNECTING for it in report.channels.values()):
                pause = _LOOKS

    async def _wait(self, seconds: float) -> None:
        """Wait until something was done, or is to be done no more, but no longer than that."""
        events = (self._done_something, self._service.done)
        waits = [asyncio.create_task(event.wait()) for event in events]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self._done_something.clear()

    def close(self) -> None:
        """Listen no longer and hang up."""
        if self._server is not None:
            self._server.close()
        if self._client is not None:
            self._client.hang_up("The engine stops.")

    def _watch(self) -> None:
        """Let the deputy know how long who commands is silent, and end a lease that is too old."""
        deputy, lease, client = self._service.deputy, self._service.lease, self._client
        if deputy is None:
            return
        if client is not None and client.number == lease.holder:
            self._last_command = client.heard
        silent = time.monotonic() - self._last_command
        patience = max(deputy.limit, STALE)
        if client is not None and client.number == lease.holder and silent >= patience:
            _LOGGER.warning("The client is silent for too long")
            client.hang_up("You were silent for too long.")
            self._part_with(client)
        deputy.watch(silent, vacant=lease.holder == DEPUTY)

    async def _alone(self, seconds: float) -> None:
        deputy = self._service.deputy
        busy = deputy is not None and deputy.has_orders
        if seconds >= WARM_ALONE and not busy:
            busy = await self._service.let_go()
            if not (busy or self._stays):
                _LOGGER.info("Nobody needs the engine")
                self._service.done.set()
        if seconds >= ALONE and not self._stays:
            _LOGGER.warning("Nobody has talked to the engine for a day: it stops")
            self._service.done.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end; `reader` was made with a limit of `MAX_LINE`."""
        client = _Client(reader, writer)
        self._connections += 1
        try:
            if self._connections <= _MAX_CONNECTIONS and await self._admit(client):
                await self._attend(client)
        except (MessageError, RequestError) as error:
            client.hang_up(str(error))
        except ConnectionError, TimeoutError:
            pass
        finally:
            self._connections -= 1
            if self._client is client:
                self._part_with(client)
            writer.close()

    def _part_with(self, client: _Client) -> None:
        """End the lease of a client that is gone, or has to go."""
        if client.number == self._service.lease.holder:
            self._last_command = client.heard
        self._service.lease.leave(client.number)
        self._client = None
        self._last_client = time.monotonic()
        self._done_something.set()

    async def _admit(self, client: _Client) -> bool:
        """Let a client in that says hello, unless another one gives the orders."""
        async with asyncio.timeout(_GREETING):
            message = await client.read()
        if message is None:
            return False
        number, hello = client.next_request(message)
        if not isinstance(hello, Hello):
            raise RequestError("The first request is hello.")
        before = self._client
        if before is not None and before.alive:
            client.answer(number, error="Another client gives the orders.")
            return False
        # Whoever speaks another protocol is told which one this is, and may stop the engine.
        if before is not None:
            before.hang_up("A newer client has taken over.")
            self._part_with(before)
        self._client = client
        client.number = self._service.lease.admit()
        client.answer(number, await self._service.answer(hello, client.number))
        client.speaks = hello.protocol == PROTOCOL
        return True

    async def _attend(self, client: _Client) -> None:
        while (message := await client.read()) is not None and self._client is client:
            try:
                number, request = client.next_request(message)
            except MessageError as error:
                if error.number is None:
                    raise
                client.answer(error.number, error=str(error))
                continue
            answering = self._answer(client, number, request)
            if isinstance(request, Held | Look | Inspect) and len(self._looks) < _MAX_LOOKS:
                look = asyncio.create_task(answering)
                self._looks.add(look)
                look.add_done_callback(self._looks.discard)
            else:
                await answering
            await client.drain()

    async def _answer(self, client: _Client, number: int, request: Request) -> None:
        try:
            client.answer(number, await self._service.answer(request, client.number))
        except RequestError as error:
            client.answer(number, error=str(error))
        if not isinstance(request, Ping | Status):
            self._done_something.set()


class _Client:
    """One connection.

    Attributes:
        number: What the lease knows it by, once it is admitted.
        heard: When it last said anything.
        speaks: Whether its protocol is ours, so that reports make sense to it.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = -1
        self.heard = time.monotonic()
        self.speaks = False
        self._reader = reader
        self._writer = writer
        self._told: EngineReport | None = None
        self._told_at = 0.0
        self._latest = -1

    @property
    def alive(self) -> bool:
        """Whether it is there and has said something lately."""
        return not self._reader.at_eof() and time.monotonic() - self.heard < STALE

    async def read(self) -> dict[str, Plain] | None:
        """Wait for its next message, None where it has hung up."""
        message = await read(self._reader)
        self.heard = time.monotonic()
        return message

    def next_request(self, message: Mapping[str, Plain]) -> tuple[int, Request]:
        """Return what a message asks for; errors as of `parse_request`.

        Numbers only grow: what was said once counts once, whoever says it again.
        """
        number, request = parse_request(message)
        if number <= self._latest:
            raise MessageError("A request comes again.")
        self._latest = number
        return number, request

    def answer(self, number: int, result: object = None, *, error: str = "") -> None:
        """Answer a request."""
        if error:
            self._send({"id": number, "error": error})
        else:
            self._send({"id": number, "result": dump(result)})

    def tell(self, report: EngineReport) -> None:
        """Push a report that differs from the last one; where it does in numbers alone, later."""
        now = time.monotonic()
        if not self.speaks or report == self._told:
            return
        if _doings(report) != _doings(self._told) or now - self._told_at >= 0.9 * _REPORTS:
            self._told, self._told_at = report, now
            self._send({"report": dump(report)})

    def hang_up(self, why: str) -> None:
        """Say why, and close the connection."""
        self._send({"bye": why})
        self._writer.close()

    async def drain(self) -> None:
        """Take no more requests from who does not read the answers."""
        await self._writer.drain()

    def _send(self, message: Mapping[str, Plain]) -> None:
        if self._writer.transport.get_write_buffer_size() > _MAX_UNSENT:
            self._writer.transport.abort()
        elif not self._writer.is_closing():
            self._writer.write(encode(message))


def _doings(report: EngineReport | None) -> object:
    """Return what of a report is told at once."""
    if report is None:
        return None
    channels = report.channels.items()
    return report.storage.state, [(name, it.recorded, it.state) for name, it in channels]
