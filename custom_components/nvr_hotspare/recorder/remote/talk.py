"""What is said at the door, before anybody is let in: four lines of JSON at most.

The engine greets. The client pairs (it proves the code) or enters (it proves the key). The engine
answers with its own proof, or says in a word why not. After an entry the messages of `messages`
flow over the same connection; after a pairing it ends.
"""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
import re
from typing import Final

from ..errors import EngineGoneError, MessageError
from ..messages import encode, read
from ..plain import PlainError, dump, load
from .proof import Purpose

PROTOCOL: Final = 1
"""Of the door; grows when an older peer would misunderstand."""
FOOTAGE_PATH: Final = "/footage"
"""Below this is the footage of a channel, under its name."""
FOOTAGE_USER: Final = "hot-spare"
_HEX = re.compile("[0-9a-f]{64}", re.ASCII)
_NAME = re.compile("[A-Za-z0-9_-]{1,64}", re.ASCII)


class Refusal(StrEnum):
    """Why the engine lets nobody in."""

    CODE = "code"
    """The pairing code is wrong."""
    LATER = "later"
    """Too many wrong codes of late."""
    TAKEN = "taken"
    """It stands in for another group."""
    UNPAIRED = "unpaired"
    """It stands in for none."""
    KEY = "key"
    """The key is wrong."""
    DISK = "disk"
    """There is nowhere to put the group's footage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """Who the engine is."""

    protocol: int
    version: str
    engine: str
    nonce: str
    paired: bool
    salt: str
    """For the pairing code."""

    def __post_init__(self) -> None:
        _check(_HEX, self.nonce)
        _check(_NAME, self.engine)
        _check(_NAME, self.salt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A client wants to be paired, or to be let in."""

    purpose: Purpose
    group: str
    nonce: str
    proof: str

    def __post_init__(self) -> None:
        _check(_HEX, self.nonce, self.proof)
        _check(_NAME, self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The engine's answer."""

    proof: str = ""
    key: str = field(default="", repr=False)
    """Of the new pairing, in hexadecimal."""
    refusal: Refusal | None = None
    seconds: int = 0
    """Until it may be tried again."""

    def __post_init__(self) -> None:
        _check(_HEX, *filter(None, (self.proof, self.key)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What an engine and a group share; plain data that may be stored."""

    engine: str
    """The engine's id."""
    fingerprint: str
    group: str
    key: str = field(repr=False)
    """256 bits in hexadecimal."""

    def __post_init__(self) -> None:
        _check(_HEX, self.fingerprint, self.key)
        _check(_NAME, self.engine, self.group)


def say(writer: asyncio.StreamWriter, what: Greeting | Knock | Reply) -> None:
    """Say something."""
    plain = dump(what)
    assert isinstance(plain, dict)  # noqa: S101 (narrows the type)
    writer.write(encode(plain))


async def hear[T: (Greeting, Knock, Reply)](kind: type[T], reader: asyncio.StreamReader) -> T:
    """Wait for what the other side says.

    Raises:
        MessageError: It makes no sense.
        EngineGoneError: It has hung up.
    """
    message = await read(reader)
    if message is None:
        raise EngineGoneError("The other side has hung up.")
    try:
        return load(kind, message)
    except PlainError as error:
        raise MessageError(str(error)) from None


def _check(pattern: re.Pattern[str], *texts: str) -> None:
    """Raise a ValueError that shows none of them."""
    if not all(pattern.fullmatch(text) for text in texts):
        raise ValueError("A name or a number is not valid.")
