"""LogicDeviceManager: cameras added and taken away, and whether they are connected."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from .firmware import DahuaFirmware
from .settings import Settings
from .slots import UNUSED, Slot, Slots
from .wire import RefusedError, flat, lines

_KNOCK = 0.5
"""Seconds that a camera may take to accept a connection."""


class LogicDevices:
    """Adds cameras, in JSON, and tells how they are, in both ways."""

    def __init__(
        self,
        slots: Slots,
        firmware: DahuaFirmware,
        settings: Settings,
        is_recording: Callable[[int], bool],
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        """Manage the cameras on these channels; `changed` as of `Settings`."""
        self._slots = slots
        self._firmware = firmware
        self._settings = settings
        self._is_recording = is_recording
        self._changed = changed

    async def get(self, action: str, query: Mapping[str, str]) -> str:
        """Carry out an action of the CGI."""
        end = self._firmware.line_end
        match action:
            case "getCameraState":
                if not any(key.startswith("uniqueChannels") for key in query):
                    raise RefusedError
                return lines(flat("", {"states": await self._states()}), end)
            case "getCameraAll":
                return lines(flat("", {"camera": self._all()}), end)
            case _:
                raise RefusedError

    async def post(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out a method of the JSON API."""
        match method:
            case "getCameraState":
                return {"states": await self._states()}
            case "getCameraAll":
                return {"camera": self._all()}
            case "addCameraByGroup" | "setCamera":
                return await self._add(_groups(body))
            case "deleteCameraByGroup":
                return await self._delete(_groups(body))
            case _:
                raise RefusedError

    async def _states(self) -> list[Mapping[str, Any]]:
        """Tell how cameras are; of a channel without one only that it is there."""
        connected = await asyncio.gather(*map(self._is_connected, self._slots.all))
        return [
            {"channel": channel, "connectionState": "Connected" if there else "Unconnect"}
            if slot.enable
            else {"channel": channel}
            for (channel, slot), there in zip(self._slots.all.items(), connected, strict=True)
        ]

    async def _is_connected(self, channel: int) -> bool:
        slot = self._slots.all[channel]
        if not slot.enable:
            return False
        if self._is_recording(channel):
            return True
        parts = urlsplit(slot.channel.uri)
        try:
            async with asyncio.timeout(_KNOCK):
                _, writer = await asyncio.open_connection(parts.hostname, parts.port or 554)
        except OSError:
            return False
        writer.transport.abort()
        return True

    def _all(self) -> list[Mapping[str, Any]]:
        return [
            {
                "Enable": slot.enable,
                "Type": "Remote",
                "UniqueChannel": channel,
                "Channel": 0,
                "DeviceID": f"uuid:System_CONFIG_NETCAMERA_INFO_{channel}",
                "DeviceInfo": self._settings.device(slot),
            }
            for channel, slot in self._slots.all.items()
        ]

    async def _add(self, groups: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        told = []
        for group in groups:
            made = self._slot_of(group.get("DeviceInfo"))
            cameras = []
            for camera in group.get("cameras") or ():
                channel = camera.get("uniqueChannel")
                code = self._firmware.failed_code or self._put(channel, made)
                cameras.append({"uniqueChannel": channel, "failedCode": code})
            told.append({"cameras": cameras})
        await self._changed()
        return {"group": told}

    def _put(self, channel: object, made: Slot | None) -> int:
        """Put a camera onto a channel; return a code, 0 if that was done."""
        if made is None:
            return 2
        if not isinstance(channel, int) or channel not in self._slots.all:
            return 1
        there = self._slots.all[channel]
        self._slots.change(
            channel, replace(made, title=there.title, mode=there.mode, schedule=there.schedule)
        )
        return 0

    def _slot_of(self, told: object) -> Slot | None:
        """Return what a client wants to add, None for a protocol that the recorder lacks."""
        if not isinstance(told, dict):
            raise RefusedError
        protocol = str(told.get("ProtocolType") or "Private")
        if protocol not in self._firmware.protocols.split():
            return None
        inputs = told.get("VideoInputs") or [{}]
        return Slot(
            enable=True,
            address=str(told.get("Address") or ""),
            protocol=protocol,
            port=int(told.get("Port") or 37777),
            http_port=int(told.get("HttpPort") or 80),
            rtsp_port=int(told.get("RtspPort") or 554),
            username=str(told.get("UserName") or ""),
            password=str(told.get("Password") or ""),
            name=str(told.get("Name") or ""),
            main_url=str(inputs[0].get("MainStreamUrl") or ""),
            extra_url=str(inputs[0].get("ExtraStreamUrl") or ""),
        )

    async def _delete(self, groups: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        told = []
        for group in groups:
            channels = group.get("uniqueChannels") or ()
            if any(it not in self._slots.all or not self._used(it) for it in channels):
                raise RefusedError
            for channel in channels:
                there = self._slots.all[channel]
                left = replace(there, enable=False, password="")
                empty = Slot(address=UNUSED, title=f"Channel {channel + 1}", mode=there.mode)
                self._slots.change(channel, left if self._firmware.keeps_deleted else empty)
            told.append({"uniqueChannels": list(channels)})
        await self._changed()
        return {"group": told}

    def _used(self, channel: int) -> bool:
        return self._slots.all[channel].address != UNUSED


def _groups(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    groups = body.get("group")
    if not isinstance(groups, list) or not all(isinstance(it, dict) for it in groups):
        raise RefusedError
    return groups
