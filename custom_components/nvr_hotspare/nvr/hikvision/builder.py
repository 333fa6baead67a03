"""Putting a camera onto a free channel of the recorder, and taking it off again.

Whatever was written is read again: an answer that says OK is not always true, and the recorder may
put a camera onto another channel than it was told to. What it tells of a camera never holds the
password, so whoever sends that back has to say the password again.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
import time
from typing import Final

from lxml.etree import _Element as Element

from ...recorder.model import CameraAddress, Source
from ..errors import (
    UnitFullError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnsupportedError,
)
from ..model import Place
from ..untrusted import child, text_of
from .client import IsapiClient, put
from .facts import Abilities
from .inputs import CHANNELS, SOURCE, Camera, host_of, take_cameras
from .mark import Mark, digest_of
from .protocols import Login, Protocols
from .tracks import set_recorded

_SECONDS: Final = 30.0
"""Some recorders log in to a camera before they answer."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What was last put onto a channel: recorders never tell passwords."""

    mark: Mark
    source: Source
    login: Login


class Builder:
    """Adds, changes and takes away; to be used by one task at a time."""

    def __init__(self, client: IsapiClient) -> None:
        self._client = client
        self._protocols = Protocols(client)
        self._written: dict[int, _Written] = {}
        self._closed: set[CameraAddress] = set()
        """Where cameras do not accept the account of their streams."""
        self._count: int | None = None

    def mark_of(self, camera: Camera) -> Mark | None:
        """Return whose a camera is, if it is ours, also where the recorder changed its name."""
        written = self._written.get(camera.channel)
        if camera.mark is not None or written is None:
            return camera.mark
        return written.mark if _holds(camera, written.source, written.login) else None

    def is_ready(self, camera: Camera, place: Place) -> bool:
        """Whether nothing is left to do but to record."""
        written = self._written.get(camera.channel)
        return (
            written is not None
            and written.source == place.source
            and _holds(camera, place.source, written.login)
            and not (written.login.own and place.source.address in self._closed)
        )

    def avoid(self, camera: Camera) -> bool:
        """Have a camera that does not accept our account added by the address of its stream.

        What it is talked to by otherwise may have an account of its own. Returns whether there
        is that way left, after which the camera is not ready.
        """
        written = self._written.get(camera.channel)
        if written is None or written.source.address is None or not written.login.own:
            return False
        self._closed.add(written.source.address)
        return True

    async def build(self, place: Place, cameras: Sequence[Camera], held: Camera | None) -> Camera:
        """Put a camera onto its channel, or onto one that is free.

        Args:
            place: The camera.
            cameras: All channels, as they are now.
            held: The one that has it already.

        Raises:
            UnitFullError: No channel is free.
            UnitRequestError: The recorder did not take it.
            UnitError: As `IsapiClient.order`.
        """
        address = None if place.source.address in self._closed else place.source.address
        used = [it.protocol for it in cameras]
        login = await self._protocols.login(place.source, address, used)
        if held is not None:
            return await self._change(place, held, login)
        mark = Mark(digest_of(place.key), int(time.time()))
        free = await self._free(cameras)
        entry = self._client.element(
            "InputProxyChannel",
            self._client.element("id", str(free)),
            self._client.element("name", mark.name(place.name)),
            self._client.element(SOURCE),
        )
        _fill(entry, place.source, login)
        await self._client.order("POST", CHANNELS, entry, seconds=_SECONDS)
        camera = await self._added(cameras, mark, place.source, login)
        self._written[camera.channel] = _Written(mark, place.source, login)
        # Some record a new camera at once.
        await set_recorded(self._client, camera.channel, record=False)
        return camera

    async def remove(self, camera: Camera) -> None:
        """Take a camera of ours off its channel, and its footage with it as a rule.

        Raises:
            UnitRequestError: The recorder keeps it.
            UnitError: As `IsapiClient.order`.
        """
        with suppress(UnitUnsupportedError):  # it is not there any more
            await self._client.order("DELETE", f"{CHANNELS}/{camera.channel}", seconds=_SECONDS)
        self._written.pop(camera.channel, None)
        if any(it.channel == camera.channel for it in await take_cameras(self._client)):
            raise UnitRequestError("The recorder keeps a camera that was to be taken away")

    async def _change(self, place: Place, held: Camera, login: Login) -> Camera:
        """Have the camera of a channel reached in another way; it keeps its name."""
        path = f"{CHANNELS}/{held.channel}"
        entry = await self._client.get(path)
        _fill(entry, place.source, login)
        try:
            await self._client.order("PUT", path, entry, seconds=_SECONDS)
        except UnitRequestError:
            if (name := child(entry, "name")) is None:
                raise
            entry.remove(name)  # some take no name of a channel that is there already
            await self._client.order("PUT", path, entry, seconds=_SECONDS)
        camera = await self._there(held.channel)
        if not _holds(camera, place.source, login):
            raise UnitRequestError("The recorder did not take the camera, although it said so")
        mark = held.mark or self._written[held.channel].mark
        self._written[held.channel] = _Written(mark, place.source, login)
        return camera

    async def _free(self, cameras: Sequence[Camera]) -> int:
        """Return the last free channel: people and recorders fill them from the first on."""
        taken = {it.channel for it in cameras}
        if self._count is None:
            self._count = (await Abilities.ask(self._client)).cameras
        for channel in range(self._count, 0, -1):
            if channel not in taken:
                return channel
        raise UnitFullError("The recorder has no free channel")

    async def _added(
        self, before: Sequence[Camera], mark: Mark, source: Source, login: Login
    ) -> Camera:
        """Find the camera that was just added, wherever the recorder put it."""
        known = {it.channel for it in before}
        new = [it for it in await take_cameras(self._client) if it.channel not in known]
        for camera in new:
            if camera.mark == mark or _holds(camera, source, login):
                return camera
        raise UnitRequestError("The recorder did not take the camera, although it said so")

    async def _there(self, channel: int) -> Camera:
        for camera in await take_cameras(self._client):
            if camera.channel == channel:
                return camera
        raise UnitProtocolError("The recorder has lost a channel")


def _fill(entry: Element, source: Source, login: Login) -> None:
    """Say where a camera is, and how to log in to it."""
    told = child(entry, SOURCE)
    if told is None:
        raise UnitProtocolError("The recorder tells of a channel without a camera")
    host = host_of(source)
    is_address = host.replace(".", "").isdecimal() or ":" in host
    put(told, "proxyProtocol", login.protocol)
    put(told, "addressingFormatType", "ipaddress" if is_address else "hostname")
    put(told, "ipAddress" if is_address else "hostName", host)
    put(told, "managePortNo", str(login.port))
    put(told, "srcInputPort", str(login.input))
    put(told, "userName", source.username)
    put(told, "password", source.password)
    if not text_of(told, "streamType"):
        put(told, "streamType", "auto")


def _holds(camera: Camera, source: Source, login: Login) -> bool:
    """Whether a channel's camera is this one, by what the recorder tells of it."""
    return (camera.host.lower(), camera.protocol.lower(), camera.input) == (
        host_of(source).lower(),
        login.protocol.lower(),
        login.input,
    )
