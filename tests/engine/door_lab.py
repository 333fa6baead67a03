"""A door with somebody behind it who repeats each line, in this process, and ways to talk to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from custom_components.nvr_hotspare.recorder.remote.certificate import Certificate, certificate
from custom_components.nvr_hotspare.recorder.remote.door import Door, Serve
from custom_components.nvr_hotspare.recorder.remote.ledger import Ledger
from custom_components.nvr_hotspare.recorder.remote.talk import Pairing
from custom_components.nvr_hotspare.recorder.remote.tls import client_context

HOST = "127.0.61.1"


class DoorLab:
    """One engine's door, which may be closed and opened again with what is on its disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.codes: list[str] = []
        self.admitted: list[str] = []
        self.prepared: list[str] = []
        self.certificate: Certificate
        self.ledger: Ledger
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        self.certificate = certificate(self._folder / "engine.pem")
        self.ledger = Ledger(self._folder / "pairing.json", self.certificate, self.prepared.append)
        door = Door(self.certificate, self.ledger, "1.2.3", admit=self._admit, footage=self._repeat)
        await self.ledger.show_code(self.codes.append)
        self.port = door.start(HOST, self.port)
        try:
            yield
        finally:
            await door.close()

    @property
    def code(self) -> str:
        return self.codes[-1]

    async def _admit(self) -> Serve:
        assert self.ledger.pairing
        self.admitted.append(self.ledger.pairing.group)
        return self._repeat

    async def _repeat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()

    async def connect(self, purpose: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect as somebody who asks for no fingerprint."""
        return await asyncio.open_connection(HOST, self.port, ssl=client_context(purpose))


async def echoed(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bool:
    """Whether who is behind the door answers."""
    reader, writer = stream
    writer.write(b"hello\n")
    async with asyncio.timeout(60):
        answer = await reader.readline()
    writer.transport.abort()
    return answer == b"hello\n"


def other_key(pairing: Pairing) -> Pairing:
    """Return a pairing with a key that nobody gave."""
    return Pairing(
        engine=pairing.engine,
        fingerprint=pairing.fingerprint,
        group=pairing.group,
        key="0" * 64,
    )
