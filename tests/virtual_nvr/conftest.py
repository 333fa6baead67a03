"""Virtual recorders on addresses of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.virtual_nvr.nvr_lab import StartNvr, loopback_address, peer_of
from tests.virtual_nvr.soap_peer import SoapPeer
from virtual_nvr.nvr.config import NvrConfig
from virtual_nvr.nvr.unit import VirtualNvr


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def start_nvr(tmp_path: Path, http: aiohttp.ClientSession) -> AsyncIterator[StartNvr]:
    """Start virtual recorders, each with a client that knows its account."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> tuple[VirtualNvr, SoapPeer]:
            values: dict[str, Any] = {
                "name": "Attic",
                "serial": "VN-0001",
                "host": loopback_address(),
                "username": "admin",
                "password": "cellar-door",
                "folder": tmp_path / "nvr",
                **settings,
            }
            unit = await stack.enter_async_context(VirtualNvr(NvrConfig(**values)))
            return unit, peer_of(unit.config, http)

        yield start
