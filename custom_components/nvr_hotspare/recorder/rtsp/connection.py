"""The client's end of an RTSP connection: packets on one side, answers on the other."""

import asyncio
from collections.abc import Sequence

from ..errors import SourceError, SourceProtocolError, SourceUnreachableError
from .message import InterleavedPacket, MalformedMessageError, Message, MessageParser, Response

CHUNK = 64 * 1024
"""Bytes read at once, at most."""
MAX_WAITING = 8 * 1024 * 1024
"""Bytes of packets that wait to be read before the camera has to wait."""
_OVERHEAD = 128
"""What a packet costs in memory beyond its bytes, so that a flood of empty ones is bounded."""


async def connect(host: str, port: int) -> Connection:
    """Connect to a host; SourceUnreachableError where nothing answers."""
    try:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, host, port)
    except (OSError, UnicodeError) as error:  # the latter for what can't be a host's name
        raise SourceUnreachableError("Nothing answers at the camera's address.") from error
    return connection


class Connection(asyncio.BufferedProtocol):
    """A TCP connection, its packets kept apart from its answers."""

    def __init__(self) -> None:
        self.error: SourceError | None = None
        """Why nothing more will arrive."""
        self._buffer = bytearray(CHUNK)
        self._parser = MessageParser()
        self._packets: list[InterleavedPacket] = []
        self._waiting = 0
        self._reader: asyncio.Future[None] | None = None
        self._answer: tuple[int, asyncio.Future[Response]] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio calls this)."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (narrows the type)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits (asyncio calls this)."""
        text = "The camera closed the connection." if exc is None else "The connection broke."
        self._fail(SourceUnreachableError(text))

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 (asyncio's signature)
        """Say where to put what arrives (asyncio calls this)."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Sort what has arrived (asyncio calls this)."""
        broken = None
        try:
            messages: Sequence[Message] = self._parser.feed(memoryview(self._buffer)[:nbytes])
        except MalformedMessageError as error:
            messages, broken = error.before, SourceProtocolError(str(error))
        for message in messages:
            if isinstance(message, InterleavedPacket):
                self._packets.append(message)
            elif isinstance(message, Response):
                self._take_answer(message)
            # A camera has nothing to ask a client that plays; no real one does.
        self._waiting += nbytes + _OVERHEAD * len(messages)
        if self._waiting > MAX_WAITING:
            self._transport.pause_reading()
        if self._packets and self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
        if broken is not None:
            self._fail(broken)
            self._transport.abort()

    async def read(self) -> list[InterleavedPacket]:
        """Return the packets that have arrived, at least one."""
        if not self._packets:
            if self.error is not None:
                raise self.error
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        packets, self._packets = self._packets, []
        if self._waiting > MAX_WAITING:
            self._transport.resume_reading()
        self._waiting = 0
        return packets

    async def exchange(self, data: bytes, count: int) -> Response:
        """Send a request with this CSeq and wait for its answer."""
        if self.error is not None:
            raise self.error
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._answer = (count, answer)
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
        if self._reader is not None and not self._reader.done():
            self._reader.set_exception(error)
        if self._answer is not None and not self._answer[1].done():
            self._answer[1].set_exception(error)
