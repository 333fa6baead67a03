"""The channels of a recorder and the cameras on them: the table RemoteDevice and its neighbours.

A recorder numbers its channels from 0 and its entries as its channels. An unused entry is disabled
and has an address that no camera has; some firmwares leave unused ones out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
import re
from typing import Final

from ...recorder.model import CameraAddress
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..untrusted import printable
from ..uris import stream_uri
from .client import DahuaClient
from .mark import Mark
from .schedule import modes
from .table import Table, below, flag, indexed, whole

UUID: Final = "uuid:System_CONFIG_NETCAMERA_INFO_"
UNUSED: Final = "192.168.0.0"
_UNUSED: Final = {"", UNUSED, "0.0.0.0"}
_ENTRY: Final = re.compile(r"(?:uuid:)?System_CONFIG_NETCAMERA_INFO_(\d{1,3})\.(.+)", re.DOTALL)
_MOST: Final = 256
"""Channels of a recorder."""
_OWN_PROTOCOLS: Final = {"private", "dahua", "dahua2", "dahua3"}
GENERAL: Final = "General"
"""The protocol of cameras of no brand: any address of RTSP."""
OWN: Final = "dahua"
ONVIF: Final = "onvif"
_RTSP: Final = 554


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One channel and the camera on it."""

    channel: int
    """0 for the first."""
    listed: bool
    """Whether the recorder has an entry for its camera."""
    enabled: bool = False
    address: str = UNUSED
    protocol: str = ""
    port: int = 37777
    http_port: int = 80
    rtsp_port: int = _RTSP
    name: str = ""
    """As the table of cameras has it."""
    title: str = ""
    """As people see it."""
    main_url: str | None = None
    """Where protocol General fetches it; without credentials."""
    extra_url: str | None = None
    """The same of its sub stream."""
    mode: int | None = None
    """What is recorded, as in `schedule`."""

    @property
    def is_used(self) -> bool:
        """Whether there is a camera, or was one that its owner has only disabled."""
        return self.listed and (self.enabled or self.address not in _UNUSED)

    @property
    def mark(self) -> Mark | None:
        """Whose it is, None if we did not add it: told by its name, else by its title."""
        if not self.is_used:
            return None
        return Mark.read(self.name) or Mark.read(self.title.rpartition(" ")[2])

    @property
    def reached(self) -> CameraAddress | None:
        """How the recorder reaches the camera, None where it is by the address of a stream."""
        protocol = self.protocol.lower()
        if protocol in {"", GENERAL.lower()} or self.address in _UNUSED:
            return None
        if protocol in _OWN_PROTOCOLS:
            protocol = OWN
        # Of a camera of ONVIF the other port stays what it is for those of the brand.
        port = self.http_port if protocol == ONVIF else self.port
        return CameraAddress(host=self.address, protocol=protocol, port=port)

    @property
    def uri(self) -> str | None:
        """Where the camera itself is, None where the protocol does not say at what path."""
        if self.main_url is not None:
            return self.main_url
        if self.protocol.lower() not in _OWN_PROTOCOLS:
            return None
        return stream_uri(f"rtsp://{_host(self.address)}:{self.rtsp_port}{_OWN_PATH}")


_OWN_PATH: Final = "/cam/realmonitor?channel=1&subtype=0"
"""Where a camera of the same brand has its main stream."""


async def take_devices(client: DahuaClient) -> Sequence[Device]:
    """Ask for all channels, in order.

    Raises:
        UnitUnsupportedError: It has no cameras of its own to tell of: it is no recorder.
        UnitError: As `DahuaClient.config`.
    """
    try:
        entries = read_entries(await client.config("RemoteDevice"))
    except UnitRequestError as error:
        raise UnitUnsupportedError(f"It tells of no cameras: {error}") from error
    titles = {n: it.get("Name", "") for n, it in await _indexed(client, "ChannelTitle")}
    recorded = modes(await client.config("RecordMode"))
    count = max([*recorded, *entries], default=-1) + 1
    if count > _MOST:
        raise UnitProtocolError("It tells of more channels than any unit has")
    return [
        _device(channel, entries.get(channel), titles.get(channel, ""), recorded.get(channel))
        for channel in range(count)
    ]


def read_entries(table: Table) -> Mapping[int, Table]:
    """Return the entries of a table RemoteDevice by their numbers."""
    found: dict[int, dict[str, str]] = {}
    for key, value in below(table, "RemoteDevice.").items():
        if match := _ENTRY.fullmatch(key):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return found


async def connected(client: DahuaClient) -> Mapping[int, bool]:
    """Ask which cameras are connected, by channel; channels without one are left out.

    Raises:
        UnitError: As `DahuaClient.table`.
    """
    told = await client.table("LogicDeviceManager", "getCameraState", **{"uniqueChannels[0]": "-1"})
    return {
        channel: state.get("connectionState") == "Connected"
        for _, state in indexed(told, "states")
        if (channel := whole(state.get("channel"))) is not None and "connectionState" in state
    }


async def _indexed(client: DahuaClient, name: str) -> Sequence[tuple[int, Table]]:
    """Ask for a table that nobody depends on."""
    try:
        return list(indexed(await client.config(name), name))
    except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
        return ()


def _device(channel: int, entry: Table | None, title: str, mode: int | None) -> Device:
    title = printable(title)
    if entry is None:
        return Device(channel=channel, listed=False, title=title, mode=mode)
    address, protocol = entry.get("Address", ""), printable(entry.get("ProtocolType"))
    main = stream_uri(entry.get("VideoInputs[0].MainStreamUrl", ""))
    return Device(
        channel=channel,
        listed=True,
        enabled=flag(entry.get("Enable")),
        address=printable(address),
        protocol=protocol,
        port=whole(entry.get("Port")) or 0,
        http_port=whole(entry.get("HttpPort")) or 0,
        rtsp_port=whole(entry.get("RtspPort")) or _RTSP,
        name=printable(entry.get("Name")),
        title=title,
        main_url=main,
        extra_url=stream_uri(entry.get("VideoInputs[0].ExtraStreamUrl", "")),
        mode=mode,
    )


def _host(address: str) -> str:
    try:
        return f"[{address}]" if ip_address(address).version == 6 else address  # noqa: PLR2004
    except ValueError:
        return address
