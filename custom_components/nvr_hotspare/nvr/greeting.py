"""Hearing recorders greet in the network when they come, and say good-bye when they go.

WS-Discovery 1.0 (2005/04), "Hello" and "Bye": datagrams to everybody, which nobody signs. A unit is
where it came from, whatever it says; but for what it calls itself nothing is read of it.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
import socket
from typing import Any, Final, override

from .discovery import GROUP
from .errors import UnitProtocolError
from .untrusted import parse_xml, printable, text_of, within

_MAX_DATAGRAM: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a unit says of itself to everybody."""

    host: str
    """Its IP address."""
    reference: str
    """What it calls itself, as in `FoundUnit`."""
    leaves: bool
    """Whether it says good-bye."""


async def hear_greetings(
    sources: Iterable[str], heard: Callable[[Greeting], None], *, group: tuple[str, int] = GROUP
) -> asyncio.BaseTransport:
    """Listen until the returned transport is closed; others on this host may listen, too.

    Args:
        sources: Own IPv4 addresses, each of a network to listen in; one that can't is left out.
        heard: Called with each greeting and good-bye.
        group: Where it is said.

    Raises:
        OSError: Nobody can listen there.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(group)
        for source in sources:
            membership = socket.inet_aton(group[0]) + socket.inet_aton(source)
            with suppress(OSError):
                listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(heard), sock=listener)
    except OSError:
        listener.close()
        raise
    return transport


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[Greeting], None]) -> None:
        self._heard = heard

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if (greeting := read_greeting(data, str(addr[0]))) is not None:
            self._heard(greeting)


def read_greeting(data: bytes, host: str) -> Greeting | None:
    """Return a greeting or a good-bye from an address, None for all else that is said there.

    Cheaply, since everything comes here.
    """
    if len(data) > _MAX_DATAGRAM or not (b"Bye" in data or b"Hello" in data):
        return None
    try:
        envelope = parse_xml(data)
    except UnitProtocolError:
        return None
    for name in ("Bye", "Hello"):
        for said in within(envelope, name):
            reference = printable(text_of(said, "EndpointReference", "Address"))
            return Greeting(host=host, reference=reference, leaves=name == "Bye")
    return None
