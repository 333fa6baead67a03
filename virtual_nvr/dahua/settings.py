"""configManager: tables of settings as lines, read and changed by name."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
import re
from typing import Any

from ..nvr.config import NvrConfig
from ..nvr.device import hardware_address
from .firmware import DahuaFirmware
from .slots import RecordMode, Slot, Slots
from .wire import Pairs, RefusedError, flat, index_in, lines, number

_DEVICE = re.compile(
    r"RemoteDevice\.(?:uuid:)?System_CONFIG_NETCAMERA_INFO_(\d{1,3})\.(?P<field>.+)"
)
_MASK = "******"
_DAYS = 8
"""The days of the week from Sunday on, and holidays."""
_SPARE_SECTIONS: Sequence[str] = ("0 00:00:00-24:00:00",) * 5
_TEXTS: Mapping[str, str] = {
    "Address": "address",
    "UserName": "username",
    "Password": "password",
    "Name": "name",
    "VideoInputs[0].MainStreamUrl": "main_url",
    "VideoInputs[0].ExtraStreamUrl": "extra_url",
}
_NUMBERS: Mapping[str, str] = {"Port": "port", "HttpPort": "http_port", "RtspPort": "rtsp_port"}
_IGNORED = {"DeviceType", "Vendor", "SerialNo", "Mac", "Version", "VideoInputs[0].Name"}


class Settings:
    """Tells and takes the tables of a recorder."""

    def __init__(
        self,
        slots: Slots,
        config: NvrConfig,
        firmware: DahuaFirmware,
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        """`changed` is awaited before a change is confirmed."""
        self._slots = slots
        self._config = config
        self._firmware = firmware
        self._end = firmware.line_end
        self._changed = changed

    async def get(self, action: str, query: Mapping[str, str]) -> str:
        """Carry out an action."""
        match action:
            case "getConfig":
                tables: Mapping[str, Callable[[], Pairs]] = {
                    "RemoteDevice": self._devices,
                    "RecordMode": self._modes,
                    "Record": self._schedules,
                    "ChannelTitle": self._titles,
                    "Network": self._network,
                    "RTSP": self._rtsp,
                }
                table = tables.get(query.get("name", ""))
                if table is None:
                    raise RefusedError
                return lines(table(), self._end)
            case "setConfig":
                return await self._set(query)
            case _:
                raise RefusedError

    async def _set(self, query: Mapping[str, str]) -> str:
        """Change all or nothing."""
        slots = dict(self._slots.all)
        try:
            for key, value in query.items():
                if key != "action":
                    self._set_one(slots, key, value)
        except RefusedError, LookupError:
            if self._firmware.error_in_ok:
                return f"Error{self._end}"
            raise RefusedError from None
        for channel, slot in slots.items():
            self._slots.change(channel, slot)
        await self._changed()
        return f"OK{self._end}"

    def _set_one(self, slots: dict[int, Slot], key: str, value: str) -> None:
        if match := _DEVICE.fullmatch(key):
            channel = int(match[1])
            slots[channel] = self._device_with(slots[channel], match["field"], value)
            return
        channel = index_in(key)
        slot = slots[channel]
        if key == f"RecordMode[{channel}].Mode":
            try:
                slots[channel] = replace(slot, mode=RecordMode(number(value)))
            except ValueError:
                raise RefusedError from None
        elif key == f"ChannelTitle[{channel}].Name":
            slots[channel] = replace(slot, title=value)
        elif key.startswith(f"Record[{channel}].TimeSection["):
            slots[channel] = replace(slot, schedule=value)
        else:
            raise RefusedError

    def _device_with(self, slot: Slot, name: str, value: str) -> Slot:
        """Return a channel with one field changed."""
        if name in _TEXTS:
            text: dict[str, Any] = {_TEXTS[name]: value}
            return replace(slot, **text)
        if name in _NUMBERS:
            port: dict[str, Any] = {_NUMBERS[name]: number(value)}
            return replace(slot, **port)
        if name == "Enable" and value in {"true", "false"}:
            return replace(slot, enable=value == "true")
        if name == "ProtocolType" and value in self._firmware.protocols.split():
            return replace(slot, protocol=value)
        if name in _IGNORED:
            return slot
        raise RefusedError

    def _devices(self) -> Iterator[tuple[str, object]]:
        for channel, slot in self._slots.all.items():
            prefix = f"table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_{channel}"
            yield from flat(prefix, self.device(slot))

    def device(self, slot: Slot) -> Mapping[str, object]:
        """Return what is told of a channel's camera."""
        return {
            "Address": slot.address,
            "DeviceType": "IPC-F22-D" if slot.enable else "",
            "Enable": slot.enable,
            "HttpPort": slot.http_port,
            "Mac": "ff:ff:ff:ff:ff:ff",
            "Name": slot.name,
            "Password": _MASK if self._firmware.masks_passwords else slot.password,
            "Port": slot.port,
            "ProtocolType": slot.protocol,
            "RtspPort": slot.rtsp_port,
            "UserName": slot.username,
            "Vendor": slot.protocol,
            "VideoInputs": [
                {
                    "ExtraStreamUrl": slot.extra_url,
                    "MainStreamUrl": slot.main_url,
                    "Name": "",
                    "ServiceType": "AUTO",
                }
            ],
        }

    def _modes(self) -> Iterator[tuple[str, object]]:
        for channel, slot in self._slots.all.items():
            yield f"table.RecordMode[{channel}].Mode", slot.mode
            yield f"table.RecordMode[{channel}].ModeExtra1", RecordMode.STOP

    def _schedules(self) -> Iterator[tuple[str, object]]:
        for channel, slot in self._slots.all.items():
            yield f"table.Record[{channel}].PreRecord", 4
            for day in range(_DAYS):
                for place, section in enumerate((slot.schedule, *_SPARE_SECTIONS)):
                    yield f"table.Record[{channel}].TimeSection[{day}][{place}]", section

    def _titles(self) -> Iterator[tuple[str, object]]:
        for channel, slot in self._slots.all.items():
            yield f"table.ChannelTitle[{channel}].Name", slot.title

    def _network(self) -> Pairs:
        prefix = "table.Network.eth0"
        return [
            (f"{prefix}.IPAddress", self._config.host),
            (f"{prefix}.PhysicalAddress", hardware_address(self._config.serial)),
        ]

    def _rtsp(self) -> Pairs:
        return [("table.RTSP.Enable", True), ("table.RTSP.Port", self._config.rtsp_port)]
