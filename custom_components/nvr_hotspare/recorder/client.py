"""The engine's client: requests to it, reports from it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import itertools
from pathlib import Path

from .errors import (
    EngineAbsentError,
    EngineBusyError,
    EngineGoneError,
    MessageError,
    RequestError,
)
from .giving.model import Covered, Inspection, Target
from .messages import (
    MAX_LINE,
    PROTOCOL,
    Failures,
    Held,
    Hello,
    Inspect,
    Look,
    Ping,
    Request,
    Resume,
    Resumed,
    Status,
    Welcome,
    encode_request,
    read,
)
from .plain import Plain, PlainError, load
from .report import EngineReport
from .spans import Span

_ANSWER = 10.0
"""Seconds that an engine may take to answer."""
_SEARCH = 120.0
"""Seconds that it may take to look through a folder, which may be a network share."""
_PING = 3.0
"""Seconds between signs of life; the engine replaces a client that is silent for 10 s."""


class EngineClient:
    """A connection to an engine that has let us in.

    Attributes:
        welcome: Who answers.
        report: The latest report.
    """

    welcome: Welcome

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_report: Callable[[EngineReport], None],
    ) -> None:
        """Talk over this stream, whose reader was made with a limit of `MAX_LINE`."""
        self._reader = reader
        self._writer = writer
        self._on_report = on_report
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Plain]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls,
        path: Path,
        version: str,
        on_report: Callable[[EngineReport], None],
        capabilities: tuple[str, ...] = (),
    ) -> EngineClient:
        """Connect to an engine's socket and say hello.

        Args:
            path: The socket.
            version: Our own.
            on_report: Told of each report.
            capabilities: What the caller knows, see `messages`.

        Raises:
            EngineAbsentError: None listens there.
            EngineGoneError: None answers there.
            EngineBusyError: It has another client, or says that it won't have us.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE)
        except OSError as error:
            raise EngineAbsentError("The engine does not run.") from error
        client = cls(reader, writer, on_report)
        await client.greet(version, capabilities)
        return client

    async def greet(self, version: str, capabilities: tuple[str, ...] = ()) -> None:
        """Say hello, the first thing over a new stream; closes it where that goes wrong.

        Raises:
            EngineGoneError, EngineBusyError: As of `connect`.
        """
        hello = Hello(protocol=PROTOCOL, version=version, capabilities=capabilities)
        try:
            self.welcome = _load(Welcome, await self._ask(hello))
        except RequestError as error:
            await self.close()
            raise EngineBusyError(str(error)) from error
        except BaseException:
            await self.close()
            raise

    async def request(self, request: Request) -> None:
        """Have something done.

        Raises:
            RequestError: The engine would not do it.
            EngineGoneError: It does not answer any more.
        """
        await self._ask(request)

    async def attempt(self, request: Request) -> Failures:
        """Have something done for several channels, and return for which it was not."""
        return _load(Failures, await self._ask(request))

    async def resume(self) -> Resumed:
        """Take over the command, and return what the engine did by itself; errors as of `request`.

        That is told again until it is told `Settled`.
        """
        return _load(Resumed, await self._ask(Resume()))

    async def status(self) -> EngineReport:
        """Return how things stand now; errors as of `request`."""
        return _load(EngineReport, await self._ask(Status()))

    async def held(self, channel: str, within: Span) -> Covered:
        """Return what footage the engine holds of a channel; errors as of `request`."""
        return _load(Covered, await self._ask(Held(channel=channel, within=within), _SEARCH))

    async def look(self, target: Target, within: Span) -> Covered:
        """Return what footage a recorder's folder holds; errors as of `request`."""
        return _load(Covered, await self._ask(Look(target=target, within=within), _SEARCH))

    async def inspect(self, target: Target, *, mark: bool = False) -> Inspection:
        """Return whether footage can be given into a folder, and mark it if so and told to.

        Errors as of `request`.
        """
        return _load(Inspection, await self._ask(Inspect(target=target, mark=mark), _SEARCH))

    async def stay(self) -> None:
        """Keep in touch until the connection ends, which is when this returns."""
        with suppress(EngineGoneError):
            while True:
                await asyncio.wait([self._reading], timeout=_PING)
                await self._ask(Ping())

    async def close(self) -> None:
        """Hang up; the engine goes on."""
        self._reading.cancel()
        await asyncio.wait([self._reading])
        self._writer.transport.abort()

    async def _ask(self, request: Request, within: float = _ANSWER) -> Plain:
        if self._reading.done():
            raise EngineGoneError("The engine has gone.")
        number = next(self._numbers)
        answer: asyncio.Future[Plain] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(within):
                self._writer.write(encode_request(number, request))
                return await answer
        except TimeoutError:
            self._writer.transport.abort()
            raise EngineGoneError("The engine does not answer.") from None
        finally:
            del self._waiting[number]

    async def _read(self) -> None:
        try:
            while (message := await read(self._reader)) is not None:
                self._take(message)
        except MessageError, OSError, PlainError:
            pass  # an engine that speaks nonsense is as good as gone
        finally:
            self._writer.transport.abort()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(EngineGoneError("The engine has gone."))

    def _take(self, message: dict[str, Plain]) -> None:
        match message:
            case {"report": report}:
                self._on_report(load(EngineReport, report))
            case {"id": int(number)} if (answer := self._waiting.get(number)) is not None:
                if answer.done():
                    return
                match message:
                    case {"error": str(error)}:
                        answer.set_exception(RequestError(error))
                    case {"result": result}:
                        answer.set_result(result)


def _load[T](kind: type[T], data: Plain) -> T:
    try:
        return load(kind, data)
    except PlainError as error:
        raise EngineGoneError(f"The engine's answer is not valid: {error}") from error
