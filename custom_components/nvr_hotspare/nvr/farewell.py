"""Hearing recorders say good-bye in the network, because they restart or are switched off.

WS-Discovery 1.0 (2005/04), "Bye": a datagram to everybody, which nobody signs. A unit is where it
came from, whatever it says; so nothing is read of it but that it is a good-bye.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
import socket
from typing import Any, Final, override

from .discovery import GROUP, SocketAddress
from .errors import UnitProtocolError
from .untrusted import parse_xml, within

_MAX_DATAGRAM: Final = 16_384


async def hear_farewells(
    sources: Iterable[str], told: Callable[[str], None], *, group: SocketAddress = GROUP
) -> asyncio.BaseTransport:
    """Listen until the returned transport is closed; others on this host may listen, too.

    Args:
        sources: Own IPv4 addresses, each of a network to listen in; one that can't is left out.
        told: Called with the IP address of each unit that says good-bye.
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
        transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(told), sock=listener)
    except OSError:
        listener.close()
        raise
    return transport


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if is_farewell(data):
            self._told(str(addr[0]))


def is_farewell(data: bytes) -> bool:
    """Tell whether a datagram is a good-bye; cheaply, since everything that is said comes here."""
    if b"Bye" not in data or len(data) > _MAX_DATAGRAM:
        return False
    try:
        return next(within(parse_xml(data), "Bye"), None) is not None
    except UnitProtocolError:
        return False
