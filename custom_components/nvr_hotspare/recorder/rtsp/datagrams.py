"""Sends over UDP what a session else sends within its connection (RFC 2326, section 12.39)."""

import asyncio
import re
import socket
import struct
from typing import NamedTuple

_OVER_UDP = re.compile(
    r"RTP/AVP(?:/UDP)?;[^,]*client_port\s*=\s*(\d{1,5})(?:-(\d{1,5}))?", re.ASCII | re.IGNORECASE
)
_HEAD = struct.Struct(">cBH")
_TRIES = 50
_MAX_PORTS = 4
_BURST, _PAUSE = 16, 0.001
"""Packets after which a receiver, whose buffer is small, is given so many seconds."""


class Way(NamedTuple):
    """How the packets of one media go."""

    channels: tuple[int, int]
    """What stands for the ports in the heads of interleaved packets."""
    transport: str
    """What the client is told."""


class Datagrams:
    """The ports of one client's session, on both sides."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        """Send to the client at the other end of this connection."""
        self._here: str = writer.get_extra_info("sockname")[0]
        self._there: str = writer.get_extra_info("peername")[0]
        self._ports: dict[int, asyncio.DatagramTransport] = {}

    async def open(self, wanted: str) -> Way | None:
        """Open the ports that a Transport header asks for; OSError where there are none.

        None where it does not ask for UDP, or for more media than a stream has.
        """
        offer = _OVER_UDP.search(wanted)
        if offer is None or len(self._ports) == _MAX_PORTS:
            return None
        theirs = int(offer[1]), int(offer[2] or int(offer[1]) + 1)
        if not all(0 < port < 1 << 16 for port in theirs):
            return None
        pair = _bind(self._here)
        first = len(self._ports)
        loop = asyncio.get_running_loop()
        for number, (port, sock) in enumerate(zip(theirs, pair, strict=True)):
            sock.connect((self._there, port))
            self._ports[first + number], _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, sock=sock
            )
        ours = pair[0].getsockname()[1]
        return Way(
            (first, first + 1),
            f"RTP/AVP;unicast;client_port={theirs[0]}-{theirs[1]};server_port={ours}-{ours + 1}",
        )

    async def send(self, data: bytes) -> None:
        """Send interleaved packets each in a datagram of its own."""
        position, count = 0, 0
        while position < len(data):
            _, channel, size = _HEAD.unpack_from(data, position)
            position += _HEAD.size + size
            self._ports[channel].sendto(data[position - size : position])
            count += 1
            if count % _BURST == 0:
                await asyncio.sleep(_PAUSE)

    def close(self) -> None:
        """Close the ports."""
        for port in self._ports.values():
            port.close()
        self._ports.clear()


def _bind(host: str) -> tuple[socket.socket, socket.socket]:
    """Return sockets at two ports that follow one another, the first one even (RFC 3550, 11)."""
    for _ in range(_TRIES):
        first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        try:
            first.bind((host, 0))
            port = first.getsockname()[1]
            if port % 2 == 0:
                second.bind((host, port + 1))
                first.setblocking(False)  # noqa: FBT003 (its signature)
                second.setblocking(False)  # noqa: FBT003 (its signature)
                return first, second
        except OSError:
            pass
        first.close()
        second.close()
    raise OSError("There is no pair of ports.")
