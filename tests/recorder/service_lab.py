"""The engine's service and its listener in this process, to be talked to over their socket."""

import asyncio
from pathlib import Path

from custom_components.nvr_hotspare.recorder.archive import mark
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.listener import Listener
from custom_components.nvr_hotspare.recorder.messages import (
    PROTOCOL,
    Hello,
    encode_request,
    read,
)
from custom_components.nvr_hotspare.recorder.model import ChannelState
from custom_components.nvr_hotspare.recorder.orders import OrdersFile
from custom_components.nvr_hotspare.recorder.plain import Plain
from custom_components.nvr_hotspare.recorder.report import ChannelReport, EngineReport
from custom_components.nvr_hotspare.recorder.service import Service

type Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Engine:
    """A service with its listener, in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "engine.sock"
        self.orders = OrdersFile(folder / "engine.json")
        self.reports: list[EngineReport] = []
        mark(folder / "footage")

    async def start(self) -> None:
        self.service = Service(self.folder / "footage", self.orders, "1.2.3")
        await self.service.start()
        self.listener = Listener(self.service)
        await self.listener.start(self.socket)
        self._running = asyncio.create_task(self.listener.run())

    async def stop(self) -> None:
        self.service.done.set()
        self.listener.close()
        await self.service.stop()
        await self._running

    def ring(self, channel: str) -> int:
        """Bytes in memory, as last reported."""
        return self._channel(channel).ring

    def frames(self, channel: str) -> int:
        """Frames written, as last reported."""
        return self._channel(channel).frames

    def state(self, channel: str) -> ChannelState | None:
        """What is done about a channel, as last reported."""
        return self._channel(channel).state

    def _channel(self, name: str) -> ChannelReport:
        channels = self.reports[-1].channels if self.reports else {}
        return channels.get(name, ChannelReport(provisioned=False, recorded=False))

    async def client(self) -> EngineClient:
        return await EngineClient.connect(self.socket, "1.2.3", self.reports.append)

    async def raw(self) -> Talk:
        return await asyncio.open_unix_connection(self.socket)


async def say(talk: Talk, data: bytes) -> dict[str, Plain] | None:
    """Say something and return the answer, None if the engine hangs up."""
    reader, writer = talk
    writer.write(data)
    try:
        async with asyncio.timeout(60):
            while (message := await read(reader)) is not None and "report" in message:
                pass
    except ConnectionError:
        return None
    return message


def hello(number: int = 1, protocol: int = PROTOCOL) -> bytes:
    return encode_request(number, Hello(protocol=protocol, version="1.2.3"))
