"""An ONVIF recorder, in either role."""

from collections.abc import Mapping, Sequence
from typing import override

import aiohttp

from ...failover.model import Recording
from ...recorder.giving.model import Replay
from ...recorder.model import Source
from ...recorder.spans import Span
from ..base import Subscription
from ..errors import UnitCredentialsError, UnitRequestError, UnitUnsupportedError
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
from . import facts
from .channels import Numbers, channels_of_media, channels_of_recordings
from .client import OnvifClient
from .evidence import Witness
from .footage import OnvifFootage, place_of
from .inventory import Container, Inventory, take_inventory
from .live import live_uris
from .pullpoint import PullPoint
from .spare import OnvifSpare
from .wsdl import Service


class OnvifUnit(TwoSidedUnit[OnvifSpare]):
    """The driver. It has no tasks and holds no connection: nothing is to be closed.

    A new password is a new driver. Each call costs a unit one wrong password at most.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        numbers: Mapping[str, int] | None = None,
        timeout: float = 10.0,
    ) -> None:
        """Make a driver.

        Args:
            session: Sends every request; never closed here.
            endpoint: Where the unit answers.
            credentials: An account; of a spare an administrator's.
            numbers: Of its channels so far, by token; without them they are counted anew.
            timeout: Seconds that each request may take as a whole; heartbeats have their own.

        Raises:
            UnitUnreachableError: The endpoint's host is no host name or address.
        """
        self._credentials = credentials
        self._client = OnvifClient(session, endpoint, credentials, timeout=timeout)
        self._witness = Witness(self._client)
        self._spare = OnvifSpare(self._client, self._witness)
        self._footage = OnvifFootage(self._client, credentials)
        self._numbers = Numbers(numbers or {})

    @override
    async def heartbeat(self, *, fresh: bool = False) -> Heartbeat:
        return await self._client.heartbeat(fresh=fresh)

    @override
    async def identify(self) -> Identity:
        return await facts.identify(self._client)

    @override
    async def probe(self) -> Probe:
        async with self._spare.building:
            return await facts.probe(self._client)

    @override
    async def restart(self) -> None:
        await self._client.call(Service.DEVICE, "SystemReboot")

    @override
    async def subscribe(self) -> Subscription:
        await self._client.path(Service.EVENTS)
        # Only an account that is good for other things was not mistyped.
        await self._client.call(Service.DEVICE, "GetDeviceInformation")
        try:
            return await PullPoint.create(self._client)
        except UnitCredentialsError as error:
            raise UnitUnsupportedError(f"Not to this account: {error}") from error

    @override
    async def settings(self) -> Sequence[ChannelSettings]:
        inventory = await self._own_inventory()
        if inventory is None:
            return await channels_of_media(self._client, self._numbers)
        addresses = await facts.ip_addresses(self._client)
        host = self._client.endpoint.host
        return channels_of_recordings(inventory, self._numbers, host, addresses)

    @override
    async def recordings(self) -> Mapping[int, Recording]:
        inventory = await self._own_inventory()
        if inventory is None:
            channels = await channels_of_media(self._client, self._numbers)
            return {channel.number: Recording.UNKNOWN for channel in channels}
        findings = await self._witness.examine(inventory, inventory.own)
        numbers = self._numbers.of(findings)
        return {numbers[token]: finding.recording for token, finding in findings.items()}

    @override
    async def footage(self, camera: int | str, within: Span, /) -> FootageTold:
        return await self._footage.footage(await self._container(camera), within)

    @override
    async def replay(self, key: str) -> Replay:
        return await self._footage.replay(await self._container(key))

    @override
    async def live(self) -> Mapping[int | str, Source]:
        inventory = await self._inventory()
        found = await live_uris(self._client, inventory, self._numbers)
        account = self._credentials
        return {
            shown: Source(uri=uri, username=account.username, password=account.password)
            for shown, uri in found.items()
        }

    async def _container(self, camera: int | str) -> Container:
        """Return the recording of a channel, by its number, or of a place, by its key."""
        if isinstance(camera, str):
            return place_of(await take_inventory(self._client), camera)
        inventory = await self._own_inventory()
        if inventory is None:
            raise UnitUnsupportedError("It does not tell of its recordings")
        numbers = self._numbers.of(it.token for it in inventory.own)
        for container in inventory.own:
            if numbers[container.token] == camera:
                return container
        raise UnitRequestError(f"It has no channel {camera}")

    async def _own_inventory(self) -> Inventory | None:
        """Return what the unit holds, None where it has no recordings of its own to tell of."""
        inventory = await self._inventory()
        return inventory if inventory and inventory.own else None

    async def _inventory(self) -> Inventory | None:
        """Return what the unit holds, None where it has no recordings at all to tell of."""
        try:
            inventory = await take_inventory(self._client)
        except UnitUnsupportedError, UnitRequestError:
            return None
        return inventory if inventory.containers else None
