"""Listening to a recorder: eventManager, which talks for as long as it is listened to.

It sends a line "Heartbeat" every few seconds that nothing happens, so that its silence is noticed
sooner than a question would have been. Some never send any: their silence means nothing.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
import re
from typing import Final, override

import aiohttp

from ..account import Stream
from ..base import Subscription
from ..errors import (
    UnitError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from ..model import StorageState, UnitEvent
from ..multipart import parts_of
from ..untrusted import printable
from .client import DahuaClient, address
from .table import flag, indexed

EVERY: Final = 5
"""Seconds between heartbeats that are asked for."""
SILENCE: Final = 3.0 * EVERY
"""Seconds of silence after which a recorder that did send heartbeats is taken for gone."""
_OK: Final = 200
_EVENT: Final = re.compile(r"Code=(\w{1,64});action=(\w{1,16})(?:;index=(\d{1,4}))?")
_DISK_EVENTS: Final = {"StorageFailure", "StorageNotExist"}
_LARGEST: Final = 4096


class Attachment(Subscription):
    """One listener; to be used by one task at a time."""

    def __init__(
        self, stack: AsyncExitStack, stream: Stream, disks: Sequence[StorageState]
    ) -> None:
        self._stack = stack
        self._parts = _texts(stream.chunks)
        self._waiting: list[UnitEvent] = list(disks)

    @classmethod
    async def create(cls, client: DahuaClient) -> Attachment:
        """Begin to listen.

        Raises:
            UnitUnsupportedError: It tells nothing.
            UnitError: As `AccountClient.listen`.
        """
        disks = await take_disks(client)
        where = address("eventManager", "attach", {"codes": "[All]", "heartbeat": str(EVERY)})
        async with AsyncExitStack() as stack:
            stream = await stack.enter_async_context(client.account.listen(where, silence=SILENCE))
            if stream.status != _OK:
                raise UnitUnsupportedError(f"It tells of no events (HTTP {stream.status})")
            return cls(stack.pop_all(), stream, disks)
        raise AssertionError  # what a block may do with an error, for the type checker

    @override
    async def pull(self) -> Sequence[UnitEvent]:
        if self._waiting:
            told, self._waiting = self._waiting, []
            return told
        try:
            text = await anext(self._parts)
        except StopAsyncIteration:
            raise UnitUnreachableError("It tells no more") from None
        event = event_of(text)
        return [event] if event is not None else []

    @override
    async def close(self) -> None:
        with suppress(UnitError, aiohttp.ClientError, OSError):
            await self._stack.aclose()


async def take_disks(client: DahuaClient) -> Sequence[StorageState]:
    """Ask how the disks are; none where it does not tell.

    Raises:
        UnitError: As `DahuaClient.table`.
    """
    try:
        told = await client.table("storageDevice", "getDeviceAllInfo")
    except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
        return ()
    return [
        StorageState(
            storage=printable(disk.get("Name")) or f"disk {number + 1}",
            failed=disk.get("State") == "Error"
            or any(flag(part.get("IsError")) for _, part in indexed(disk, "Detail")),
        )
        for number, disk in indexed(told, "list.info")
    ]


def event_of(text: str) -> UnitEvent | None:
    """Return what a line tells that matters here."""
    match = _EVENT.match(text)
    if match is None or match[1] not in _DISK_EVENTS:
        return None
    return StorageState(storage=f"{match[1]} {match[3] or 0}", failed=match[2] == "Start")


async def _texts(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str]:
    async for body in parts_of(chunks):
        yield body[:_LARGEST].decode(errors="replace").strip()
