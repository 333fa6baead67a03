"""mediaFileFind: a search for files in four steps, of which the last one must never be left out.

A recorder has few searches, and one that is not destroyed stays open until it restarts. Channels
count from 1 in the question and, mostly, from 0 in the answer, which is therefore not looked at.
Times are the recorder's local ones. That nothing is found is told as an error.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import re
from typing import Any, Final

from ..errors import UnitError, UnitProtocolError, UnitRequestError
from .client import DahuaClient
from .local_clock import read_time, write_time
from .table import Table, indexed, whole

_PAGE: Final = "mediaFileFind"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_COUNT: Final = 100
_MOST: Final = 20_000
"""Files of one search: a month of files of two minutes."""
_DESTROYING: Final = 5.0
"""Seconds that it may take to end a search."""
_LONGEST: Final = 7 * 86_400
"""Seconds of a file: one that is longer has a wrong time."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, or so much of it as there is: local times in seconds since 1970."""

    start: int
    end: int
    utc_offset: int | None = None
    """Seconds by which these times are ahead of UTC, where the recorder says so."""


class Finder:
    """Searches, one after another."""

    def __init__(self, client: DahuaClient) -> None:
        self._client = client
        self._one_at_a_time = asyncio.Lock()
        self._working: set[asyncio.Task[Any]] = set()

    async def find(self, channel: int, start: int, end: int) -> Sequence[File]:
        """Return the files of a channel that reach between two local times.

        Args:
            channel: 0 for the first.
            start: Seconds since 1970, as all local times here.
            end: The same.

        Raises:
            UnitUnsupportedError: It can't search.
            UnitError: As `DahuaClient.table`.
        """
        async with self._one_at_a_time, self._search() as name:
            question = {
                "object": name,
                "condition.Channel": str(channel + 1),
                "condition.StartTime": write_time(start),
                "condition.EndTime": write_time(end),
                "condition.Types[0]": "dav",
            }
            try:
                await self._client.order(_PAGE, "findFile", question)
            except UnitRequestError:
                return ()  # nothing found
            return await self._collect(name)

    async def try_out(self) -> None:
        """Begin a search and end it; raises as `find`."""
        async with self._one_at_a_time, self._search():
            pass

    @asynccontextmanager
    async def _search(self) -> AsyncGenerator[str]:
        """Have a search for as long as the block runs, and not a moment longer.

        Whoever is cancelled while a search is begun does not know its name yet: it is waited for.
        """
        beginning = self._keep(self._begin())
        try:
            yield await asyncio.shield(beginning)
        finally:
            await asyncio.shield(self._keep(self._end(beginning)))

    def _keep[T](self, work: Coroutine[None, None, T]) -> asyncio.Task[T]:
        """Do something that nobody's being cancelled ends."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    async def _begin(self) -> str:
        told = await self._client.table(_PAGE, "factory.create")
        name = told.get("result", "")
        if not _NAME.fullmatch(name):
            raise UnitProtocolError("It begins a search without a name")
        return name

    async def _end(self, beginning: asyncio.Task[str]) -> None:
        with suppress(UnitError):
            name = await beginning
            for action in ("close", "destroy"):
                with suppress(UnitError, TimeoutError):
                    async with asyncio.timeout(_DESTROYING):
                        await self._client.order(_PAGE, action, {"object": name})

    async def _collect(self, name: str) -> Sequence[File]:
        found: list[File] = []
        query: Mapping[str, str] = {"object": name, "count": str(_COUNT)}
        while True:
            told = await self._client.table(_PAGE, "findNextFile", **query)
            files = [item for _, item in indexed(told, "items")]
            found += [file for item in files if (file := _file(item)) is not None]
            if len(files) < _COUNT or (whole(told.get("found")) or 0) < _COUNT:
                return found
            if len(found) > _MOST:
                raise UnitProtocolError("It finds more files than any unit has")


def _file(item: Table) -> File | None:
    """Return a file that is told of, None where its times make no sense."""
    try:
        start, end = (read_time(item.get(f"{it}Time", "")) for it in ("Start", "End"))
    except UnitProtocolError:
        return None
    if not 0 <= end - start <= _LONGEST:
        return None
    return File(start, end, whole(item.get("UTCOffset")))
