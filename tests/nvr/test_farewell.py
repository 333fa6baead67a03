"""Recorders that say good-bye in the network, and what else is said there."""

import asyncio
from pathlib import Path
import random

import pytest

from custom_components.nvr_hotspare.nvr.farewell import hear_farewells, is_farewell
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


async def test_a_recorder_that_stops_says_good_bye(tmp_path: Path, port: int) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    everybody = "239.255.255.250", port
    listening = await hear_farewells(["127.0.0.1"], heard.put_nowait, group=everybody)
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
        pass
    assert await asyncio.wait_for(heard.get(), 20) == host
    assert heard.empty(), "that it greeted is no good-bye"
    listening.close()


async def test_several_can_listen_and_one_cannot_where_there_is_no_such_network(port: int) -> None:
    everybody = "239.255.255.250", port
    one = await hear_farewells(["127.0.0.1", "192.0.2.1"], print, group=everybody)
    other = await hear_farewells(["127.0.0.1"], print, group=everybody)
    one.close()
    other.close()
    with pytest.raises(OSError, match="address"):
        await hear_farewells(["127.0.0.1"], print, group=("192.0.2.1", port))


def test_a_good_bye_is_known_by_its_element() -> None:
    assert is_farewell(_BYE.encode())
    assert is_farewell(_BYE.replace("d:", "wsd:").replace(":d=", ":wsd=").encode())


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"Bye",
        b"\xff\xfeBye",
        _BYE.replace("d:Bye", "d:Hello").encode(),
        _BYE.replace("<d:Bye/>", "<d:Hello>Bye</d:Hello>").encode(),
        b'<!DOCTYPE a [<!ENTITY b "b">]>' + _BYE.encode(),
        _BYE.encode() + b" " * 20_000,
    ],
)
def test_anything_else_is_none(said: bytes) -> None:
    assert not is_farewell(said)
