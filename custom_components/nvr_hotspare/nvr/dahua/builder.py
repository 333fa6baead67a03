"""Putting one camera onto a channel of the recorder, and taking it off again.

By the JSON API where there is one: there the camera's password is in the body of a request. Else by
settings, where it is in the address, which nobody here ever shows. Whatever was written is read
again: an answer that says OK is not always true.
"""

from collections.abc import Mapping, Sequence
import time
from typing import Any, Final
from urllib.parse import urlsplit

from ...recorder.model import Source
from ..errors import UnitFullError, UnitProtocolError, UnitRequestError
from ..model import Place
from ..uris import is_same_stream
from .client import DahuaClient
from .devices import UNUSED, UUID, Device, take_devices
from .facts import is_free, is_nvr
from .mark import Mark
from .schedule import AUTO, MANUAL, STOP

GENERAL: Final = "General"
"""The protocol of cameras of no brand: any address of RTSP."""
ONVIF: Final = "Onvif"
"""What recorders without it know; then the camera decides which of its streams is the main one."""
_ONVIF_PORT: Final = 80
_RTSP: Final = 554
_LONGEST_TITLE: Final = 60


class Builder:
    """Adds, changes and takes away; to be used by one task at a time."""

    def __init__(self, client: DahuaClient) -> None:
        self._client = client
        self._written: dict[int, tuple[Mark, Source]] = {}
        """What was last put onto a channel: recorders never tell passwords."""
        self._protocol = GENERAL
        self._counts_all: bool | None = None

    async def counts_all(self) -> bool:
        """Whether a channel without an entry is free; raises as `is_nvr`."""
        if self._counts_all is None:
            self._counts_all = await is_nvr(self._client)
        return self._counts_all

    async def look(self) -> Sequence[Device]:
        """Return the channels, ours marked by their title where the recorder changed their names.

        Raises:
            UnitError: As `take_devices`.
        """
        devices = await take_devices(self._client)
        lost = {
            it.channel: self._written[it.channel]
            for it in devices
            if it.is_used and it.mark is None and it.channel in self._written
        }
        renamed = {
            it.channel: f"{it.title[:_LONGEST_TITLE]} {lost[it.channel][0].text}"
            for it in devices
            if it.channel in lost and _holds(it, lost[it.channel][1])
        }
        if not renamed:
            return devices
        await self._client.configure(
            {f"ChannelTitle[{channel}].Name": title for channel, title in renamed.items()}
        )
        return await take_devices(self._client)

    def is_ready(self, device: Device, place: Place) -> bool:
        """Whether nothing is left to do but to record."""
        written = self._written.get(device.channel)
        return (
            device.enabled
            and _holds(device, place.source)
            and (written is not None and written[1] == place.source)
        )

    async def build(
        self, place: Place, devices: Sequence[Device], *, record: bool
    ) -> Sequence[Device]:
        """Put a camera onto its channel, or onto one that is free, and tell what to record of it.

        Returns all channels, as they are then.

        Args:
            place: The camera.
            devices: All channels, as they are now.
            record: Whether to record it, at once.

        Raises:
            UnitFullError: No channel is free.
            UnitRequestError: The recorder did not take it.
            UnitError: As `DahuaClient.post`.
        """
        held = held_of(devices, place.key)
        device = held[0] if held else await self._free(devices)
        mark = device.mark or Mark(place.key, int(time.time()))
        channel = device.channel
        # Before: a camera that is added would be recorded by the schedule at once.
        settings = {f"RecordMode[{channel}].Mode": str(MANUAL if record else STOP)}
        if not held:
            settings[f"ChannelTitle[{channel}].Name"] = place.name[:_LONGEST_TITLE]
        await self._client.configure(settings)
        try:
            await self._add(channel, mark, place.source)
        except UnitRequestError:
            if self._protocol != GENERAL:
                raise
            self._protocol = ONVIF
            await self._add(channel, mark, place.source)
        return await self._proven(channel, mark, place.source)

    async def remove(self, device: Device) -> None:
        """Take a camera of ours off its channel; footage stays where it is.

        Raises:
            UnitRequestError: The recorder keeps it.
            UnitError: As `DahuaClient.post`.
        """
        channel = device.channel
        if await self._client.has_json():
            body = {"group": [{"uniqueChannels": [channel]}]}
            check_codes(await self._client.post("LogicDeviceManager/deleteCameraByGroup", body))
        settings = {
            f"RecordMode[{channel}].Mode": str(AUTO),
            f"ChannelTitle[{channel}].Name": f"Channel {channel + 1}",
        }
        left = await self._entry(channel)
        if left.is_used:
            settings |= {
                _key(channel, name): value
                for name, value in {
                    "Enable": "false",
                    "Address": UNUSED,
                    "Name": "",
                    "Password": "",
                    "VideoInputs[0].MainStreamUrl": "",
                }.items()
            }
        await self._client.configure(settings)
        self._written.pop(channel, None)
        if (await self._entry(channel)).is_used:
            raise UnitRequestError("The recorder keeps a camera that was to be taken away")

    async def disable(self, device: Device) -> None:
        """Have the recorder leave a camera of ours alone, and its channel ours.

        Raises:
            UnitError: As `DahuaClient.configure`.
        """
        channel = device.channel
        await self._client.configure(
            {f"RecordMode[{channel}].Mode": str(STOP), _key(channel, "Enable"): "false"}
        )
        self._written.pop(channel, None)

    async def _free(self, devices: Sequence[Device]) -> Device:
        """Return the last free channel: people and recorders fill them from the first on."""
        counts_all = await self.counts_all()
        for device in reversed(devices):
            if is_free(device, counts_all=counts_all):
                return device
        raise UnitFullError("The recorder has no free channel")

    async def _add(self, channel: int, mark: Mark, source: Source) -> None:
        fields = self._fields(mark, source)
        if await self._client.has_json():
            body = {"group": [{"DeviceInfo": fields, "cameras": [{"uniqueChannel": channel}]}]}
            check_codes(await self._client.post("LogicDeviceManager/addCameraByGroup", body))
        else:
            flat = dict(fields)
            flat["VideoInputs[0].MainStreamUrl"] = flat.pop("VideoInputs")[0]["MainStreamUrl"]
            pairs = {_key(channel, name): str(value) for name, value in flat.items()}
            await self._client.configure({**pairs, _key(channel, "Enable"): "true"})

    def _fields(self, mark: Mark, source: Source) -> dict[str, Any]:
        parts = urlsplit(source.uri)
        return {
            "Address": parts.hostname or "",
            "HttpPort": _ONVIF_PORT,
            "Name": mark.text,
            "Password": source.password,
            "Port": _ONVIF_PORT,
            "ProtocolType": self._protocol,
            "RtspPort": parts.port or _RTSP,
            "UserName": source.username,
            "VideoInputs": [{"MainStreamUrl": source.uri if self._protocol == GENERAL else ""}],
        }

    async def _proven(self, channel: int, mark: Mark, source: Source) -> Sequence[Device]:
        """Read what was written; returns all channels."""
        devices = await take_devices(self._client)
        device = _channel_of(devices, channel)
        if not device.enabled or not _holds(device, source):
            raise UnitRequestError("The recorder did not take the camera, although it said so")
        self._written[channel] = mark, source
        return devices

    async def _entry(self, channel: int) -> Device:
        return _channel_of(await take_devices(self._client), channel)


def _channel_of(devices: Sequence[Device], channel: int) -> Device:
    for device in devices:
        if device.channel == channel:
            return device
    raise UnitProtocolError("The recorder has lost a channel")


def held_of(devices: Sequence[Device], key: str) -> Sequence[Device]:
    """Return the channels of a place: one, but for the oddest interruptions."""
    held = [it for it in devices if (mark := it.mark) is not None and mark.key == key]
    return sorted(held, key=lambda it: not it.enabled)


def check_codes(told: Mapping[str, Any]) -> None:
    """Look for a refusal within an answer that is 200 for HTTP.

    Raises:
        UnitRequestError: There is one.
    """
    groups = told.get("group")
    for group in groups if isinstance(groups, list) else ():
        cameras = group.get("cameras") if isinstance(group, dict) else None
        for camera in cameras if isinstance(cameras, list) else ():
            code = camera.get("failedCode") if isinstance(camera, dict) else None
            if code is not None and code != 0:
                shown = code if isinstance(code, int) else "?"
                raise UnitRequestError(f"The recorder does not take the camera (code {shown})")


def _holds(device: Device, source: Source) -> bool:
    """Whether a channel's camera is this one, by what the recorder tells of it."""
    if device.main_url is not None and device.protocol == GENERAL:
        return is_same_stream(device.main_url, source.uri)
    parts = urlsplit(source.uri)
    return (device.address, device.rtsp_port) == (parts.hostname, parts.port or _RTSP)


def _key(channel: int, name: str) -> str:
    return f"RemoteDevice.{UUID}{channel}.{name}"
