"""Listening to a recorder whose answer to one request goes on, a part for each thing that happens.

Most say something while nothing happens, too: silence is noticed sooner than by asking.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from http import HTTPStatus
from typing import Self, override

import aiohttp
from yarl import URL

from .account import AccountClient
from .base import Subscription
from .errors import UnitError, UnitUnreachableError, UnitUnsupportedError
from .model import UnitEvent
from .multipart import parts_of

type Reader = Callable[[bytes], UnitEvent | None]
"""Returns what a part tells that matters here."""


class Attachment(Subscription):
    """One listener; to be used by one task at a time."""

    def __init__(
        self,
        stack: AsyncExitStack,
        parts: AsyncIterator[bytes],
        read: Reader,
        first: Sequence[UnitEvent],
    ) -> None:
        self._stack = stack
        self._parts = parts
        self._read = read
        self._waiting = list(first)

    @classmethod
    async def create(
        cls,
        account: AccountClient,
        path: str | URL,
        read: Reader,
        *,
        silence: float,
        first: Sequence[UnitEvent],
    ) -> Self:
        """Begin to listen.

        Args:
            account: As which.
            path: As in `AccountClient.ask`.
            read: Understands what is told.
            silence: Seconds of it after which the recorder is taken for gone.
            first: What is known already, and told first.

        Raises:
            UnitUnsupportedError: It tells nothing.
            UnitError: As `AccountClient.listen`.
        """
        async with AsyncExitStack() as stack:
            stream = await stack.enter_async_context(account.listen(path, silence=silence))
            if stream.status != HTTPStatus.OK:
                raise UnitUnsupportedError(f"It tells of no events (HTTP {stream.status})")
            return cls(stack.pop_all(), parts_of(stream.chunks), read, first)
        raise AssertionError  # what a block may do with an error, for the type checker

    @override
    async def pull(self) -> Sequence[UnitEvent]:
        if self._waiting:
            told, self._waiting = self._waiting, []
            return told
        try:
            part = await anext(self._parts)
        except StopAsyncIteration:
            raise UnitUnreachableError("It tells no more") from None
        event = self._read(part)
        return [event] if event is not None else []

    @override
    async def close(self) -> None:
        with suppress(UnitError, aiohttp.ClientError, OSError):
            await self._stack.aclose()
