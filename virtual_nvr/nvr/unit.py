"""The virtual recorder as a whole: its parts, start and stop, and faults on command."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import logging
from ssl import SSLContext
from types import TracebackType
from typing import Self

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.auth import Guard
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.holdings import Holdings
from custom_components.nvr_hotspare.recorder.rtsp.server import RtspServer

from ..vendors import open_api
from .access import Access
from .config import ChannelConfig, Limits, NvrConfig
from .device import DeviceService
from .director import Director
from .discovery import Discoverable
from .events import EventService, SubscriptionManager
from .job import Jobs
from .live import live_channels
from .media import MediaService
from .pusher import push
from .receiver import ReceiverService
from .recording import RecordingService
from .replay import PATH as REPLAY_PATH, ReplayedFootage, ReplayService, replays
from .search import SearchService
from .server import SoapServer
from .service import Operations, Service
from .state import State, StateError
from .tls import context
from .vendor import Inside

_LOGGER = logging.getLogger(__name__)

REBOOT = 1.5
"""Seconds that a unit is away when it restarts."""
NOTICE = 2.0
"""Seconds before that at which it announces a restart: clients wait as long between two pulls."""


class VirtualNvr:
    """A recorder that runs in this process, between entering and leaving its context.

    Raises:
        OSError: On entering: an address is not to be had, or the folder can't be written.
        StateError: On entering: what an earlier run stored is damaged.
    """

    def __init__(self, config: NvrConfig) -> None:
        self.config = config
        self.limits = config.limits
        self.channels = dict(enumerate(config.channels, start=1))
        """Its own, by number."""
        self.clock_offset = timedelta()
        """How far the unit's clock is ahead."""
        self.delay = 0.0
        """Seconds that each ONVIF answer is held back."""
        self.held: set[str] = set()
        """Recordings that are kept from recording, whatever their jobs say."""
        self.storage_failed = False
        """Whether the disk is broken: nothing is recorded, and clients are told."""
        self.replaying = asyncio.Event()
        """Whether replayed footage is sent; its sessions stand either way."""
        self.replaying.set()
        self._running: _Running | None = None
        self._reboot: asyncio.Task[None] | None = None
        self._leaving = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._running = await _Running.start(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        if self._reboot:
            await asyncio.wait([self._reboot])
        await self._stop()

    async def answer_late(self) -> None:
        """Hold an answer back for as long as the unit is slow."""
        await asyncio.sleep(self.delay)

    def now(self) -> datetime:
        """Return the time by the unit's clock."""
        return datetime.now(UTC) + self.clock_offset

    def ahead(self) -> int:
        """Return how far that is ahead, in nanoseconds; all that the unit tells is by it."""
        return self.clock_offset // timedelta(microseconds=1) * 1000

    def reboot(self, notice: float = 0.0) -> None:
        """Begin a restart after so many seconds; returns at once."""
        if self._reboot is None or self._reboot.done():
            self._reboot = asyncio.create_task(self._restart(notice))

    async def hold(self, number: int) -> None:
        """Keep a channel from recording although its job is active; 1 is the first recording.

        Raises:
            LookupError: There is no such channel, or the unit is restarting.
        """
        running, token = self._channel(number)
        self.held.add(token)
        await running.settle()

    async def let_go(self, number: int) -> None:
        """Undo `hold`; LookupError as there."""
        running, token = self._channel(number)
        self.held.discard(token)
        await running.settle()

    async def add_channel(self, uri: str, name: str) -> None:
        """Begin to record one more camera, with the account of the others.

        Raises:
            ConfigError: The address holds credentials.
            LookupError: There is no room, or the unit is restarting.
        """
        running = self._present()
        room = min(self.limits.recordings, self.limits.jobs, self.limits.receivers)
        if len(running.state.recordings) >= room:
            raise LookupError(f"the unit has room for {room} channels")
        like = next(iter(self.channels.values()), ChannelConfig(name="", uri=""))
        number = max(self.channels, default=0) + 1
        self.channels[number] = replace(like, uri=uri, name=name)
        await self._set_up(running)

    async def remove_channel(self, number: int) -> None:
        """Forget a camera; LookupError where there is no such channel, or as in `hold`."""
        running = self._present()
        del self.channels[number]
        await self._set_up(running)

    async def rename_channel(self, number: int, name: str) -> None:
        """Call a camera something else; LookupError as in `remove_channel`."""
        running = self._present()
        self.channels[number] = replace(self.channels[number], name=name)
        await self._set_up(running)

    def limit(self, limits: Limits) -> None:
        """Hold no more than this from now on, but what is there; LookupError as in `hold`."""
        self._present().state.limits = self.limits = limits

    async def _set_up(self, running: _Running) -> None:
        running.set_up(self.channels)
        await running.settle()

    async def fail_storage(self) -> None:
        """Break the disk: hold every channel, and tell clients why; LookupError as there."""
        running = self._present()
        self.storage_failed = True
        self.held.update(running.state.recordings)
        await running.settle()
        running.events.tell_storage()

    async def mend_storage(self) -> None:
        """Undo `fail_storage`, and every `hold`; LookupError as there."""
        running = self._present()
        self.storage_failed = False
        self.held.clear()
        await running.settle()
        running.events.tell_storage()

    def announce_restart(self) -> None:
        """Tell clients of a restart to come; returns at once, LookupError as in `hold`."""
        self._present().events.tell_shutdown()
        self.reboot(NOTICE)

    def drop_replay(self) -> None:
        """Cut every connection over which footage is replayed; LookupError as in `hold`."""
        self._present().rtsp.cut(REPLAY_PATH)

    def _channel(self, number: int) -> tuple[_Running, str]:
        running = self._present()
        tokens = list(running.state.recordings)
        if not 1 <= number <= len(tokens):
            raise LookupError(f"the unit has {len(tokens)} recordings")
        return running, tokens[number - 1]

    def _present(self) -> _Running:
        if self._running is None:
            raise LookupError("the unit is restarting")
        return self._running

    async def _restart(self, notice: float) -> None:
        if await self._left_within(notice):
            return
        await self._stop()
        if await self._left_within(REBOOT):
            return
        try:
            self._running = await _Running.start(self)
        except (OSError, StateError) as error:
            _LOGGER.error("The unit does not come back: %s", error)  # noqa: TRY400 - told in full

    async def _left_within(self, seconds: float) -> bool:
        """Wait for the unit to be left for good; tell whether it was."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._leaving.wait()
        return self._leaving.is_set()

    async def _stop(self) -> None:
        if self._running:
            running, self._running = self._running, None
            await running.stop()


class _Running:
    """All that lives from a start of the unit to its stop."""

    def __init__(self, unit: VirtualNvr, state: State, tls: SSLContext | None) -> None:
        config, folder = unit.config, unit.config.folder / "recordings"
        self.state = state
        self._config = config
        self._settling = asyncio.Lock()
        self._pushing: asyncio.Task[None] | None = None
        self._discoverable: Discoverable | None = None
        self._engine = Engine(folder)
        archive = Archive(folder)
        holdings = Holdings(archive)
        self._director = Director(state, self._engine, archive, holdings, unit.held)
        receiver = config.receiver
        self.events = EventService(config, unit.now, lambda: unit.storage_failed)
        others: list[Service] = [
            self.events,
            MediaService(config, state, self._director),
            RecordingService(
                state, self._director, dynamic=config.dynamic_recordings, receiver=receiver
            ),
            SearchService(state, self._director, unit.now, unit.ahead, receiver=receiver),
            ReplayService(config, state),
        ]
        if receiver:
            others.append(ReceiverService(state, self._director))
        device = DeviceService(config, others, unit.now, unit.reboot)
        jobs = Jobs(state, self._director, receiver=receiver)
        subscriptions = SubscriptionManager(self.events.points, unit.now)
        operations = Operations([device, *others, jobs, subscriptions])
        access = Access(config, unit.now)
        live = live_channels(self._engine, archive)
        self.api = open_api(
            Inside(
                config=config,
                state=state,
                director=self._director,
                held=unit.held,
                now=unit.now,
                ahead=unit.ahead,
                late=unit.answer_late,
                settle=self.settle,
                reboot=unit.reboot,
                storage_failed=lambda: unit.storage_failed,
                live=live,
                footage=lambda it: ReplayedFootage(holdings, it, unit.ahead, unit.replaying),
            )
        )
        self._soap = SoapServer(operations, access, unit.answer_late, self.settle, tls=tls)
        replay = replays(state, holdings, unit.ahead, unit.replaying)
        self.rtsp = RtspServer(
            lambda target: (
                (self.api and self.api.find(target))
                or replay(path := target.partition("?")[0])
                or live(path)
            ),
            guard=Guard("Virtual NVR", {config.username: config.password}),
            queries=True,
        )

    @classmethod
    async def start(cls, unit: VirtualNvr) -> Self:
        """Go on where the last run ended; returns when the unit answers."""
        config = unit.config
        await asyncio.to_thread(config.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        state = await asyncio.to_thread(State.load, config.folder / "unit.json", unit.limits)
        state.keeps_receivers = config.keeps_receivers
        tls = await asyncio.to_thread(context, config.folder) if config.https else None
        running = cls(unit, state, tls)
        if running.api is None:
            state.set_up(unit.channels)
        try:
            await running._begin()
        except BaseException:
            await running.stop()
            raise
        return running

    def set_up(self, channels: Mapping[int, ChannelConfig]) -> None:
        """Have these cameras from now on."""
        if self.api is None:
            self.state.set_up(channels)
        else:
            self.api.set_up(channels)

    async def settle(self) -> None:
        """Put what was changed on disk, then make the engine follow."""
        async with self._settling:
            await asyncio.to_thread(self.state.store, self.state.dump())
            await self._director.apply()

    async def stop(self) -> None:
        """Answer no more, and close all files."""
        if self._pushing:
            self._pushing.cancel()
            await asyncio.wait([self._pushing])
        if self._discoverable:
            self._discoverable.stop()
        self.events.points.end()
        if self.api is not None:
            await self.api.stop()
        await self._soap.stop()
        await self.rtsp.close()
        async with self._settling:
            await self._engine.stop()

    async def _begin(self) -> None:
        await self._engine.start()
        await self.settle()
        await self.rtsp.start(self._config.host, self._config.rtsp_port)
        beside = self.api.add_routes if self.api else None
        await self._soap.start(self._config.host, self._config.http_port, beside)
        if self._config.discovery_port:
            self._discoverable = await Discoverable.start(self._config)
        if self._config.push_url:
            pushing = push(self._config.push_url, self._config.push_seconds)
            self._pushing = asyncio.create_task(pushing)
