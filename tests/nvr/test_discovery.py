"""Finding recorders by WS-Discovery, and what hostile answers come to."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
import json
import random
import re
import socket
import sys
from typing import Any, override

import pytest

from custom_components.nvr_hotspare.nvr.discovery import FoundUnit, _order, discover, matches
from custom_components.nvr_hotspare.nvr.errors import UnitProtocolError
from tests.nvr import network_of_ipv6
from tests.nvr.conftest import StartNvr

LOOPBACK = ("127.0.0.1",)
_HEAD = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
)


@pytest.fixture
def port() -> int:
    """Return a port where nobody but the recorders of this test answer."""
    return random.randrange(20_000, 30_000)


def group(port: int) -> tuple[str, int]:
    return "239.255.255.250", port


def answer(message: str, match: str) -> bytes:
    return (
        f"{_HEAD}<s:Header><a:RelatesTo>{message}</a:RelatesTo></s:Header>"
        f"<s:Body><d:ProbeMatches>{match}</d:ProbeMatches></s:Body></s:Envelope>"
    ).encode()


def match(**told: str) -> str:
    parts = "".join(f"<d:{name}>{text}</d:{name}>" for name, text in told.items())
    return f"<d:ProbeMatch>{parts}</d:ProbeMatch>"


async def test_recorders_are_found_with_their_name_model_and_port(
    start_nvr: StartNvr, port: int, tmp_path: Any
) -> None:
    attic = await start_nvr(discovery_port=port, name="Attic & cellar", model="VN 16")
    barn = await start_nvr(
        discovery_port=port, serial="VN-2", name="Barn", folder=tmp_path / "2", https=True
    )
    found = {it.host: it for it in await discover(LOOPBACK, group=group(port))}
    assert set(found) == {attic.config.host, barn.config.host}
    unit = found[attic.config.host]
    assert (unit.name, unit.model, unit.port) == ("Attic & cellar", "VN 16", 8000)
    assert unit.records
    assert not unit.https
    assert found[barn.config.host].https
    assert unit.reference.startswith("urn:uuid:")
    assert unit.reference != found[barn.config.host].reference


async def test_a_recorder_that_is_off_is_not_found(start_nvr: StartNvr, port: int) -> None:
    unit = await start_nvr(discovery_port=port)
    await unit.__aexit__(None, None, None)
    assert not await discover(LOOPBACK, group=group(port), seconds=1.0)


async def test_a_network_that_is_none_is_left_out(start_nvr: StartNvr, port: int) -> None:
    unit = await start_nvr(discovery_port=port)
    alone = f"::1%{socket.if_nametoindex('lo')}"  # no multicast there
    sources = ("192.0.2.1", "fd00:6::9%999999", alone, *LOOPBACK)
    (found,) = await discover(sources, group=group(port), seconds=1.0)
    assert found.host == unit.config.host


class Peer(asyncio.DatagramProtocol):
    """Answers each probe with what a test tells it."""

    def __init__(self, script: Callable[[str], list[bytes]]) -> None:
        self._script = script
        self.probes: list[bytes] = []

    @override
    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.probes.append(data)
        found = re.search(rb"<a:MessageID>(.*?)</a:MessageID>", data)
        assert found is not None
        for sent in self._script(found[1].decode()):
            self._transport.sendto(sent, addr)


type Answering = Callable[..., Any]


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    """Ask peers that say what a test tells them, and return who was found."""
    async with AsyncExitStack() as stack:

        async def ask(script: Callable[[str], list[bytes]], **settings: Any) -> Any:
            loop = asyncio.get_running_loop()
            peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            peer.bind(("127.0.0.1", 0))
            made, protocol = await loop.create_datagram_endpoint(lambda: Peer(script), sock=peer)
            stack.callback(made.close)
            found = await discover(
                LOOPBACK, group=peer.getsockname(), **{"seconds": 0.7} | settings
            )
            return found, protocol.probes

        yield ask


async def test_both_types_are_asked_for_twice(answering: Answering) -> None:
    found, probes = await answering(lambda _: [], seconds=1.0)
    assert not found
    assert len(probes) == 4
    for name in (b"t:Device<", b"t:NetworkVideoTransmitter<"):
        assert sum(name in probe for probe in probes) == 2


async def test_an_answer_leads_nowhere_but_to_who_sent_it(answering: Answering) -> None:
    where = "http://192.0.2.7:8080/onvif https://192.0.2.8/onvif"
    (unit,), _ = await answering(lambda it: [answer(it, match(XAddrs=where))])
    assert (unit.host, unit.port, unit.https) == ("127.0.0.1", 8080, False)


@pytest.mark.parametrize(
    ("where", "port", "https"),
    [
        ("", 80, False),
        ("https://127.0.0.1/onvif", 443, True),
        ("http://192.0.2.7:81/onvif http://127.0.0.1:82/onvif", 82, False),
        (
            "rtsp://127.0.0.1:554 http://[broken http://127.0.0.1:0 http://127.0.0.1:99999",
            80,
            False,
        ),
    ],
)
async def test_the_port_is_that_of_its_own_address(
    answering: Answering, where: str, port: int, *, https: bool
) -> None:
    (unit,), _ = await answering(lambda it: [answer(it, match(XAddrs=where))])
    assert (unit.port, unit.https) == (port, https)


async def test_answers_to_nobody_and_nonsense_are_nothing(answering: Answering) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    others = answer("urn:uuid:other", match(XAddrs="http://127.0.0.1/"))
    big = match(XAddrs="http://127.0.0.1/ " + "x" * 20_000)
    found, _ = await answering(
        lambda it: [
            b"",
            b"\0\xff",
            b"<a/>",
            bomb,
            others,
            answer(it, match(XAddrs=big)),
            answer(it, ""),
        ]
    )
    assert not found


async def test_who_answers_often_is_one_unit(answering: Answering) -> None:
    found, _ = await answering(
        lambda it: [answer(it, match(XAddrs=f"http://127.0.0.1:{n}/")) for n in range(1, 50)]
    )
    assert len(found) == 1


async def test_recorders_are_found_over_ipv6_where_others_can_reach_them() -> None:
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--user", "--map-root-user", "--net"),
        *(sys.executable, "-m", "tests.nvr.network_of_ipv6"),
        stdout=PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(told) == [[network_of_ipv6.NEAR, 8080]]


def test_recorders_are_sorted_whatever_their_addresses_are() -> None:
    def found(host: str) -> FoundUnit:
        return replace(read(), host=host)

    hosts = ["fd00::2", "192.0.2.10", "fd00::1", "192.0.2.9"]
    in_order = sorted(map(found, hosts), key=_order)
    assert [it.host for it in in_order] == ["192.0.2.9", "192.0.2.10", "fd00::1", "fd00::2"]


def read(**told: str) -> FoundUnit:
    (unit,) = matches(answer("urn:uuid:1", match(**told)), "192.0.2.1", {"urn:uuid:1"})
    return unit


def test_only_the_first_of_several_matches_counts() -> None:
    both = match(XAddrs="http://a:1/") + match(XAddrs="http://a:2/")
    (unit,) = matches(answer("urn:uuid:1", both), "192.0.2.1", {"urn:uuid:1"})
    assert unit.port == 1


def test_names_are_short_and_printable() -> None:
    scopes = "onvif://www.onvif.org/name/a%00b%0Ac" + "d" * 300 + " onvif://www.onvif.org/hardware/"
    unit = read(Scopes=scopes)
    assert unit.name.startswith("a b cd")
    assert len(unit.name) == 64
    assert unit.model == ""


@pytest.mark.parametrize(
    ("told", "records"),
    [
        ({"Types": "dn:NetworkVideoStorage"}, True),
        ({"Scopes": "onvif://www.onvif.org/hardware/DS-7608NVR"}, True),
        ({"Scopes": "ONVIF://www.onvif.org/type/Network_Video_Recorder"}, True),
        ({"Scopes": "onvif://www.onvif.org/hardware/IPC-HDW"}, False),
        ({}, False),
    ],
)
def test_recorders_are_told_from_cameras(told: dict[str, str], *, records: bool) -> None:
    assert read(**told).records is records


def test_a_document_type_is_refused() -> None:
    with pytest.raises(UnitProtocolError, match="document type"):
        list(matches(b"<!DOCTYPE a []><a/>", "192.0.2.1", ()))
