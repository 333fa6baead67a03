"""Looks after the disk while the engine runs, and tells the engine when not to write."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
import logging

from .archive import MARK, Archive
from .disk import Disk
from .errors import EngineBusyError
from .lock import FileLock
from .orders import Settings
from .report import StorageReport, StorageState
from .returned import mark_returned
from .space import Space, unavailable

_LOGGER = logging.getLogger(__name__)
_INTERVAL = 2.0
"""Seconds between looks."""
_PATIENCE = 10.0
"""Seconds that a disk may take to answer one."""
_FIRST = 2.0
"""Seconds that the start waits for what an engine before this one has left to be cleared up."""


class Storage:
    """Keeps a marked folder of footage within its space.

    Attributes:
        report: What the latest look has found.
        rate: Bytes that are written each second.
    """

    def __init__(self, archive: Archive, disk: Disk, settings: Settings) -> None:
        self.report = unavailable("The disk does not answer", settings)
        self.rate = 0.0
        self._settings = settings
        self._archive = archive
        self._disk = disk
        self._lock = FileLock(archive.folder / MARK)
        self._space = Space(archive)
        self._noted: set[str] = set()
        self._cleared = False
        """Whether what was left open since the disk was last away has been closed."""
        self._changed = asyncio.Event()
        self._look: asyncio.Task[StorageReport] | None = None
        self._chores: set[asyncio.Task[None]] = set()
        self._one_chore = asyncio.Lock()

    @property
    def holding(self) -> frozenset[str]:
        """The channels that there is footage of."""
        return self._space.holding | self._noted

    def note(self, channels: Iterable[str]) -> None:
        """Learn of channels that there is footage of now, before it is counted."""
        self._noted.update(channels)

    async def start(self) -> None:
        """Look at the disk and clear up what an engine that was killed has left.

        Raises:
            EngineBusyError: Another engine writes into the folder.
        """
        await self.look()
        self._tend()
        if self._chores:
            await asyncio.wait(self._chores, timeout=_FIRST)

    async def watch(self) -> None:
        """Look after the disk for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_INTERVAL):
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self.look()
            except EngineBusyError as error:
                self._take(unavailable(str(error), self._settings))
            self._tend()

    async def look(self) -> None:
        """Look at the disk once; returns in time even if it hangs.

        Raises:
            EngineBusyError: Another engine writes into the folder.
        """
        if self._look is None:
            self._look = asyncio.create_task(asyncio.to_thread(self._examine))
        done, _ = await asyncio.wait([self._look], timeout=_PATIENCE)
        if done:
            look, self._look = self._look, None
            self._take(look.result())
        else:
            # Nothing is refused: who writes to such a disk waits, and may find it back.
            self.report = unavailable("The disk does not answer", self._settings)

    def delete(self, channel: str) -> None:
        """Have all footage of a channel deleted."""

        def delete() -> None:
            self._space.delete(channel)
            self._space.holding -= {channel}

        self._noted.discard(channel)
        self._space.holding -= {channel}
        self._do(delete)

    async def mark_returned(self, channel: str, clips: Iterable[str]) -> None:
        """Remember that clips were given back and verified; OSError as the disk has it."""
        await asyncio.to_thread(mark_returned, self._archive.folder / channel, clips)
        self.recount()

    def configure(self, settings: Settings) -> None:
        """Change what is wanted, and judge all footage anew."""
        self._settings = settings
        self.recount()

    def stop(self) -> None:
        """End what takes long."""
        self._space.stopping = True

    def recount(self) -> None:
        """Count all footage anew: something has changed that no look sees."""
        self._space.recount()
        self._changed.set()

    def _examine(self) -> StorageReport:
        """Look at the disk, and make sure of the folder."""
        with suppress(OSError):  # the look tells it
            self._archive.check()
            self._lock.take()
            if not self._cleared:
                self._space.holding |= set(self._archive.channels())
        return self._space.look(self._settings, self.rate)

    def _take(self, report: StorageReport) -> None:
        if report.error != self.report.error:
            _LOGGER.info("Storage is %s. %s", report.state, report.error)
        self.report = report
        writable = report.state in {StorageState.OK, StorageState.FULL_SOON}
        self._disk.refusal = "" if writable else report.error
        self._cleared = self._cleared and report.state is not StorageState.UNAVAILABLE

    def _tend(self) -> None:
        """Begin what there is to do, unless something is being done."""
        if self._chores or self.report.state is StorageState.UNAVAILABLE:
            return
        if not self._cleared or self._archive.left_open:
            self._cleared = True
            self._do(self._recover)
        if self._space.due(self._settings):
            self._do(self._tidy)

    def _do(self, work: Callable[[], None]) -> None:
        chore = asyncio.create_task(self._carry_out(work))
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)

    async def _carry_out(self, work: Callable[[], None]) -> None:
        async with self._one_chore:
            try:
                await asyncio.to_thread(work)
            except OSError as error:
                _LOGGER.warning("Footage can't be looked after: %s", error.strerror)
        self._changed.set()

    def _recover(self) -> None:
        before = self._archive.left_open
        if recovered := self._archive.recover():
            _LOGGER.info("Closed %d files that were left open", len(recovered))
        if self._archive.left_open not in {"", before}:
            _LOGGER.warning("%s", self._archive.left_open)

    def _tidy(self) -> None:
        noted = set(self._noted)
        self._space.tidy(self._settings)
        self._noted -= noted
