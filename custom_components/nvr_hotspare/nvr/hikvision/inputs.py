"""The channels for cameras on the network: InputProxy of ISAPI.

Sizes that lists tell may be wrong: children are counted. Passwords are never told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from ...recorder.model import CameraAddress, Source
from ..errors import UnitProtocolError
from ..untrusted import child, number, printable, text_of, within
from .client import IsapiClient
from .mark import Mark
from .protocols import Custom, is_custom

CHANNELS: Final = "ContentMgmt/InputProxy/channels"
SOURCE: Final = "sourceInputPortDescriptor"
_MOST: Final = 1024
_RTSP: Final = 554
_PATHS: Final = {
    "hikvision": "/Streaming/Channels/{input}01",
    "dahua": "/cam/realmonitor?channel={input}&subtype=0",
}
"""Where cameras show their main stream, by the protocol that a recorder uses with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera on a channel."""

    channel: int
    name: str
    protocol: str
    host: str
    port: int
    input: int
    username: str

    @property
    def mark(self) -> Mark | None:
        """What its name says, if it is one of ours."""
        return Mark.read(self.name)

    @property
    def address(self) -> CameraAddress:
        """Where the camera is."""
        return CameraAddress(
            host=self.host, protocol=self.protocol.lower(), port=self.port, input=self.input
        )

    def source(self, customs: Mapping[str, Custom]) -> Source:
        """Return where the camera's stream is, as far as the recorder's protocol says it.

        The URI is empty where only the camera knows.
        """
        if (custom := customs.get(self.protocol)) is not None:
            return Source(uri=_uri(self.host, custom.port, custom.path))
        path = _PATHS.get(self.protocol.lower(), "").format(input=self.input)
        uri = _uri(self.host, _RTSP, path) if path else ""
        return Source(uri=uri, address=None if is_custom(self.protocol) else self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Whether a camera is there."""

    online: bool
    error: str = ""
    """Why not, as the recorder says it."""

    @property
    def is_rejected(self) -> bool:
        """Whether the camera does not accept the account."""
        return self.error.lower() == "errorusernameorpasswd"


async def take_cameras(client: IsapiClient) -> Sequence[Camera]:
    """Ask for all channels that have a camera.

    Raises:
        UnitUnsupportedError: The recorder takes no cameras on the network.
        UnitError: As `IsapiClient.get`.
    """
    told = await client.get(CHANNELS)
    cameras = [it for entry in within(told, "InputProxyChannel") if (it := read_camera(entry))]
    if len(cameras) > _MOST:
        raise UnitProtocolError("It tells of more channels than any unit has")
    return sorted(cameras, key=lambda it: it.channel)


def read_camera(entry: Element) -> Camera | None:
    """Return a channel, None where it has no number."""
    channel = number(text_of(entry, "id"))
    if not channel:
        return None
    told = child(entry, SOURCE)
    host = text_of(told, "ipAddress") or text_of(told, "hostName") or text_of(told, "ipv6Address")
    return Camera(
        channel=channel,
        name=printable(text_of(entry, "name")),
        protocol=printable(text_of(told, "proxyProtocol")),
        host=printable(host),
        port=number(text_of(told, "managePortNo")),
        input=number(text_of(told, "srcInputPort")) or 1,
        username=printable(text_of(told, "userName")),
    )


async def take_presence(client: IsapiClient) -> Mapping[int, Presence]:
    """Ask which cameras are there, by channel.

    Raises:
        UnitError: As `IsapiClient.get`.
    """
    told = await client.get(f"{CHANNELS}/status")
    found: dict[int, Presence] = {}
    for entry in within(told, "InputProxyChannelStatus"):
        online = text_of(entry, "online").lower() == "true"
        result = printable(text_of(entry, "chanDetectResult"))
        error = "" if online or result.lower() == "connect" else result
        found[number(text_of(entry, "id"))] = Presence(online=online, error=error)
    return found


def host_of(source: Source) -> str:
    """Return the host of a camera."""
    return source.address.host if source.address else urlsplit(source.uri).hostname or ""


def _uri(host: str, port: int, path: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"rtsp://{shown}:{port}{path}" if host else ""
