"""The engine in its process: does what it was told, whoever told it may come and go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
import logging
import os
from pathlib import Path

from .archive import Archive
from .deputy import Deputy
from .engine import Engine
from .errors import ArchiveError, RequestError
from .giving.service import Giving
from .lease import Lease, name_of
from .messages import (
    MAX_CHANNELS,
    PROTOCOL,
    RESUME,
    Appoint,
    Configure,
    Desist,
    Failures,
    GiveBack,
    Held,
    Hello,
    Inspect,
    Look,
    Orderly,
    Pace,
    Ping,
    Provision,
    Record,
    Release,
    Remove,
    Request,
    Resume,
    Resumed,
    Returned,
    Settled,
    Status,
    Stop,
    Unpair,
    Welcome,
)
from .model import Source
from .orders import ALL, Grants, Orders, OrdersFile
from .report import EngineReport, channel_report, storage_report
from .ring import RingLimits
from .storage import Storage

_LOGGER = logging.getLogger(__name__)
_FREE = Hello | Resume | Ping | Status | Stop
"""What anybody may ask for, whoever commands."""
_NO_SOURCE = "The engine does not know where the camera is."
_STOPPING = 2.0
"""Seconds for closing all files; what takes longer is closed at the next start."""


class Service:
    """Carries out requests, one at a time.

    Attributes:
        done: Set when the process is to end.
        lease: Whose commands are obeyed.
        deputy: Who commands while no client does, if anybody.
        unpair: Ends the pairing of an engine that has one; OSError where the disk fails.
    """

    def __init__(
        self, folder: Path, orders: OrdersFile, version: str, grants: Grants = ALL
    ) -> None:
        self.done = asyncio.Event()
        self.lease = Lease()
        self.deputy: Deputy | None = None
        self.unpair: Callable[[], Awaitable[None]] | None = None
        self._file = orders
        self._orders = orders.read()
        self._version = version
        self._grants = grants
        self._engine = Engine(folder, marked=True)
        settings = self._orders.settings
        self._engine.limit(RingLimits(settings.ring_seconds, settings.ring_bytes))
        self._storage = Storage(self._engine.archive, self._engine.disk, settings)
        self._giving = Giving(self._engine.archive, orders.folder, self._storage.recount)
        self._sources: dict[str, Source] = {}
        self._one_at_a_time = asyncio.Lock()
        self._care: asyncio.Task[None]

    @property
    def archive(self) -> Archive:
        """The footage."""
        return self._engine.archive

    async def start(self) -> None:
        """Begin to look after the disk.

        Raises:
            EngineBusyError: Another engine writes into the folder.
        """
        await self._storage.start()
        self._care = asyncio.create_task(self._storage.watch())

    async def stop(self) -> None:
        """Close all files. Those that the disk has no time for are closed at the next start."""
        self._care.cancel()
        self._storage.stop()
        try:
            async with asyncio.timeout(_STOPPING), asyncio.TaskGroup() as group:
                group.create_task(self._giving.stop())
                group.create_task(self._engine.stop())
        except TimeoutError:
            _LOGGER.warning("The disk is too slow for closing all files")

    def report(self) -> EngineReport:
        """Tell how things stand."""
        status = self._engine.status()
        channels = self._orders.channels
        names = sorted({*channels, *self._storage.holding})
        self._storage.rate = sum(
            status[name].bitrate / 8 for name in channels if channels[name] and name in status
        )
        disk_errors = [self._engine.archive.left_open]
        disk_errors += [channel.disk_error for channel in status.values()]
        return EngineReport(
            pid=os.getpid(),
            version=self._version,
            storage=storage_report(self._storage.report, disk_errors),
            channels={
                name: channel_report(
                    status.get(name),
                    order=channels.get(name),
                    has_source=name in self._sources,
                    holds_footage=name in self._storage.holding,
                )
                for name in names
            },
            transfers=self._giving.reports(),
        )

    async def answer(self, request: Request, who: int) -> object:
        """Do what a request says and return what answers it, None for a mere "done".

        Args:
            request: What is asked for.
            who: Asks, by the number that the lease gave.

        Raises:
            RequestError: It can't be done, or not by who asks.
        """
        if isinstance(request, Held | Look | Inspect):
            return await self._giving.find_out(request)
        async with self._one_at_a_time:
            if not isinstance(request, _FREE) and who != self.lease.holder:
                raise RequestError("Another commands: say resume first.")
            if isinstance(request, Record | Release):
                self._log(request, who)
            return await self._do(request, who)

    def _log(self, command: Record | Release, who: int) -> None:
        """Note who has what recorded, as far as it is news."""
        wanted = isinstance(command, Record)
        changed = [it for it in command.channels if self._orders.channels.get(it, False) != wanted]
        if changed:
            what = "record" if wanted else "release"
            names = ", ".join(changed)
            _LOGGER.info("Term %d: %s says %s %s", self.lease.term, name_of(who), what, names)

    async def _do(self, request: Orderly, who: int) -> object:
        match request:
            case Hello():
                return await self._welcome(request, who)
            case Resume():
                return self._resume(who)
            case Appoint() | Settled():
                await self._instruct(request)
            case Ping():
                pass
            case Status():
                return self.report()
            case Record():
                return await self._record(request.channels)
            case Stop():
                self.done.set()
            case Unpair():
                await self._unpair()
            case GiveBack() | Desist() | Pace():
                self._giving.take(request)
            case _:
                await self._change(request)
        return None

    async def _welcome(self, hello: Hello, who: int) -> Welcome:
        await self._follow(self._sources)
        knows = hello.protocol == PROTOCOL and RESUME in hello.capabilities
        if self.deputy is None or not knows:
            self.lease.grant(who)
            if self.deputy is not None and hello.protocol == PROTOCOL:
                await self.deputy.dismiss()
        return Welcome(
            protocol=PROTOCOL,
            version=self._version,
            pid=os.getpid(),
            capabilities=() if self.deputy is None else (RESUME,),
            cameras=self._grants.cameras,
            folder=str(self.archive.folder),
        )

    def _resume(self, who: int) -> Resumed:
        """Pass the command on; what the deputy was about is done, for one request is at a time."""
        if not self.lease.grant(who):
            raise RequestError("A newer client has taken over.")
        if self.deputy is None:
            return Resumed(term=self.lease.term)
        return self.deputy.resume(self.lease.term)

    async def _instruct(self, request: Appoint | Settled) -> None:
        if self.deputy is None:
            raise RequestError("The engine decides nothing by itself.")
        try:
            match request:
                case Appoint():
                    await self.deputy.appoint(request.orders, request.seq)
                case Settled():
                    await self.deputy.settle()
        except OSError as error:
            raise RequestError(f"The disk fails: {error.strerror}.") from error

    async def _unpair(self) -> None:
        if self.unpair is None:
            raise RequestError("The engine is not paired.")
        try:
            await self.unpair()
        except OSError as error:
            raise RequestError(f"The disk fails: {error.strerror}.") from error
        self.done.set()

    async def let_go(self) -> bool:
        """Let go of cameras that are only watched; return whether anything is to be done."""
        async with self._one_at_a_time:
            for name, recorded in self._orders.channels.items():
                if not recorded:
                    await self._engine.release(name)
            return self._giving.active or any(self._orders.channels.values())

    async def _change(self, request: Configure | Provision | Release | Remove | Returned) -> None:
        try:
            match request:
                case Configure(settings=wanted):
                    settings = self._grants.within(wanted)
                    await self._save(Orders(settings=settings, channels=self._orders.channels))
                    self._engine.limit(RingLimits(settings.ring_seconds, settings.ring_bytes))
                    self._storage.configure(settings)
                    await self._follow(self._sources)
                case Provision(sources=sources):
                    await self._provision(sources)
                case Release(channels=channels):
                    known = self._orders.channels.keys() & set(channels)
                    self._note_footage()
                    await self._tell(dict.fromkeys(known, False))
                    await self._follow(known)
                case Remove(channels=channels):
                    await self._remove(channels, delete_footage=request.delete_footage)
                case Returned():
                    self._engine.archive.folder_of(request.channel)
                    await self._storage.mark_returned(request.channel, request.clips)
        except OSError as error:
            raise RequestError(f"The disk fails: {error.strerror}.") from error
        except ArchiveError as error:
            raise RequestError(str(error)) from error

    async def _provision(self, sources: Mapping[str, Source]) -> None:
        if len(self._orders.channels.keys() | sources.keys()) > MAX_CHANNELS:
            raise RequestError(f"An engine takes no more than {MAX_CHANNELS} cameras.")
        for name in sources:
            self._engine.archive.folder_of(name)  # raises where it can't be one
        self._sources |= sources
        await self._tell({name: self._orders.channels.get(name, False) for name in sources})
        await self._follow(sources)

    async def _record(self, channels: Iterable[str]) -> Failures:
        known = [name for name in channels if name in self._sources]
        failures = {name: _NO_SOURCE for name in channels if name not in self._sources}
        for name in known:  # a takeover waits for no disk
            self._engine.record(name, self._sources[name])
        await self._tell(dict.fromkeys(known, True))
        return Failures(failures=failures)

    async def _remove(self, channels: Iterable[str], *, delete_footage: bool) -> None:
        gone = set(channels)
        self._note_footage()
        async with asyncio.TaskGroup() as group:
            for name in gone:
                self._sources.pop(name, None)
                group.create_task(self._engine.release(name))
        left = {name: it for name, it in self._orders.channels.items() if name not in gone}
        await self._save(Orders(settings=self._orders.settings, channels=left))
        if delete_footage:
            for name in gone:
                self._engine.archive.folder_of(name)  # raises where it can't be one
                self._storage.delete(name)

    def _note_footage(self) -> None:
        """Remember what was recorded, for when its channels are no more."""
        status = self._engine.status()
        self._storage.note(name for name, channel in status.items() if channel.frames)

    async def _follow(self, names: Iterable[str]) -> None:
        """Make the engine do what the orders say about these channels, all at once."""
        async with asyncio.TaskGroup() as group:
            for name in names:
                if name in self._sources:
                    group.create_task(self._obey(name, self._sources[name]))

    async def _obey(self, name: str, source: Source) -> None:
        if self._orders.channels.get(name):
            self._engine.record(name, source)
        elif self._orders.settings.warm:
            self._engine.watch(name, source)
        else:
            await self._engine.release(name)

    async def _tell(self, channels: Mapping[str, bool]) -> None:
        """Take up orders about channels."""
        told = {**self._orders.channels, **channels}
        await self._save(Orders(settings=self._orders.settings, channels=told))

    async def _save(self, orders: Orders) -> None:
        """Keep orders, in memory at least: they count even if their disk fails."""
        if orders == self._orders:
            return
        self._orders = orders
        try:
            await asyncio.to_thread(self._file.write, orders)
        except OSError as error:
            _LOGGER.warning("The orders can't be kept on disk: %s", error.strerror)
