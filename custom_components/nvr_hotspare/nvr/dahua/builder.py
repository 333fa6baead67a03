"""Putting one camera onto a channel of the recorder, and taking it off again.

By the JSON API where there is one: there the camera's password is in the body of a request. Else by
settings, where it is in the address, which nobody here ever shows. Whatever was written is read
again: an answer that says OK is not always true.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import time
from typing import Any, Final
from urllib.parse import urlsplit

from ...recorder.model import Source
from ..errors import UnitFullError, UnitProtocolError, UnitRequestError
from ..model import Place
from ..uris import is_same_stream
from .client import DahuaClient
from .devices import GENERAL, ONVIF, OWN, UNUSED, UUID, Device, take_devices
from .facts import is_free, is_nvr
from .mark import Mark
from .schedule import AUTO, MANUAL, STOP

_PROTOCOLS: Final = {OWN: "Private", ONVIF: "Onvif"}
"""What recorders call those of them that all of them know."""
_HTTP: Final = 80
_RTSP: Final = 554
_LONGEST_TITLE: Final = 60


@dataclass(frozen=True, slots=True)
class _Login:
    """How the recorder is to log in to a camera."""

    protocol: str
    host: str
    port: int = _HTTP


@dataclass(frozen=True, slots=True)
class _Written:
    """What was last put onto a channel: recorders never tell passwords."""

    mark: Mark
    source: Source
    login: _Login


class Builder:
    """Adds, changes and takes away; to be used by one task at a time."""

    def __init__(self, client: DahuaClient) -> None:
        self._client = client
        self._written: dict[int, _Written] = {}
        self._refused: set[str] = set()
        """The protocols that it does not know."""
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
            it.channel: f"{it.title[:_LONGEST_TITLE]} {lost[it.channel].mark.text}"
            for it in devices
            if it.channel in lost and _holds(it, lost[it.channel])
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
            and written is not None
            and written.source == place.source
            and _holds(device, written)
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
        written = await self._add(channel, mark, place.source)
        return await self._proven(channel, written)

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

    async def _add(self, channel: int, mark: Mark, source: Source) -> _Written:
        """Try the ways to a camera; returns the one that the recorder takes."""
        *others, last = _logins(source)
        for login in others:
            if login.protocol in self._refused:
                continue
            try:
                await self._write(channel, mark, source, login)
            except UnitRequestError:
                self._refused.add(login.protocol)
            else:
                return _Written(mark, source, login)
        await self._write(channel, mark, source, last)
        return _Written(mark, source, last)

    async def _write(self, channel: int, mark: Mark, source: Source, login: _Login) -> None:
        fields = _fields(mark, source, login)
        if await self._client.has_json():
            body = {"group": [{"DeviceInfo": fields, "cameras": [{"uniqueChannel": channel}]}]}
            check_codes(await self._client.post("LogicDeviceManager/addCameraByGroup", body))
        else:
            flat = dict(fields)
            flat["VideoInputs[0].MainStreamUrl"] = flat.pop("VideoInputs")[0]["MainStreamUrl"]
            pairs = {_key(channel, name): str(value) for name, value in flat.items()}
            await self._client.configure({**pairs, _key(channel, "Enable"): "true"})

    async def _proven(self, channel: int, written: _Written) -> Sequence[Device]:
        """Read what was written; returns all channels."""
        devices = await take_devices(self._client)
        device = _channel_of(devices, channel)
        if not device.enabled or not _holds(device, written):
            raise UnitRequestError("The recorder did not take the camera, although it said so")
        self._written[channel] = written
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


def _logins(source: Source) -> Iterator[_Login]:
    """Yield the ways to a camera, the best one first.

    By ONVIF at its usual port the camera decides which of its streams is the main one.
    """
    host = urlsplit(source.uri).hostname or ""
    address = source.address
    if address is not None and (protocol := _PROTOCOLS.get(address.protocol)):
        yield _Login(protocol, address.host, address.port)
    yield _Login(GENERAL, host)
    yield _Login(_PROTOCOLS[ONVIF], host)


def _fields(mark: Mark, source: Source, login: _Login) -> dict[str, Any]:
    is_own = login.protocol == _PROTOCOLS[OWN]
    return {
        "Address": login.host,
        "HttpPort": _HTTP if is_own else login.port,
        "Name": mark.text,
        "Password": source.password,
        "Port": login.port,
        "ProtocolType": login.protocol,
        "RtspPort": urlsplit(source.uri).port or _RTSP,
        "UserName": source.username,
        "VideoInputs": [{"MainStreamUrl": source.uri if login.protocol == GENERAL else ""}],
    }


def _holds(device: Device, written: _Written) -> bool:
    """Whether a channel's camera is this one, by what the recorder tells of it."""
    if device.main_url is not None and device.protocol == GENERAL:
        return is_same_stream(device.main_url, written.source.uri)
    port = urlsplit(written.source.uri).port or _RTSP
    return (device.address, device.rtsp_port) == (written.login.host, port)


def _key(channel: int, name: str) -> str:
    return f"RemoteDevice.{UUID}{channel}.{name}"
