"""Keeps in touch with an engine on another machine."""

import asyncio
from typing import override

from ..attendant import Attendant, OnAttached, OnReport
from ..client import EngineClient
from ..program import version
from .talk import Pairing
from .visit import enter


class Caller(Attendant):
    """Enters by the key of a pairing, again and again."""

    longest_pause = 5.0

    def __init__(
        self,
        host: str,
        port: int,
        pairing: Pairing,
        *,
        on_attached: OnAttached,
        on_report: OnReport,
    ) -> None:
        """Call an engine; `on_attached` and `on_report` as of `Attendant`."""
        super().__init__(on_attached=on_attached, on_report=on_report)
        self._host = host
        self._port = port
        self._pairing = pairing

    @override
    async def _meet(self) -> EngineClient:
        ours = await asyncio.to_thread(version)
        stream = await enter(self._host, self._port, self._pairing)
        client = EngineClient(*stream, self._take)
        await client.greet(ours, self.capabilities)
        return client
