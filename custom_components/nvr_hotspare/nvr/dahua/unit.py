"""A Dahua recorder, in either role."""

from collections.abc import Mapping, Sequence
from typing import override

import aiohttp

from ...failover.model import Recording
from ...recorder.giving.model import Replay
from ...recorder.model import Source
from ...recorder.spans import Span, intersection
from ..base import Subscription
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..model import (
    ChannelSettings,
    Credentials,
    Endpoint,
    FootageTold,
    Heartbeat,
    Identity,
    Probe,
)
from ..two_sided import TwoSidedUnit
from ..uris import is_own_address, is_own_host
from . import facts
from .client import DahuaClient
from .devices import Device, take_devices
from .finder import Finder
from .footage import DahuaFootage
from .listening import listen
from .local_clock import local_clock
from .recording import Witness
from .schedule import STOP
from .spare import DahuaSpare

_SECOND = 1_000_000_000


class DahuaUnit(TwoSidedUnit[DahuaSpare]):
    """The driver. It has no tasks but those that end a search, and holds no connection.

    A new password is a new driver. Wrong ones are rationed: these recorders lock an account after
    four, for half an hour.
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
        self._client = DahuaClient(session, endpoint, credentials, timeout=timeout)
        clock, finder = local_clock(self._client), Finder(self._client)
        self._finder = finder
        self._witness = Witness(self._client, finder, clock)
        self._footage = DahuaFootage(self._client, finder, clock)
        self._spare = DahuaSpare(self._client, self._witness, self._footage)

    @override
    async def heartbeat(self, *, fresh: bool = False) -> Heartbeat:
        return await self._client.heartbeat(fresh=fresh)

    @override
    async def identify(self) -> Identity:
        return await facts.identify(self._client)

    @override
    async def probe(self) -> Probe:
        identity = await facts.identify(self._client)
        async with self._spare.building:
            devices = await take_devices(self._client)
        _, recorded = await self._witness.states()
        others = [it for it in devices if it.enabled and it.mark is None]
        return facts.probe(
            identity,
            devices,
            sum(recorded.get(it.channel, it.mode != STOP) for it in others),
            finds=await self._finds(),
            counts_all=await self._spare.builder.counts_all(),
        )

    @override
    async def restart(self) -> None:
        await self._client.order("magicBox", "reboot", {})

    @override
    async def subscribe(self) -> Subscription:
        return await listen(self._client)

    @override
    async def settings(self) -> Sequence[ChannelSettings]:
        return [
            ChannelSettings(
                token=str(it.channel),
                number=it.channel + 1,
                name=it.title or f"Channel {it.channel + 1}",
                source=self._source(it),
                sub_uri=(it.main_url and it.extra_url) or "",
                behind=is_own_host(it.address, self._client.endpoint.host),
            )
            for it in await self._own()
        ]

    @override
    async def recordings(self) -> Mapping[int, Recording]:
        told = await self._witness.recordings(await self._own())
        return {channel + 1: recording for channel, recording in told.items()}

    @override
    async def footage(self, camera: int | str, within: Span, /) -> FootageTold:
        if isinstance(camera, int):
            return await self._footage.footage(await self._channel(camera), within)
        channel, since = await self._spare.channel_of(camera)
        begin = max(within.start, since * _SECOND)
        if begin >= within.end:
            return FootageTold(spans=(), exact=True)
        told = await self._footage.footage(channel, Span(begin, within.end))
        return FootageTold(
            spans=intersection(told.spans, [within]),
            exact=told.exact,
            uncertainty=told.uncertainty,
        )

    @override
    async def replay(self, key: str) -> Replay:
        channel, _ = await self._spare.channel_of(key)
        return await self._footage.replay(channel)

    @override
    async def live(self) -> Mapping[int | str, Source]:
        account = self._client.credentials
        shown: dict[int | str, Source] = {}
        for device in await take_devices(self._client):
            if device.enabled:
                path = f"/cam/realmonitor?channel={device.channel + 1}&subtype=1"
                key = device.channel + 1 if (mark := device.mark) is None else mark.key
                shown[key] = Source(
                    uri=await self._footage.address(path),
                    username=account.username,
                    password=account.password,
                )
        return shown

    async def _own(self) -> Sequence[Device]:
        """Return the channels that have a camera which we did not add."""
        devices = await take_devices(self._client)
        return [it for it in devices if it.enabled and it.mark is None]

    async def _channel(self, number: int) -> int:
        if any(it.channel == number - 1 for it in await self._own()):
            return number - 1
        raise UnitRequestError(f"It has no channel {number}")

    def _source(self, device: Device) -> Source | None:
        """Return where a camera is; None for one that is part of the recorder, or unknown."""
        uri, reached = device.uri or "", device.reached
        there = uri or f"rtsp://{device.address}"
        if not (uri or reached) or is_own_address(there, self._client.endpoint.host):
            return None
        return Source(uri=uri, address=reached)

    async def _finds(self) -> bool:
        try:
            await self._finder.try_out()
        except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
            return False
        return True
