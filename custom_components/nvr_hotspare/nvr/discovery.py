"""Finding recorders in the network by WS-Discovery, which is how ONVIF units are found.

ONVIF Core, "Device discovery"; WS-Discovery 1.0 (2005/04). Every unit should answer to
`tds:Device`; many answer to the older `dn:NetworkVideoTransmitter` alone, so both are asked for.
Answers come from anybody: they are capped, and of the addresses in them only ports are believed.
A unit is where its answer came from.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
import re
import socket
from typing import Any, Final, override
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import uuid4

from lxml.etree import _Element as Element

from .address import usual_port
from .errors import UnitProtocolError
from .untrusted import parse_xml, printable, text_of, within

type SocketAddress = tuple[str, int] | tuple[str, int, int, int]

GROUP: Final = ("239.255.255.250", 3702)
_GROUP_6: Final = "ff02::c"
SECONDS: Final = 2.0
"""For which answers are awaited: units hold theirs back by half a second at most, but for slow
ones."""
_REPEAT: Final = 0.5
"""Seconds after which each probe is sent once more: datagrams get lost."""
_MAX_DATAGRAM: Final = 16_384
_MOST_ANSWERS: Final = 2048
_MOST: Final = 256
"""Units."""
_MAX_NAME: Final = 64
_TYPES: Final = (
    ("http://www.onvif.org/ver10/device/wsdl", "Device"),
    ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
)
_PROBE: Final = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
    "<s:Header>"
    "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
    "<a:MessageID>{message}</a:MessageID>"
    "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
    "</s:Header><s:Body>"
    '<d:Probe><d:Types xmlns:t="{namespace}">t:{name}</d:Types></d:Probe>'
    "</s:Body></s:Envelope>"
)
_SCOPE: Final = "onvif://www.onvif.org/"
_RECORDER: Final = re.compile(r"[ndxh]vr|record|storage", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUnit:
    """A unit that answered."""

    reference: str
    """What it calls itself for good, a UUID as a rule: neither secret nor proven."""
    host: str
    """Its IP address."""
    port: int
    https: bool
    name: str
    model: str
    records: bool
    """Whether it says, or its name does, that it is a recorder and not a camera."""


async def discover(
    sources: Iterable[str], *, group: tuple[str, int] = GROUP, seconds: float = SECONDS
) -> Sequence[FoundUnit]:
    """Ask who is there, and return who answers, recorders first.

    Args:
        sources: Own addresses, each of a network to ask in, those of IPv6 with the number of
            their interface as the scope; one that can't is left out.
        group: Who is asked over IPv4; over IPv6 it is everybody at the same port.
        seconds: How long answers are awaited.
    """
    found: dict[str, FoundUnit] = {}
    askers = [it for source in sources if (it := await _asker(source, group, found)) is not None]
    try:
        for pause in (min(_REPEAT, seconds), max(0.0, seconds - _REPEAT)):
            for asker in askers:
                for probe in asker.probes:
                    with suppress(OSError):
                        asker.transport.sendto(probe, asker.everybody)
            await asyncio.sleep(pause)
    finally:
        for asker in askers:
            asker.transport.abort()
    return sorted(found.values(), key=_order)


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks in one network."""

    transport: asyncio.DatagramTransport
    everybody: SocketAddress
    probes: Sequence[bytes]


async def _asker(source: str, group: tuple[str, int], found: dict[str, FoundUnit]) -> _Asker | None:
    own, listener = ip_address(source), _Listener(found)
    is_old = isinstance(own, IPv4Address)
    sender = socket.socket(socket.AF_INET if is_old else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        if is_old:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own.packed)
            sender.bind((source, 0))
            everybody: SocketAddress = group
        else:
            address, _, scope = source.partition("%")
            sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, int(scope))
            sender.bind((address, 0, 0, int(scope)))
            everybody = _GROUP_6, group[1], 0, int(scope)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: listener, sock=sender)
    except OSError:
        sender.close()
        return None
    return _Asker(transport, everybody, listener.probes)


class _Listener(asyncio.DatagramProtocol):
    """Takes answers to its own probes."""

    def __init__(self, found: dict[str, FoundUnit]) -> None:
        asked = {f"urn:uuid:{uuid4()}": it for it in _TYPES}
        self.probes = [
            _PROBE.format(message=message, namespace=namespace, name=name).encode()
            for message, (namespace, name) in asked.items()
        ]
        self._messages = asked.keys()
        self._found = found
        self._answers = 0

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._answers += 1
        if self._answers > _MOST_ANSWERS or len(data) > _MAX_DATAGRAM:
            return
        host = str(addr[0])
        if ":" in host and ip_address(host).is_link_local:
            return  # nobody could store it: it is one of this machine's interface
        with suppress(UnitProtocolError):
            for unit in matches(data, host, self._messages):
                if len(self._found) < _MOST or unit.host in self._found:
                    self._found.setdefault(unit.host, unit)


def matches(data: bytes, host: str, messages: Iterable[str]) -> Iterable[FoundUnit]:
    """Return what an answer to one of these messages tells of a unit; of several, the first.

    Raises:
        UnitProtocolError: It is no XML that is safe to read.
    """
    envelope = parse_xml(data)
    if next((text_of(it) for it in within(envelope, "RelatesTo")), "") not in set(messages):
        return
    for match in within(envelope, "ProbeMatch"):
        yield unit_of(match, host)
        return


def unit_of(told: Element, host: str) -> FoundUnit:
    """Return what a unit at this address tells of itself."""
    scopes = text_of(told, "Scopes").split()
    name, model = _scope(scopes, "name"), _scope(scopes, "hardware")
    where = _address(text_of(told, "XAddrs").split(), host)
    hints = (text_of(told, "Types"), name, model, *_scopes(scopes, "type"))
    return FoundUnit(
        reference=printable(text_of(told, "EndpointReference", "Address")),
        host=host,
        port=_port(where),
        https=where is not None and where.scheme == "https",
        name=name,
        model=model,
        records=any(_RECORDER.search(hint) for hint in hints),
    )


def _address(told: Iterable[str], host: str) -> SplitResult | None:
    """Return the address of the unit's own that says most, or any at all."""
    addresses = []
    for text in told:
        with suppress(ValueError):
            parts = urlsplit(text)
            if parts.scheme in {"http", "https"} and parts.port != 0:
                addresses.append(parts)
    return next((it for it in addresses if it.hostname == host), next(iter(addresses), None))


def _port(where: SplitResult | None) -> int:
    if where is None:
        return usual_port(https=False)
    return where.port or usual_port(https=where.scheme == "https")


def _scopes(scopes: Iterable[str], kind: str) -> Iterable[str]:
    """Yield the values of scopes of a kind (ONVIF Core, "Scope definitions")."""
    prefix = f"{_SCOPE}{kind}/"
    for scope in scopes:
        if scope.lower().startswith(prefix):
            yield printable(unquote(scope[len(prefix) :]))[:_MAX_NAME]


def _scope(scopes: Iterable[str], kind: str) -> str:
    return next(iter(_scopes(scopes, kind)), "")


def _order(unit: FoundUnit) -> tuple[object, ...]:
    address = ip_address(unit.host)
    return not unit.records, address.version, address
