"""Recorders that greet and say good-bye in the network, and what else is said there."""

import asyncio
from dataclasses import replace
from pathlib import Path
import random

import pytest

from custom_components.nvr_hotspare.nvr.greeting import Greeting, hear_greetings, read_greeting
from virtual_nvr.nvr.config import NvrConfig
from virtual_nvr.nvr.unit import VirtualNvr

_BYE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
    "<s:Body><d:Bye/></s:Body></s:Envelope>"
)


@pytest.fixture
def port() -> int:
    """Return a port where nobody but the recorders of this test speak."""
    return random.randrange(20_000, 30_000)


async def test_a_recorder_greets_and_says_good_bye(tmp_path: Path, port: int) -> None:
    heard: asyncio.Queue[Greeting] = asyncio.Queue()
    everybody = "239.255.255.250", port
    listening = await hear_greetings(["127.0.0.1"], heard.put_nowait, group=everybody)
    host = f"127.{random.randrange(16, 250)}.61.1"
    config = NvrConfig(
        name="Attic",
        serial="VN-1",
        host=host,
        username="",
        password="",
        folder=tmp_path,
        discovery_port=port,
    )
    async with VirtualNvr(config):
        came = await asyncio.wait_for(heard.get(), 20)
        assert (came.host, came.leaves) == (host, False)
        assert came.reference.startswith("urn:uuid:")
    assert await asyncio.wait_for(heard.get(), 20) == replace(came, leaves=True)
    assert heard.empty()
    listening.close()


async def test_several_can_listen_and_one_cannot_where_there_is_no_such_network(port: int) -> None:
    everybody = "239.255.255.250", port
    one = await hear_greetings(["127.0.0.1", "192.0.2.1"], print, group=everybody)
    other = await hear_greetings(["127.0.0.1"], print, group=everybody)
    one.close()
    other.close()
    with pytest.raises(OSError, match="address"):
        await hear_greetings(["127.0.0.1"], print, group=("192.0.2.1", port))


def test_a_greeting_and_a_good_bye_are_known_by_their_elements() -> None:
    bye = Greeting(host="192.0.2.9", reference="", leaves=True)
    for said in (_BYE, _BYE.replace("d:", "wsd:").replace(":d=", ":wsd=")):
        assert read_greeting(said.encode(), "192.0.2.9") == bye
    hello = _BYE.replace("d:Bye", "d:Hello").encode()
    assert read_greeting(hello, "192.0.2.9") == replace(bye, leaves=False)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"Bye",
        b"\xff\xfeBye",
        _BYE.replace("<d:Bye/>", "<d:Probe>Bye, Hello</d:Probe>").encode(),
        b'<!DOCTYPE a [<!ENTITY b "b">]>' + _BYE.encode(),
        _BYE.encode() + b" " * 20_000,
    ],
)
def test_anything_else_is_none(said: bytes) -> None:
    assert read_greeting(said, "192.0.2.9") is None
