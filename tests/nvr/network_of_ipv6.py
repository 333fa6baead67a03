"""Asks who is in a network of IPv6, and prints who was found. To be run in a network namespace."""

import asyncio
import json
import re
import socket
import struct
import subprocess
import sys
from typing import Any, override

from custom_components.nvr_hotspare.nvr.discovery import discover

INTERFACE = "d0"
OWN, NEAR, FAR = "fd00:6::1", "fd00:6::2", "fe80::6"
PORT = 3702


class Recorder(asyncio.DatagramProtocol):
    """Answers each probe from two addresses."""

    def __init__(self, speakers: list[socket.socket]) -> None:
        self._speakers = speakers

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        message = re.search(rb"<a:MessageID>(.*)</a:MessageID>", data)
        assert message is not None
        told = (
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
            ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
            ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
            f"<s:Header><a:RelatesTo>{message[1].decode()}</a:RelatesTo></s:Header><s:Body>"
            f"<d:ProbeMatches><d:ProbeMatch><d:XAddrs>http://[{NEAR}]:8080/onvif</d:XAddrs>"
            "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
        )
        for speaker in self._speakers:
            speaker.sendto(told.encode(), addr)


def bound(address: str, port: int, index: int) -> socket.socket:
    """Return a socket at an address of the interface."""
    made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    made.bind((address, port, 0, index))
    return made


async def ask() -> list[tuple[str, int]]:
    """Start a recorder, and look for it."""
    index = socket.if_nametoindex(INTERFACE)
    listener = bound("::", PORT, 0)
    membership = socket.inet_pton(socket.AF_INET6, "ff02::c") + struct.pack("@I", index)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
    speakers = [bound(FAR, 0, index), bound(NEAR, 0, index)]
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Recorder(speakers), sock=listener)
    found = await discover([f"{OWN}%{index}", "fd00:6::9%999999"], seconds=2.0)
    return [(unit.host, unit.port) for unit in found]


def make_network() -> None:
    """Make a cable, one end of which has the addresses."""
    addresses = [f"addr add {it}/64 dev {INTERFACE} nodad" for it in (OWN, NEAR, FAR)]
    up = [f"link set {it} up" for it in (INTERFACE, "lo", "other")]
    for step in (f"link add {INTERFACE} type veth peer name other", *up, *addresses):
        subprocess.run(["ip", "-6", *step.split()], check=True)


if __name__ == "__main__":
    make_network()
    json.dump(asyncio.run(ask()), sys.stdout)
