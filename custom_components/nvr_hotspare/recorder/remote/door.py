"""The engine's end: one port, where nobody gets any further without the key.

All that somebody without a key can have of the engine is a little time and memory: few
connections at once, in all and from one address, each for a few seconds.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
import logging
import socket

from ..errors import EngineGoneError, MessageError
from ..messages import MAX_LINE
from .certificate import Certificate
from .ledger import Ledger
from .proof import Meeting, Purpose, nonce
from .talk import PROTOCOL, Greeting, Knock, Refusal, Reply, hear, say
from .tls import FOOTAGE, HANDSHAKE, purpose

_LOGGER = logging.getLogger(__name__)
_MAX_OUTSIDE, _MAX_OUTSIDE_EACH = 16, 8
"""Connections that have not proven anything yet, in all and from one address."""
_MAX_FOOTAGE = 32
"""Connections for footage, which prove themselves by Digest, request by request."""
_TALK = 10.0
"""Seconds that all that is said at the door may take."""
_PAUSE = 1.0
"""Seconds until somebody is let in again after the machine had no room for a connection."""
_BACKLOG = 32

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Door:
    """Where clients on other machines reach the engine."""

    def __init__(
        self,
        certificate: Certificate,
        ledger: Ledger,
        version: str,
        *,
        admit: Callable[[], Awaitable[Serve]],
        footage: Serve,
    ) -> None:
        """Guard an engine.

        Args:
            certificate: Who the engine is.
            ledger: Whom it stands in for.
            version: Of the package.
            admit: Makes ready for the group, which has proven its key, and returns what takes its
                orders; OSError where that is not possible.
            footage: Plays footage to who asks, and knows itself whom.
        """
        self._certificate = certificate
        self._ledger = ledger
        self._version = version
        self._admit = admit
        self._footage = footage
        self._outside = Counter[str]()
        self._watching = 0
        self._tasks = set[asyncio.Task[None]]()
        self._accepting: asyncio.Task[None] | None = None
        self._socket: socket.socket

    def start(self, host: str, port: int) -> int:
        """Begin to listen and return the port; OSError where that is not possible."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self._socket.settimeout(0.0)
        self._accepting = asyncio.create_task(self._accept())
        return int(self._socket.getsockname()[1])

    async def close(self) -> None:
        """Listen no more and cut all connections."""
        if self._accepting is None:
            return
        tasks = [self._accepting, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, (host, *_) = await loop.sock_accept(self._socket)
            except OSError as error:
                _LOGGER.warning("No connection can be taken: %s", error.strerror)
                await asyncio.sleep(_PAUSE)
                continue
            if self._outside.total() >= _MAX_OUTSIDE or self._outside[host] >= _MAX_OUTSIDE_EACH:
                connection.close()
                continue
            self._outside[host] += 1
            task = asyncio.create_task(self._meet(connection, _Place(self._outside, host)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _meet(self, connection: socket.socket, place: _Place) -> None:
        """Serve one connection from its beginning to its end."""
        reader = asyncio.StreamReader(MAX_LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=self._certificate.context,
                ssl_handshake_timeout=HANDSHAKE,
                ssl_shutdown_timeout=1.0,
            )
        except OSError:  # of TLS too
            connection.close()
            place.leave()
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            if purpose(transport) == FOOTAGE:
                await self._play(reader, writer, place)
            elif (serve := await self._greet(reader, writer)) is not None:
                place.leave()
                await serve(reader, writer)
        except MessageError, EngineGoneError, OSError:
            pass  # whoever it was has not behaved, or has gone
        finally:
            place.leave()
            transport.abort()

    async def _play(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: _Place
    ) -> None:
        if self._watching >= _MAX_FOOTAGE:
            return
        place.leave()
        self._watching += 1
        try:
            await self._footage(reader, writer)
        finally:
            self._watching -= 1

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Serve | None:
        """Return what serves a client that has proven the key, None for any other."""
        ours, ledger = nonce(), self._ledger
        async with asyncio.timeout(_TALK):
            say(
                writer,
                Greeting(
                    protocol=PROTOCOL,
                    version=self._version,
                    engine=self._certificate.engine,
                    nonce=ours,
                    paired=ledger.pairing is not None,
                    salt=ledger.salt,
                ),
            )
            knock = await hear(Knock, reader)
            meeting = Meeting(
                purpose=knock.purpose,
                fingerprint=self._certificate.fingerprint,
                engine=self._certificate.engine,
                group=knock.group,
                nonces=(ours, knock.nonce),
            )
            if knock.purpose is Purpose.PAIR:
                reply, serve = ledger.pair(meeting, knock.proof), None
            else:
                reply, serve = await self._enter(meeting, knock.proof)
            say(writer, reply)
            await writer.drain()
            if serve is None:
                writer.close()
                await writer.wait_closed()
            return serve

    async def _enter(self, meeting: Meeting, proof: str) -> tuple[Reply, Serve | None]:
        try:
            reply = await self._ledger.enter(meeting, proof)
            return reply, None if reply.refusal else await self._admit()
        except OSError as error:
            _LOGGER.warning("There is nowhere to put footage: %s", error.strerror)
            return Reply(refusal=Refusal.DISK), None


class _Place:
    """One of the few for who has not proven anything yet."""

    def __init__(self, taken: Counter[str], host: str) -> None:
        self._taken = taken
        self._host: str | None = host

    def leave(self) -> None:
        """Give it back, once."""
        if self._host is not None:
            self._taken[self._host] -= 1
            self._taken += Counter()  # forgets those with none
            self._host = None
