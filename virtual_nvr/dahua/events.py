"""eventManager: what happens, told for as long as a client listens."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from .firmware import DahuaFirmware
from .wire import number

_BOUNDARY = "myboundary"
_LONGEST = 60


class Events:
    """Tells whoever is attached."""

    def __init__(self, firmware: DahuaFirmware) -> None:
        self._firmware = firmware
        self._listeners: set[asyncio.Queue[str]] = set()
        self.silent = False
        """Whether it has stopped talking, its connections left as they are."""

    @property
    def listeners(self) -> int:
        """How many are attached."""
        return len(self._listeners)

    def tell(self, code: str, action: str, index: int = 0, **data: object) -> None:
        """Tell that something happens."""
        text = f"Code={code};action={action};index={index}"
        if data:
            text += ";data={" + ", ".join(f'"{key}" : "{it}"' for key, it in data.items()) + "}"
        for listener in self._listeners:
            listener.put_nowait(text)

    async def attach(self, request: web.Request, query: Mapping[str, str]) -> web.StreamResponse:
        """Tell one client everything until it leaves."""
        every = min(max(1, number(query.get("heartbeat", "60"))), _LONGEST)
        response = web.StreamResponse(
            headers={"Content-Type": f"multipart/x-mixed-replace; boundary={_BOUNDARY}"}
        )
        await response.prepare(request)
        queue = asyncio.Queue[str]()
        self._listeners.add(queue)
        try:
            while True:
                try:
                    async with asyncio.timeout(every):
                        text = await queue.get()
                except TimeoutError:
                    if not self._firmware.sends_heartbeats:
                        continue
                    text = "Heartbeat"
                if not self.silent:
                    await response.write(_part(text))
        except ConnectionError:
            return response
        finally:
            self._listeners.discard(queue)


def _part(text: str) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Type: text/plain\r\nContent-Length:{len(text)}\r\n\r\n"
    return f"{head}{text}\r\n\r\n".encode()
