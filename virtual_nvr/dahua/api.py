"""The API as a whole: who may ask, which part answers, and how the recorder follows."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
import hashlib
from http import HTTPStatus
from typing import Any, Protocol, override
from urllib.parse import urlsplit

from aiohttp import web

from custom_components.nvr_hotspare.recorder.rtsp.footage import Footage
from custom_components.nvr_hotspare.recorder.rtsp.server import Presentation

from ..nvr.config import ChannelConfig
from ..nvr.digest_api import DigestApi
from ..nvr.vendor import Inside
from .cameras import LogicDevices
from .disks import Disks, RecordManager
from .events import Events
from .finder import Finder
from .firmware import DahuaFirmware
from .identity import Clock, MagicBox
from .playback import Playback
from .settings import Settings
from .slots import Slot, Slots, recording_of
from .wire import RefusedError, json_body, parameters, refusal

_FILE = "dahua.json"


class _Part(Protocol):
    async def get(self, action: str, query: Mapping[str, str]) -> str: ...


class _JsonPart(Protocol):
    async def post(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]: ...


class DahuaApi(DigestApi):
    """Stands on a virtual recorder, and makes it a Dahua.

    Attributes:
        events: What clients are told of by themselves.
        finder: Their searches.
        slots: The channels.
    """

    def __init__(self, inside: Inside, firmware: DahuaFirmware) -> None:
        config = inside.config
        realm = "Login to " + hashlib.md5(config.serial.encode()).hexdigest()  # noqa: S324
        super().__init__(inside, firmware, realm, recording_of)
        self._firmware = firmware
        self.slots = Slots(config.folder / _FILE, config.limits.recordings)
        if self.slots.is_new:
            self.slots.take_over(dict(enumerate(config.channels, start=1)))
        self._cameras = {number: _camera(slot) for number, slot in self.slots.all.items()}
        self.slots.apply(inside.state)
        settings = Settings(self.slots, config, firmware, self._changed)
        devices = LogicDevices(self.slots, firmware, settings, self._is_recording, self._changed)
        self.events = Events(firmware)
        self.finder = Finder(lambda: len(self.slots.all), firmware, inside.ahead, self._held)
        self._parts: Mapping[str, _Part] = {
            "magicBox.cgi": MagicBox(config, firmware, inside.reboot),
            "global.cgi": Clock(firmware, inside.now),
            "configManager.cgi": settings,
            "LogicDeviceManager.cgi": devices,
            "mediaFileFind.cgi": self.finder,
            "storageDevice.cgi": Disks(config.folder, firmware, inside.storage_failed),
        }
        self._json: Mapping[str, _JsonPart] = {
            "LogicDeviceManager": devices,
            "recordManager": RecordManager(self.slots, firmware, self._is_recording),
        }
        self._playback = Playback(firmware, inside.live, inside.footage)

    @override
    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/cgi-bin/{part:.+}", self._answer)

    @override
    def find(self, target: str) -> Presentation | Footage | None:
        return self._playback.find(target)

    @override
    def set_up(self, channels: Mapping[int, ChannelConfig]) -> None:
        self.slots.take_over(channels)
        self.slots.apply(self._inside.state)
        self.slots.store()

    @override
    def _rejection(self) -> web.Response:
        status = HTTPStatus.FORBIDDEN if self.lock.closed else HTTPStatus.UNAUTHORIZED
        return refusal(status, self._firmware.line_end)

    @override
    async def _carry_out(self, request: web.Request, body: bytes) -> web.StreamResponse:
        try:
            return await self._dispatch(request, body)
        except RefusedError as error:
            return refusal(error.status, self._firmware.line_end)

    async def _dispatch(self, request: web.Request, body: bytes) -> web.StreamResponse:
        name = request.match_info["part"]
        query = parameters(request.rel_url.raw_query_string)
        if name.startswith("api/"):
            return await self._dispatch_json(request, name.removeprefix("api/"), body)
        action = query.get("action", "")
        if name == "eventManager.cgi" and action == "attach":
            return await self.events.attach(request, query)
        if name not in self._parts or request.method != "GET":
            raise RefusedError
        return web.Response(text=await self._parts[name].get(action, query))

    async def _dispatch_json(
        self, request: web.Request, name: str, body: bytes
    ) -> web.StreamResponse:
        if self._firmware.json_api:
            raise RefusedError(HTTPStatus(self._firmware.json_api))
        part, _, method = name.partition("/")
        if part not in self._json or request.method != "POST":
            raise RefusedError
        return web.json_response(await self._json[part].post(method, json_body(body)))

    async def _changed(self) -> None:
        """Have the recorder follow its channels, whose cameras it logs in to first."""
        for number, slot in self.slots.all.items():
            camera = _camera(slot)
            if camera != self._cameras[number]:
                self._cameras[number] = camera
                if slot.enable:
                    self._take_in(number, slot)
        self.slots.apply(self._inside.state)
        await asyncio.to_thread(self.slots.store)
        await self._inside.settle()

    def _take_in(self, number: int, slot: Slot) -> None:
        if self._firmware.forgets_names:
            self.slots.change(number, replace(slot, name="7H07AB1RAZ64978"))
        host = urlsplit(slot.channel.uri).hostname or ""
        self._meet(number, host, slot.username, slot.password)


def _camera(slot: Slot) -> tuple[object, ...]:
    """Return what a recorder has to log in to anew when it changes."""
    return slot.enable, slot.channel.uri, slot.username, slot.password
