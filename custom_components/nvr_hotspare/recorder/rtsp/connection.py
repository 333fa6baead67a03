"""The client's end of an RTSP connection: packets on one side, answers on the other.

A camera sends hundreds of packets a second, and most of what they would cost is being woken up
for them. A connection may therefore be told to collect: the kernel (SO_RCVLOWAT) then keeps quiet
about what arrives until the next moment at which all connections of the process are read one
after the other, every 0.8 s. What one has brought is dealt with before the next is read, so that
there is room in memory for one only. The end of a connection is told at once.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
import hmac
import itertools
import math
import os
import socket
import threading

from ..errors import (
    SourceError,
    SourceProtocolError,
    SourceRejectedError,
    SourceUnreachableError,
)
from ..remote import tls
from .message import InterleavedRun, MalformedMessageError, Message, MessageParser, Response

PERIOD = 0.8
"""Seconds for which packets wait at most while a connection collects them."""
_GAP, _TURNS = 0.002, 256
"""Seconds between the readings of two connections, and how many there are before two coincide."""
CHUNK = 96 * 1024
"""Bytes read at once, at most: little enough for the allocator to use the same memory again and
again. From 128 KiB on it asks the kernel, which has to clear every page."""
_ENOUGH = 1024 * 1024
"""Bytes that end the wait early: 0.8 s at 10 Mbit/s."""
MAX_WAITING = 8 * 1024 * 1024
"""Bytes of packets that wait to be read before the camera has to wait."""
_OVERHEAD = 256
"""What a run costs in memory beyond its bytes, so that a flood of empty ones is bounded."""


async def connect(host: str, port: int, fingerprint: str = "") -> Connection:
    """Connect to a host, over TLS if it is known by the fingerprint of its certificate.

    Raises:
        SourceUnreachableError: Nothing answers.
        SourceRejectedError: It has another certificate; it was told nothing.
    """
    context = tls.client_context(tls.FOOTAGE) if fingerprint else None
    try:
        transport, connection = await asyncio.get_running_loop().create_connection(
            Connection, host, port, ssl=context
        )
    except (OSError, UnicodeError) as error:  # the latter for what can't be a host's name
        raise SourceUnreachableError("Nothing answers at the camera's address.") from error
    if fingerprint and not hmac.compare_digest(tls.fingerprint(transport), fingerprint):
        connection.close()
        raise SourceRejectedError("The camera is not the one whose certificate is known.")
    return connection


class _Scratch(threading.local):
    """Where an event loop, which has its thread, receives for one connection after the other."""

    def __init__(self) -> None:
        # TLS fills it piece by piece, which in a mere bytearray would be copies of pieces.
        self.buffer = memoryview(bytearray(CHUNK))


_scratch = _Scratch()
_turns = itertools.count()


class Connection(asyncio.BufferedProtocol):
    """A TCP connection, its packets kept apart from its answers."""

    def __init__(self) -> None:
        self.error: SourceError | None = None
        """Why nothing more will arrive."""
        self._parser = MessageParser()
        self._runs: list[InterleavedRun] = []
        self._waiting = 0
        self._reader: asyncio.Future[None] | None = None
        self._answer: tuple[int, asyncio.Future[Response]] | None = None
        self._transport: asyncio.Transport
        self._socket: socket.socket
        self._next_reading: asyncio.TimerHandle | None = None
        self._turn = next(_turns) % _TURNS * _GAP

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio calls this)."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (narrows the type)
        self._transport = transport
        self._socket = transport.get_extra_info("socket")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits (asyncio calls this)."""
        text = "The camera closed the connection." if exc is None else "The connection broke."
        self._fail(SourceUnreachableError(text))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 (asyncio's signature)
        """Say where to put what arrives (asyncio calls this)."""
        return _scratch.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Sort what has arrived (asyncio calls this)."""
        messages: Sequence[Message | InterleavedRun]
        broken = None
        try:
            messages = self._parser.feed_runs(_scratch.buffer[:nbytes])
        except MalformedMessageError as error:
            messages, broken = error.before, SourceProtocolError(str(error))
        for message in messages:
            if isinstance(message, InterleavedRun):
                self._runs.append(message)
            elif isinstance(message, Response):
                self._take_answer(message)
            # A camera has nothing to ask a client that plays; no real one does.
        self._waiting += nbytes + _OVERHEAD * len(messages)
        if self._waiting > MAX_WAITING:
            self._transport.pause_reading()
        if self._runs and self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
        if broken is not None:
            self._fail(broken)
            self._transport.abort()

    def collect(self, delay: float) -> None:
        """Receive packets 0.8 s at a time, beginning after so many seconds."""
        if self._next_reading is None and self.error is None:
            self._next_reading = asyncio.get_running_loop().call_later(delay, self._receive)

    def _receive(self) -> None:
        """Take in what has arrived, and again at the moment at which all connections do."""
        loop = asyncio.get_running_loop()
        rounds = math.floor((loop.time() - self._turn) / PERIOD) + 1
        self._next_reading = loop.call_at(rounds * PERIOD + self._turn, self._receive)
        self._receive_now()
        if self._answer is None or self._answer[1].done():
            self._wait_for(_ENOUGH)

    def _receive_now(self) -> None:
        """Take in what has arrived.

        The socket is read here and not by asyncio, which would have to be woken up for it by the
        kernel, connection by connection. What is wrong with a socket asyncio is told anyway.
        """
        size = CHUNK
        with suppress(OSError):  # such as that there is nothing left
            while size == CHUNK and self._waiting < _ENOUGH and self.error is None:
                size = os.readinto(self._socket.fileno(), _scratch.buffer)
                self.buffer_updated(size)

    def _wait_for(self, size: int) -> None:
        """Be woken up by the kernel when so many bytes have arrived."""
        with suppress(OSError):  # the socket is closed
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)

    async def read(self) -> list[InterleavedRun]:
        """Return the packets that have arrived, at least one, in runs."""
        if not self._runs:
            if self.error is not None:
                raise self.error
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._take()

    def read_rest(self) -> list[InterleavedRun]:
        """Return the packets that have arrived, without waiting for any."""
        self._receive_now()
        return self._take()

    def _take(self) -> list[InterleavedRun]:
        runs, self._runs = self._runs, []
        if self._waiting > MAX_WAITING:
            self._transport.resume_reading()
        self._waiting = 0
        return runs

    async def exchange(self, data: bytes, count: int) -> Response:
        """Send a request with this CSeq and wait for its answer."""
        if self.error is not None:
            raise self.error
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._answer = (count, answer)
        self._wait_for(1)
        self._transport.write(data)
        return await answer

    def close(self) -> None:
        """Drop the connection and what waits to be sent."""
        self._fail(SourceUnreachableError("The connection was closed."))
        self._transport.abort()

    def _take_answer(self, response: Response) -> None:
        """Hand an answer to who waits for it; late ones to earlier requests to nobody."""
        if self._answer is not None:
            count, answer = self._answer
            if response.headers.get("CSeq") in {None, str(count)} and not answer.done():
                answer.set_result(response)

    def _fail(self, error: SourceError) -> None:
        if self.error is not None:
            return
        self.error = error
        if self._next_reading is not None:
            self._next_reading.cancel()
        if self._reader is not None and not self._reader.done():
            self._reader.set_exception(error)
        if self._answer is not None and not self._answer[1].done():
            self._answer[1].set_exception(error)
