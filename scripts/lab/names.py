"""`python -m scripts.lab.names`: a name server that knows a few hosts (RFC 1035)."""

import argparse
import asyncio
from collections.abc import Mapping
import json
import signal
import socket
import struct
import sys
from typing import override

_PORT = 53
_HEADER = struct.Struct("!6H")
_TAIL = struct.Struct("!2H")
_ANSWER = struct.Struct("!3HIH4s")
_TYPE_A, _CLASS_IN = 1, 1
_RESPONSE = 0x8480
"""An authoritative answer that offers no recursion (section 4.1.1); recursion is not copied."""
_NO_SUCH_NAME = 3
_NAME_OF_QUESTION = 0xC00C
"""A pointer to the name in the question, right after the header (section 4.1.4)."""
_LIFETIME = 5
"""Seconds for which an answer may be remembered."""


class NameServer(asyncio.DatagramProtocol):
    """Tells the address of each name."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._addresses = {name: socket.inet_aton(address) for name, address in names.items()}
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(self._answer(data), addr)

    def _answer(self, query: bytes) -> bytes:
        number, *_ = _HEADER.unpack_from(query)
        end = query.index(0, _HEADER.size) + 1
        name = _name(query[_HEADER.size : end])
        kind, _ = _TAIL.unpack_from(query, end)
        question = query[_HEADER.size : end + _TAIL.size]
        address = self._addresses.get(name)
        if address is None:
            return _HEADER.pack(number, _RESPONSE | _NO_SUCH_NAME, 1, 0, 0, 0) + question
        if kind != _TYPE_A:
            return _HEADER.pack(number, _RESPONSE, 1, 0, 0, 0) + question
        told = _ANSWER.pack(_NAME_OF_QUESTION, _TYPE_A, _CLASS_IN, _LIFETIME, len(address), address)
        return _HEADER.pack(number, _RESPONSE, 1, 1, 0, 0) + question + told


def _name(labels: bytes) -> str:
    parts = []
    while labels[0]:
        length = labels[0]
        parts.append(labels[1 : 1 + length].decode("ascii"))
        labels = labels[1 + length :]
    return ".".join(parts).lower()


async def _run(address: str, names: Mapping[str, str]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await loop.create_datagram_endpoint(lambda: NameServer(names), (address, _PORT))
    print(json.dumps({"names": list(names)}), flush=True)
    await stop.wait()


def main() -> int:
    """Answer until SIGTERM or SIGINT; one line of JSON says when it begins."""
    parser = argparse.ArgumentParser(prog="names", description=__doc__)
    parser.add_argument("--address", required=True, help="where it answers")
    parser.add_argument("names", nargs="+", metavar="NAME=ADDRESS")
    options = parser.parse_args()
    names = dict(entry.split("=") for entry in options.names)
    asyncio.run(_run(options.address, names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
