"""What speaks go2rtc's API as Home Assistant uses it; it plays nothing.

See github.com/AlexxIT/go2rtc, api/README.md and internal/webrtc/README.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

ANSWER = "v=0 the answer"
SNAPSHOT = b"\xff\xd8 a picture"


@dataclass
class Go2Rtc:
    """A server, and what it was told."""

    url: str = ""
    streams: dict[str, list[str]] = field(default_factory=dict)
    """The addresses of each stream, by name."""
    open: int = 0
    """WebRTC sessions that stand."""
    broken: bool = False
    """Whether it fails at everything."""

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": "1.9.14"})

    async def _schemes(self, _: web.Request) -> web.Response:
        return web.json_response(["rtsp"])

    async def _list(self, _: web.Request) -> web.Response:
        told = {
            name: {"producers": [{"url": url} for url in urls]}
            for name, urls in self.streams.items()
        }
        return web.json_response(told)

    async def _put(self, request: web.Request) -> web.Response:
        self.streams[request.query["name"]] = request.query.getall("src")
        return web.Response()

    async def _preloads(self, _: web.Request) -> web.Response:
        return web.json_response({}, status=500 if self.broken else 200)

    async def _frame(self, request: web.Request) -> web.Response:
        assert request.query["src"] in self.streams
        return web.Response(body=SNAPSHOT, content_type="image/jpeg")

    async def _session(self, request: web.Request) -> web.WebSocketResponse:
        assert request.query["src"] in self.streams
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.open += 1
        async for message in socket:
            if message.json()["type"] == "webrtc":
                value = {"type": "answer", "sdp": ANSWER}
                await socket.send_json({"type": "webrtc", "value": value})
        self.open -= 1
        return socket

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers."""
        return [
            web.get("/api", self._version),
            web.get("/api/schemes", self._schemes),
            web.get("/api/streams", self._list),
            web.put("/api/streams", self._put),
            web.get("/api/preload", self._preloads),
            web.get("/api/frame.jpeg", self._frame),
            web.get("/api/ws", self._session),
        ]


@asynccontextmanager
async def running() -> AsyncIterator[Go2Rtc]:
    """A server for as long as the block runs."""
    server = Go2Rtc()
    app = web.Application()
    app.add_routes(server.routes())
    runner = web.AppRunner(app, shutdown_timeout=0.1)  # sessions end with it
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}/"
    try:
        yield server
    finally:
        await runner.cleanup()
