"""The API as a whole: who may ask, which part answers, and how the recorder follows."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
import json
from typing import override

from aiohttp import web
from lxml.etree import _Element as Element

from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage
from custom_components.nvr_hotspare.recorder.rtsp.server import Presentation

from ..nvr.config import ChannelConfig
from ..nvr.digest_api import DigestApi
from ..nvr.vendor import Inside
from .alerts import Alerts
from .firmware import HikvisionFirmware
from .inputs import Input, Inputs, recording_of
from .playback import Playback
from .protocols import Protocols
from .proxy import InputProxy
from .search import Search
from .system import System
from .tracks import Tracks
from .wire import RefusedError, Wire, not_found

_FILE = "hikvision.json"


class HikvisionApi(DigestApi):
    """Stands on a virtual recorder, and makes it a Hikvision.

    Attributes:
        alerts: What clients are told of by themselves.
        inputs: The channels.
    """

    def __init__(self, inside: Inside, firmware: HikvisionFirmware) -> None:
        super().__init__(inside, firmware, "DVRNVRDVS", recording_of)
        config = inside.config
        self._firmware = firmware
        self._wire = Wire(firmware.namespace)
        self.inputs = Inputs(config.folder / _FILE, config.limits.recordings, firmware)
        if self.inputs.is_new:
            self.inputs.take_over(dict(enumerate(config.channels, start=1)))
        self._met: dict[int, Input] = dict(self.inputs.inputs)
        self.inputs.apply(inside.state)
        self._storing = asyncio.Lock()
        address = f"{config.host}:{config.rtsp_port}"
        self.alerts = Alerts(firmware, config.host)
        self._proxy = InputProxy(self.inputs, firmware, self._is_recording, self._changed)
        self._protocols = Protocols(self.inputs, firmware, self._changed)
        self._tracks = Tracks(self.inputs, firmware, self._changed)
        self._search = Search(firmware, address, inside.ahead, self._held)
        self._system = System(inside, firmware, self.inputs, self._is_recording)
        self._playback = Playback(firmware, inside.live, inside.footage)

    @override
    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/ISAPI/{path:.+}", self._answer)

    @override
    def find(self, target: str) -> Presentation | Footage | None:
        return self._playback.find(target)

    @override
    def set_up(self, channels: Mapping[int, ChannelConfig]) -> None:
        self.inputs.take_over(channels)
        self.inputs.apply(self._inside.state)
        self.inputs.store()

    @override
    async def stop(self) -> None:
        self.alerts.end()
        await super().stop()

    @override
    def _rejection(self) -> web.Response:
        element, locked = self._wire.element, self.lock.closed
        told = element(
            "userCheck",
            element("statusValue", HTTPStatus.UNAUTHORIZED.value),
            element("statusString", "Unauthorized"),
            element("lockStatus", "lock" if locked else "unlock"),
            element("unlockTime", 1790 if locked else 0),
        )
        return self._wire.answer(told, HTTPStatus.UNAUTHORIZED)

    @override
    async def _carry_out(self, request: web.Request, body: bytes) -> web.StreamResponse:
        path = request.match_info["path"]
        try:
            if path == "Event/notification/alertStream":
                return await self.alerts.listen(request)
            if path.startswith("System/workingstatus") and request.method == "GET":
                return self._working(path, request.query.get("format", ""))
            return self._wire.answer(await self._dispatch(request.method, path, body))
        except RefusedError as error:
            told = self._wire.status(f"/ISAPI/{path}", code=error.code, sub=error.sub)
            return self._wire.answer(told, error.status)

    async def _dispatch(self, method: str, path: str, body: bytes) -> Element:
        area, _, rest = path.partition("/")
        if area == "System":
            return self._dispatch_system(method, rest, path)
        if (method, path) == ("GET", "Security/adminAccesses"):
            return self._system.accesses()
        part, _, inner = rest.partition("/")
        match method, area, part:
            case _, "ContentMgmt", "InputProxy":
                part_of = self._proxy if inner.startswith("channels") else self._protocols
                return await part_of.answer(method, inner, f"/ISAPI/{path}", body)
            case _, "ContentMgmt", "record":
                return await self._tracks.answer(method, inner, f"/ISAPI/{path}", body)
            case "POST", "ContentMgmt", "search":
                return await self._search.answer(body)
            case _:
                raise not_found()

    def _dispatch_system(self, method: str, rest: str, path: str) -> Element:
        match method, rest:
            case "GET", "deviceInfo":
                return self._system.device_info()
            case "GET", "capabilities":
                return self._system.capabilities()
            case "GET", "status":
                return self._system.status()
            case "GET", "time":
                return self._system.time()
            case "PUT", "reboot":
                self._inside.reboot()
                return self._wire.status(f"/ISAPI/{path}")
            case _:
                raise not_found()

    def _working(self, path: str, wanted: str) -> web.StreamResponse:
        kind = self._firmware.working_status
        if kind == "none":
            raise not_found()
        if kind == "xml" or wanted != "json":
            return self._wire.answer(self._system.working_xml())
        told = self._system.working_json(channels_only=path.endswith("chanStatus"))
        return web.Response(text=json.dumps(told), content_type="application/json")

    async def _changed(self, channel: int) -> None:
        """Have the recorder follow its channels, whose cameras it logs in to first.

        Who takes a camera off its channel loses its footage.
        """
        camera = self.inputs.inputs.get(channel)
        if camera is None and channel in self._met:
            self._inside.director.discard(recording_of(channel))
            del self._met[channel]
        elif camera is not None and camera != self._met.get(channel):
            self._met[channel] = camera
            self._meet(channel, camera.address, camera.username, camera.password)
        self.inputs.apply(self._inside.state)
        async with self._storing:
            await asyncio.to_thread(self.inputs.store)
        await self._inside.settle()
