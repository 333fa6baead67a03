"""The event stream: what happens, told for as long as a client listens, and that nothing does."""

import asyncio

from aiohttp import web
from lxml import etree

from .firmware import HikvisionFirmware
from .wire import Wire

_BOUNDARY = "boundary"


class Alerts:
    """Tells whoever listens."""

    def __init__(self, firmware: HikvisionFirmware, address: str) -> None:
        """Tell of a recorder at this address."""
        self._firmware = firmware
        self._address = address
        self._wire = Wire(firmware.namespace)
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self.silent = False
        """Whether it has stopped talking, its connections left as they are."""

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._listeners)

    def end(self) -> None:
        """Tell nobody any more."""
        for listener in self._listeners:
            listener.put_nowait(b"")

    def tell(self, kind: str, *, active: bool = True) -> None:
        """Tell that something happens, or is over."""
        for listener in self._listeners:
            listener.put_nowait(self._part(kind, active=active))

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """Tell one client everything until it leaves."""
        response = web.StreamResponse(
            headers={"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}"}
        )
        await response.prepare(request)
        queue = asyncio.Queue[bytes]()
        self._listeners.add(queue)
        idle = self._part(self._firmware.keep_alive, active=False)
        try:
            while True:
                if not self.silent and self._firmware.keep_alive:
                    await response.write(idle)
                try:
                    async with asyncio.timeout(self._firmware.keep_alive_seconds):
                        part = await queue.get()
                except TimeoutError:
                    continue
                if not part:
                    return response
                if not self.silent:
                    await response.write(part)
        except ConnectionError:
            return response
        finally:
            self._listeners.discard(queue)

    def _part(self, kind: str, *, active: bool) -> bytes:
        element = self._wire.element
        alert = element(
            "EventNotificationAlert",
            element("ipAddress", self._address),
            element("channelID", 1),
            element("activePostCount", int(active)),
            element("eventType", kind),
            element("eventState", "active" if active else "inactive"),
            element("eventDescription", f"{kind} alarm"),
        )
        body = etree.tostring(alert)
        head = (
            f'--{_BOUNDARY}\r\nContent-Type: application/xml; charset="UTF-8"\r\n'
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body + b"\r\n"
