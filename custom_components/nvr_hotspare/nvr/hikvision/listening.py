"""Listening to a recorder: the event stream of ISAPI, which goes on for as long as it is read.

While nothing happens it says so every few seconds, as a loss of video that is over or as a
heartbeat: its silence is noticed sooner than a question would have been.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from http import HTTPStatus
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
from ..untrusted import parse_xml, text_of
from .client import ROOT, IsapiClient
from .working import take_disks

_STREAM: Final = "Event/notification/alertStream"
SILENCE: Final = 30.0
"""Seconds of silence after which a recorder is taken for gone: most speak every ten."""
_DISK_EVENTS: Final = {"diskerror", "hderror", "hdderror"}


class Attachment(Subscription):
    """One listener; to be used by one task at a time."""

    def __init__(
        self, stack: AsyncExitStack, stream: Stream, disks: Sequence[StorageState]
    ) -> None:
        self._stack = stack
        self._parts = _bodies(stream.chunks)
        self._waiting: list[UnitEvent] = list(disks)

    @classmethod
    async def create(cls, client: IsapiClient) -> Attachment:
        """Begin to listen.

        Raises:
            UnitUnsupportedError: It tells nothing.
            UnitError: As `AccountClient.listen`.
        """
        try:
            disks = await take_disks(client)
        except UnitRequestError, UnitUnsupportedError, UnitProtocolError:
            disks = []
        async with AsyncExitStack() as stack:
            stream = await stack.enter_async_context(
                client.account.listen(ROOT + _STREAM, silence=SILENCE)
            )
            if stream.status != HTTPStatus.OK:
                raise UnitUnsupportedError(f"It tells of no events (HTTP {stream.status})")
            return cls(stack.pop_all(), stream, disks)
        raise AssertionError  # what a block may do with an error, for the type checker

    @override
    async def pull(self) -> Sequence[UnitEvent]:
        if self._waiting:
            told, self._waiting = self._waiting, []
            return told
        try:
            body = await anext(self._parts)
        except StopAsyncIteration:
            raise UnitUnreachableError("It tells no more") from None
        event = event_of(body)
        return [event] if event is not None else []

    @override
    async def close(self) -> None:
        with suppress(UnitError, aiohttp.ClientError, OSError):
            await self._stack.aclose()


def event_of(body: bytes) -> UnitEvent | None:
    """Return what a part tells that matters here; pictures and nonsense tell nothing."""
    try:
        told = parse_xml(body)
    except UnitProtocolError:
        return None
    if text_of(told, "eventType").lower() not in _DISK_EVENTS:
        return None
    failed = text_of(told, "eventState").lower() == "active"
    return StorageState(storage="disk", failed=failed)


async def _bodies(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    async for body in parts_of(chunks):
        yield body
