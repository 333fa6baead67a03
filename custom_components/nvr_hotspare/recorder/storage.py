"""Looks after the disk while the engine runs, and tells the engine when not to write."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
import logging

from .archive import MARK, Archive
from .disk import Disk
from .errors import EngineBusyError
from .lock import FileLock
from .orders import Settings
from .report import StorageReport, StorageState
from .returned import mark_returned
from .space import Space

_LOGGER = logging.getLogger(__name__)
_INTERVAL = 2.0
"""Seconds between looks."""
_PATIENCE = 10.0
"""Seconds that a disk may take to answer one."""
_UNSEEN = StorageReport(state=StorageState.UNAVAILABLE, error="The disk does not answer")


class Storage:
    """Keeps a marked folder of footage within its space.

    Attributes:
        report: What the latest look has found.
        rate: Bytes that are written each second.
    """

    def __init__(self, archive: Archive, disk: Disk, settings: Settings) -> None:
        self.report = _UNSEEN
        self._settings = settings
        self.rate = 0.0
        self._archive = archive
        self._disk = disk
        self._lock = FileLock(archive.folder / MARK)
        self._space = Space(archive)
        self._changed = asyncio.Event()
        self._look: asyncio.Task[StorageReport] | None = None

    @property
    def holding(self) -> frozenset[str]:
        """The channels that there is footage of."""
        return self._space.holding

    def note(self, channels: Iterable[str]) -> None:
        """Learn of channels that there is footage of now, before it is counted."""
        self._space.holding = self._space.holding.union(channels)

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
                self._take(StorageReport(state=StorageState.UNAVAILABLE, error=str(error)))

    async def look(self) -> None:
        """Look at the disk once; returns in time even if it hangs.

        Raises:
            EngineBusyError: Another engine writes into the folder.
        """
        if self._look is None:
            self._look = asyncio.create_task(self._disk.close(self._examine))
        done, _ = await asyncio.wait([self._look], timeout=_PATIENCE)
        if done:
            look, self._look = self._look, None
            self._take(look.result())
        else:
            self._take(_UNSEEN)

    async def delete(self, channel: str) -> None:
        """Delete all footage of a channel; OSError as the disk has it."""
        await self._disk.close(lambda: self._space.delete(channel))
        self._recount()

    async def mark_returned(self, channel: str, clips: Iterable[str]) -> None:
        """Remember that clips were given back and verified; OSError as the disk has it."""
        await self._disk.close(lambda: mark_returned(self._archive.folder / channel, clips))
        self._recount()

    def configure(self, settings: Settings) -> None:
        """Change what is wanted, and judge all footage anew."""
        self._settings = settings
        self._recount()

    def _recount(self) -> None:
        self._space.recount()
        self._changed.set()

    def _examine(self) -> StorageReport:
        """Look at the disk, and clear up after one that was away."""
        try:
            self._archive.check()
            self._lock.take()
        except OSError:
            return self._space.look(self._settings, self.rate)  # tells what is wrong
        if self.report.state is StorageState.UNAVAILABLE:
            self._recover()
        return self._space.look(self._settings, self.rate)

    def _recover(self) -> None:
        try:
            recovered = self._archive.recover()
        except OSError as error:
            # The new footage matters more than the old.
            _LOGGER.warning("Files left open can't be closed: %s", error.strerror)
        else:
            _LOGGER.info("Closed %d files that were left open", len(recovered))

    def _take(self, report: StorageReport) -> None:
        if report.error != self.report.error:
            _LOGGER.info("Storage is %s. %s", report.state, report.error)
        self.report = report
        writable = report.state in {StorageState.OK, StorageState.FULL_SOON}
        self._disk.refusal = "" if writable else report.error
