"""The client's end: finding out who is there, pairing, and being let in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import hmac

from ..errors import (
    EngineGoneError,
    EngineImpostorError,
    EngineKeyError,
    EngineTakenError,
    MessageError,
    PairingCodeError,
    PairingPauseError,
    RecorderError,
)
from ..messages import MAX_LINE
from .proof import CodeError, Meeting, Purpose, Side, nonce, stretch
from .talk import PROTOCOL, Greeting, Knock, Pairing, Refusal, Reply, hear, say
from .tls import HANDSHAKE, ORDERS, client_context, fingerprint

CONNECT = 5.0
"""Seconds that an engine may take to accept a connection."""
_ANSWER = 10.0
"""Seconds that it may take for each thing that it says."""

type Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An engine, as it says itself."""

    engine: str
    version: str
    fingerprint: str
    paired: bool


async def look(host: str, port: int) -> Found:
    """Find out who is there.

    Raises:
        EngineGoneError: No engine answers there.
    """
    async with _visiting(host, port) as visit:
        greeting = visit.greeting
        return Found(
            engine=greeting.engine,
            version=greeting.version,
            fingerprint=visit.fingerprint,
            paired=greeting.paired,
        )


async def pair(host: str, port: int, code: str, group: str) -> Pairing:
    """Prove the code that an engine has shown, and return what is shared from now on.

    May be repeated as long as the pairing was not used: the latest counts.

    Raises:
        EngineGoneError: No engine answers there.
        PairingCodeError: The code is wrong, or can't be one, or it is another's engine that
            answers instead.
        PairingPauseError: Too many wrong codes of late; nothing counts until a while has passed.
        EngineTakenError: It stands in for another group.
    """
    async with _visiting(host, port) as visit:
        if visit.greeting.paired:
            raise EngineTakenError("The engine stands in for another group.")
        try:
            secret = await asyncio.to_thread(stretch, code, visit.greeting.salt)
        except CodeError as error:
            raise PairingCodeError(str(error)) from None
        reply = await visit.prove(Purpose.PAIR, group, secret)
        if not reply.key:
            raise MessageError("The engine gives no key.")
        return Pairing(
            engine=visit.greeting.engine,
            fingerprint=visit.fingerprint,
            group=group,
            key=reply.key,
        )


async def enter(host: str, port: int, pairing: Pairing) -> Stream:
    """Be let in; return the connection, over which the ordinary messages flow.

    Raises:
        EngineGoneError: No engine answers there.
        EngineImpostorError: Another one does than that which was paired.
        EngineKeyError: It does not accept the key: it was unpaired, or paired anew.
        EngineTakenError: It stands in for another group by now.
        RequestError: There is nowhere to put footage.
    """
    async with _visiting(host, port, pairing.fingerprint) as visit:
        await visit.prove(Purpose.ENTER, pairing.group, bytes.fromhex(pairing.key))
        return visit.keep()


class _Visit:
    """A conversation at the door."""

    def __init__(self, stream: Stream, fingerprint: str, greeting: Greeting) -> None:
        self._stream = stream
        self._kept = False
        self.fingerprint = fingerprint
        self.greeting = greeting

    async def prove(self, purpose: Purpose, group: str, secret: bytes) -> Reply:
        """Prove a secret, and see that the engine knows it too."""
        reader, writer = self._stream
        ours = nonce()
        meeting = Meeting(
            purpose=purpose,
            fingerprint=self.fingerprint,
            engine=self.greeting.engine,
            group=group,
            nonces=(self.greeting.nonce, ours),
        )
        proof = meeting.proof(Side.CLIENT, secret)
        say(writer, Knock(purpose=purpose, group=group, nonce=ours, proof=proof))
        async with asyncio.timeout(_ANSWER):
            reply = await hear(Reply, reader)
        if reply.refusal is not None:
            raise _refused(reply)
        if not meeting.is_proven(Side.ENGINE, secret, reply.proof):
            if purpose is Purpose.PAIR:
                raise PairingCodeError("Whoever answers there does not know the code.")
            raise EngineImpostorError("Whoever answers there does not know the key.")
        return reply

    def keep(self) -> Stream:
        """Return the connection, which is not closed then."""
        self._kept = True
        return self._stream

    def end(self) -> None:
        """Close the connection unless it was kept."""
        if not self._kept:
            self._stream[1].transport.abort()


@asynccontextmanager
async def _visiting(host: str, port: int, known: str = "") -> AsyncIterator[_Visit]:
    """Connect to an engine, which must have a fingerprint if it is known, and hear its greeting."""
    visit: _Visit | None = None
    try:
        reader, writer = await _connect(host, port)
        try:
            found = fingerprint(writer.transport)
            if known and not hmac.compare_digest(found, known):
                raise EngineImpostorError("Another engine answers than the one that was paired.")
            async with asyncio.timeout(_ANSWER):
                greeting = await hear(Greeting, reader)
            if greeting.protocol != PROTOCOL:
                raise EngineGoneError("The engine speaks another protocol.")
            visit = _Visit((reader, writer), found, greeting)
            yield visit
        finally:
            if visit is None:
                writer.transport.abort()
            else:
                visit.end()
    except MessageError as error:
        raise EngineGoneError(f"No engine answers there: {error}") from error
    except TimeoutError as error:
        raise EngineGoneError("The engine does not answer in time.") from error
    except OSError as error:
        raise EngineGoneError("The engine has broken the connection.") from error


async def _connect(host: str, port: int) -> Stream:
    try:
        async with asyncio.timeout(CONNECT + HANDSHAKE):
            return await asyncio.open_connection(
                host,
                port,
                ssl=client_context(ORDERS),
                ssl_handshake_timeout=HANDSHAKE,
                limit=MAX_LINE,
            )
    except (OSError, UnicodeError) as error:  # the latter for what can't be a host's name
        raise EngineGoneError("No engine answers there.") from error


def _refused(reply: Reply) -> RecorderError:
    match reply.refusal:
        case Refusal.CODE:
            return PairingCodeError("The pairing code is wrong.")
        case Refusal.LATER:
            return PairingPauseError("Too many wrong codes of late.", reply.seconds)
        case Refusal.TAKEN:
            return EngineTakenError("The engine stands in for another group.")
        case Refusal.DISK:
            return EngineGoneError("The engine has nowhere to put footage.")
        case _:
            return EngineKeyError("The engine does not accept the key: it was unpaired.")
