"""How the recorder is to log in to a camera: by a protocol it knows, or by the address of a stream.

Recorders take no RTSP address for a channel. They have "custom protocols" instead, 16 as a rule:
port and path of a stream, used with the host of any camera. Cameras of one make share one. No
public source shows how one is written, so what the recorder tells of it is changed and sent back,
and read again: where its names are none that are known here, it is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import re
from typing import Final
from urllib.parse import urlsplit

from lxml.etree import _Element as Element

from ...recorder.model import CameraAddress, Source
from ..errors import UnitFullError, UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..untrusted import local_name, number, printable, text_of, within
from .client import IsapiClient, leaf

_CUSTOMS: Final = "ContentMgmt/InputProxy/customProtocols"
_CAPABILITY: Final = "ContentMgmt/InputProxy/sourceCapability"
_CUSTOM: Final = re.compile(r"(?:custom|user[ _-]?defined?)[ _-]*(\d{1,3})", re.IGNORECASE)
_RTSP: Final = 554
_ONVIF: Final = ("ONVIF", 80)
_PATH_NAMES: Final = ("path", "url", "resource")
_OURS: Final = "Hot Spare"
_REFUSALS: Final = (UnitRequestError, UnitUnsupportedError, UnitProtocolError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """A custom protocol."""

    which: int
    name: str
    port: int
    path: str
    told: Element = field(repr=False, compare=False)
    """As the recorder tells it."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a recorder logs in to a camera."""

    protocol: str
    port: int
    input: int = 1
    own: bool = False
    """Whether it is as the camera's recorder does it, and not by the address of a stream."""


class Protocols:
    """Finds the protocol of each camera, and makes it where there is none yet."""

    def __init__(self, client: IsapiClient) -> None:
        self._client = client
        self._known: Sequence[str] | None = None

    async def login(
        self, source: Source, address: CameraAddress | None, used: Sequence[str]
    ) -> Login:
        """Return how the recorder is to log in to a camera.

        Args:
            source: Where the camera's stream is.
            address: Where the camera itself is: that comes first, if the recorder knows the
                protocol.
            used: The protocols of all channels: what nobody uses may be changed.

        Raises:
            UnitFullError: All custom protocols are taken.
            UnitUnsupportedError: The recorder has no way to this camera.
            UnitError: As `IsapiClient.order`.
        """
        known = await self._protocols()
        if address is not None:
            for name in known:
                if name.lower() == address.protocol:
                    return Login(name, address.port, address.input, own=True)
        port, path = _stream(source)
        try:
            customs = await take_customs(self._client)
        except _REFUSALS:
            customs = {}
        if customs and path:
            return Login(await self._custom(customs, port, path, used), port)
        name, default = _ONVIF  # then the camera decides which of its streams is the main one
        if name in known:
            return Login(name, default)
        raise UnitUnsupportedError("The recorder knows no protocol for this camera")

    async def _custom(
        self, customs: Mapping[str, Custom], port: int, path: str, used: Sequence[str]
    ) -> str:
        """Return the custom protocol of a stream, made where there is none yet."""
        for name, custom in customs.items():
            if (custom.port, custom.path) == (port, path):
                return name
        free = {
            name: it
            for name, it in customs.items()
            if name not in used and (not it.path or it.name.startswith(_OURS))
        }
        if not free:
            raise UnitFullError("All custom protocols of the recorder are taken")
        name, custom = min(free.items(), key=lambda it: (bool(it[1].path), it[1].which))
        await self._write(custom, port, path)
        return name

    async def _write(self, custom: Custom, port: int, path: str) -> None:
        told = custom.told
        stream = _main(told)
        fields = (_leaf_like(stream, ("port",)), _leaf_like(stream, _PATH_NAMES))
        if None in fields:
            raise UnitUnsupportedError("Its custom protocols are written in an unknown way")
        for found, value in zip(fields, (str(port), path), strict=True):
            if found is not None:
                found.text = value
        if (enabled := leaf(stream, "enabled")) is not None:
            enabled.text = "true"
        if (name := _leaf_like(told, ("name",))) is not None:
            name.text = f"{_OURS} {custom.which}"
        where = f"{_CUSTOMS}/{custom.which}"
        await self._client.order("PUT", where, told)
        written = read_custom(await self._client.get(where))
        if written is None or (written.port, written.path) != (port, path):
            raise UnitRequestError("The recorder did not take the address of the camera's stream")

    async def _protocols(self) -> Sequence[str]:
        """Return the names of all protocols; asked once."""
        if self._known is None:
            try:
                told = await self._client.get(_CAPABILITY)
            except _REFUSALS:
                return (_ONVIF[0], "HIKVISION")
            options = (it.get("opt", "") for it in within(told, "proxyProtocol"))
            self._known = [name for opt in options for name in opt.split(",") if name]
        return self._known


async def take_customs(client: IsapiClient) -> Mapping[str, Custom]:
    """Ask for all custom protocols, by the names that channels call them.

    Raises:
        UnitUnsupportedError: The recorder has none.
        UnitError: As `IsapiClient.get`.
    """
    told = await client.get(_CUSTOMS)
    customs = [it for each in within(told, "CustomProtocol") if (it := read_custom(each))]
    try:
        capability = await client.get(_CAPABILITY)
    except _REFUSALS:
        return {f"CUSTOM{it.which}": it for it in customs}
    options = (it.get("opt", "") for it in within(capability, "proxyProtocol"))
    names = [name for opt in options for name in opt.split(",") if name]
    by_number = {
        int(match[1]): name for name in names if (match := _CUSTOM.fullmatch(name.strip()))
    }
    by_name = {name.lower(): name for name in names}
    return {
        name: it
        for it in customs
        if (name := by_number.get(it.which) or by_name.get(it.name.lower()))
    }


def read_custom(told: Element) -> Custom | None:
    """Return a custom protocol, None where it can't be understood."""
    which = number(text_of(told, "id"))
    stream = _main(told)
    port, path = _leaf_like(stream, ("port",)), _leaf_like(stream, _PATH_NAMES)
    if not which or port is None or path is None:
        return None
    address = (path.text or "").strip()
    return Custom(
        which=which,
        name=printable(text_of(told, "protocolName")),
        port=number((port.text or "").strip()) or _RTSP,
        path=f"/{address.lstrip('/')}" if address else "",
        told=told,
    )


def is_custom(protocol: str) -> bool:
    """Whether the name of a protocol is that of a custom one."""
    return _CUSTOM.fullmatch(protocol.strip()) is not None


def _main(told: Element) -> Element:
    """Return what describes the main stream; all of it where nothing does alone."""
    return next((it for it in told if len(it) and "main" in local_name(it).lower()), told)


def _leaf_like(parent: Element, parts: Sequence[str]) -> Element | None:
    leaves = (it for it in parent.iter() if not len(it))
    return next((it for it in leaves if any(p in local_name(it).lower() for p in parts)), None)


def _stream(source: Source) -> tuple[int, str]:
    """Return port and path of a camera's stream, with the query."""
    parts = urlsplit(source.uri)
    return parts.port or _RTSP, parts.path + (f"?{parts.query}" if parts.query else "")
