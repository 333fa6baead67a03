"""A Hikvision recorder, in either role."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
import time
from typing import override

import aiohttp

from ...failover.model import Recording
from ...recorder.giving.model import Replay
from ...recorder.model import Source
from ...recorder.spans import Span
from ..base import Subscription
from ..errors import UnitRequestError
from ..model import (
    ChannelSettings,
    Credentials,
    Endpoint,
    FootageTold,
    Heartbeat,
    Identity,
    Place,
    Probe,
)
from ..two_sided import TwoSidedUnit
from ..uris import is_own_address, is_own_host
from . import facts
from .client import IsapiClient
from .footage import HikvisionFootage
from .inputs import Camera, take_cameras
from .listening import listen
from .local_clock import local_clock
from .protocols import Custom, take_customs
from .recording import REFUSALS, Witness
from .search import Finder
from .spare import HikvisionSpare

_SECOND = 1_000_000_000


class HikvisionUnit(TwoSidedUnit[HikvisionSpare]):
    """The driver. It has no tasks, and holds no connection.

    A new password is a new driver. Wrong ones are rationed: these recorders lock an account after
    a few, for half an hour.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        numbers: Mapping[str, int] | None = None,  # noqa: ARG002 - a channel has its own
        timeout: float = 10.0,
    ) -> None:
        """Make a driver; arguments and errors as of `open_recorder`."""
        self._client = IsapiClient(session, endpoint, credentials, timeout=timeout)
        clock, self._finder = local_clock(self._client), Finder(self._client)
        self._footage = HikvisionFootage(self._client, self._finder, clock)
        self._witness = Witness(self._client, self._footage, clock)
        self._spare = HikvisionSpare(self._client, self._witness, self._footage)

    @override
    async def heartbeat(self, *, fresh: bool = False) -> Heartbeat:
        return await self._client.heartbeat(fresh=fresh)

    @override
    async def identify(self) -> Identity:
        return await facts.identify(self._client)

    @override
    async def probe(self) -> Probe:
        identity = await facts.identify(self._client)
        abilities = await facts.Abilities.ask(self._client)
        async with self._spare.building:
            cameras = await take_cameras(self._client)
        others = self._others(cameras)
        works = await self._witness.works()
        return facts.probe(
            identity,
            abilities,
            room=max(0, abilities.cameras - len(others)),
            recorded=sum(works[it.channel].recorded for it in others if it.channel in works),
            finds=await self._finds(),
        )

    @override
    async def restart(self) -> None:
        await self._client.order("PUT", "System/reboot")

    @override
    async def subscribe(self) -> Subscription:
        return await listen(self._client)

    @override
    async def settings(self) -> Sequence[ChannelSettings]:
        customs = await self._customs()
        return [
            ChannelSettings(
                token=str(it.channel),
                number=it.channel,
                name=it.name or f"Channel {it.channel}",
                source=self._source(it, customs),
                behind=is_own_host(it.host, self._client.endpoint.host),
            )
            for it in self._others(await take_cameras(self._client))
        ]

    @override
    async def recordings(self) -> Mapping[int, Recording]:
        others = self._others(await take_cameras(self._client))
        return await self._witness.recordings(it.channel for it in others)

    @override
    def know(self, places: Iterable[Place]) -> None:
        self._spare.know(place.key for place in places)

    @override
    async def footage(self, camera: int | str, within: Span, /) -> FootageTold:
        if isinstance(camera, int):
            return await self._footage.footage(await self._channel(camera), within)
        held = await self._spare.held_by(camera)
        begin = max(within.start, held.mark.since * _SECOND)
        if begin >= within.end:
            return FootageTold(spans=(), exact=True)
        return await self._footage.footage(held.camera.channel, Span(begin, within.end))

    @override
    async def replay(self, key: str) -> Replay:
        held = await self._spare.held_by(key)
        return await self._footage.replay(held.camera.channel)

    @override
    async def live(self) -> Mapping[int | str, Source]:
        account = self._client.credentials
        cameras = await take_cameras(self._client)
        keys = {it.camera.channel: it.key for it in self._spare.held(cameras)}
        return {
            keys.get(it.channel, it.channel): Source(
                uri=await self._footage.address(f"/Streaming/Channels/{it.channel}02"),
                username=account.username,
                password=account.password,
            )
            for it in cameras
        }

    def _others(self, cameras: Sequence[Camera]) -> Sequence[Camera]:
        """Return the cameras that we did not add."""
        return [it for it in cameras if self._spare.builder.mark_of(it) is None]

    async def _channel(self, number: int) -> int:
        if any(it.channel == number for it in self._others(await take_cameras(self._client))):
            return number
        raise UnitRequestError(f"It has no channel {number}")

    async def _customs(self) -> Mapping[str, Custom]:
        try:
            return await take_customs(self._client)
        except REFUSALS:
            return {}

    def _source(self, camera: Camera, customs: Mapping[str, Custom]) -> Source | None:
        """Return where a camera is; None for one that is part of the recorder, or unknown."""
        source = camera.source(customs)
        there = source.uri or f"rtsp://{camera.host}"
        if not camera.host or is_own_address(there, self._client.endpoint.host):
            return None
        return replace(source, username=camera.username)

    async def _finds(self) -> bool:
        now = int(time.time())
        try:
            await self._finder.find(1, now - 1, now)
        except REFUSALS:
            return False
        return True
