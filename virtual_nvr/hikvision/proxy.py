"""InputProxy: cameras put onto channels, changed and taken away, and whether they are there.

The traps: a password is never told, and what is not said again is lost; the id of a new channel may
be the recorder's choice; lists may tell a wrong size.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from .firmware import HikvisionFirmware
from .inputs import PROTOCOLS, Input, Inputs
from .wire import OK, RefusedError, Wire, bad, children, not_found, number, parse, text

_KNOCK = 0.5
"""Seconds that a camera may take to accept a connection."""
_SOURCE = "sourceInputPortDescriptor"


class InputProxy:
    """The cameras of a recorder."""

    def __init__(
        self,
        inputs: Inputs,
        firmware: HikvisionFirmware,
        is_recording: Callable[[int], bool],
        changed: Callable[[int], Awaitable[None]],
    ) -> None:
        """Manage cameras; `changed` is awaited with the channel before it is confirmed."""
        self._inputs = inputs
        self._firmware = firmware
        self._is_recording = is_recording
        self._changed = changed
        self._wire = Wire(firmware.namespace)

    async def answer(self, method: str, rest: str, path: str, body: bytes) -> Element:
        """Carry out a request of what follows InputProxy/, channels and below."""
        match method, rest.split("/"):
            case "GET", ["channels"]:
                return self._list("InputProxyChannelList", map(self._told, self._inputs.inputs))
            case "POST", ["channels"]:
                return await self._add(path, body)
            case "GET", ["channels", "status"]:
                return await self._statuses()
            case "GET", ["channels", channel, "status"]:
                return await self._status(self._there(channel))
            case _, ["channels", channel]:
                return await self._answer_of(method, self._there(channel), path, body)
            case _:
                raise not_found()

    async def _answer_of(self, method: str, channel: int, path: str, body: bytes) -> Element:
        match method:
            case "GET":
                return self._told(channel)
            case "PUT":
                return await self._change(channel, path, body)
            case "DELETE":
                return await self._remove(channel, path)
            case _:
                raise not_found()

    # Channels

    async def _add(self, path: str, body: bytes) -> Element:
        if self._firmware.adds_nothing:
            raise RefusedError(self._firmware.adds_nothing, 4, HTTPStatus.OK)
        asked = parse(body, "InputProxyChannel")
        free = self._inputs.free
        channel = number(text(asked, "id") or "0")
        if not free:
            raise RefusedError("channelNumFull", 4, HTTPStatus.FORBIDDEN)
        if self._firmware.assigns_ids or not channel:
            channel = free[0]
        if channel not in free:
            raise bad("badParameters")
        camera = self._camera(asked, Input(name=f"Camera {channel:02}"))
        if not self._firmware.pretends:
            self._inputs.add(channel, camera)
            await self._changed(channel)
        return self._wire.status(path, code=OK, channel=channel)

    async def _change(self, channel: int, path: str, body: bytes) -> Element:
        asked = parse(body, "InputProxyChannel")
        if self._firmware.rejects_names and text(asked, "name") is not None:
            raise bad()
        there = self._inputs.inputs[channel]
        kept = Input(name=there.name) if self._firmware.forgets_what_is_missing else there
        if not self._firmware.pretends:
            self._inputs.inputs[channel] = self._camera(asked, kept)
            await self._changed(channel)
        return self._wire.status(path)

    async def _remove(self, channel: int, path: str) -> Element:
        if not self._firmware.pretends:
            self._inputs.remove(channel)
            await self._changed(channel)
        return self._wire.status(path)

    def _camera(self, asked: Element, like: Input) -> Input:
        """Return a camera as a client describes it; what is missing is as in `like`."""
        told = next(children(asked, _SOURCE), None)
        protocol = text(told, "proxyProtocol") or like.protocol
        custom = self._inputs.custom_of(protocol)
        if protocol not in PROTOCOLS and (custom is None or not custom.path):
            raise bad("badParameters")
        address = text(told, "ipAddress") or text(told, "hostName") or like.address
        if told is not None and not address:
            raise bad("badIPv4Address")
        return Input(
            name=text(asked, "name") or like.name,
            protocol=protocol,
            address=address,
            port=number(text(told, "managePortNo") or str(like.port)),
            source=number(text(told, "srcInputPort") or "1"),
            username=text(told, "userName") or like.username,
            password=text(told, "password") or like.password,
        )

    def _told(self, channel: int) -> Element:
        element, camera = self._wire.element, self._inputs.inputs[channel]
        return element(
            "InputProxyChannel",
            element("id", channel),
            element("name", camera.name),
            element(
                _SOURCE,
                element("proxyProtocol", camera.protocol),
                element("addressingFormatType", "ipaddress"),
                element("ipAddress", camera.address),
                element("managePortNo", camera.port),
                element("srcInputPort", camera.source),
                element("userName", camera.username),
                element("streamType", "auto"),
            ),
            element("enableAnr", "false"),
        )

    async def _statuses(self) -> Element:
        told = await asyncio.gather(*map(self._status, self._inputs.inputs))
        return self._list("InputProxyChannelStatusList", told)

    async def _status(self, channel: int) -> Element:
        element, camera = self._wire.element, self._inputs.inputs[channel]
        found = await self._detect(channel)
        return element(
            "InputProxyChannelStatus",
            element("id", channel),
            element(
                _SOURCE,
                element("proxyProtocol", camera.protocol),
                element("ipAddress", camera.address),
                element("managePortNo", camera.port),
            ),
            element("online", found == "connect"),
            element("chanDetectResult", found),
        )

    async def _detect(self, channel: int) -> str:
        """Return what the recorder found out about a camera."""
        camera = self._inputs.inputs[channel]
        if self._is_recording(channel):
            return "connect"
        if self._inputs.is_rejected(camera):
            return "errorUserNameOrPasswd"
        parts = urlsplit(self._inputs.uri(camera))
        try:
            async with asyncio.timeout(_KNOCK):
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        except OSError:
            return "netUnreachable"
        writer.transport.abort()
        return "connect"

    def _there(self, channel: str) -> int:
        if not channel.isdecimal() or int(channel) not in self._inputs.inputs:
            raise not_found()
        return int(channel)

    def _list(self, name: str, entries: Iterable[Element]) -> Element:
        told = self._wire.element(name)
        told.extend(entries)
        size = len(told) + 3 if self._firmware.wrong_sizes else len(told)
        told.set("size", str(size))
        return told
