"""What tests of virtual recorders need besides fixtures."""

from collections.abc import Awaitable, Callable
import random

import aiohttp

from tests.virtual_nvr.soap_peer import SoapPeer
from virtual_nvr.nvr.config import NvrConfig
from virtual_nvr.nvr.unit import VirtualNvr

type StartNvr = Callable[..., Awaitable[tuple[VirtualNvr, SoapPeer]]]


def loopback_address() -> str:
    """Return an address that nobody else uses, so that every unit can have the usual ports."""
    return f"127.{random.randrange(16, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}"


def peer_of(config: NvrConfig, http: aiohttp.ClientSession) -> SoapPeer:
    """Return a client that knows the unit's account."""
    address = f"http://{config.host}:{config.http_port}"
    return SoapPeer(http, address, config.username, config.password)
