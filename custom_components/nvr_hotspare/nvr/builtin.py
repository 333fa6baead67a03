"""The built-in spare: the project's own engine, in a process of its own.

Nothing of it is ever asked of the disk or the cameras here; all goes through the engine's client.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
import re
import shutil
import time
from typing import override

from ..failover.model import Recording
from ..recorder.archive import mark
from ..recorder.client import EngineClient
from ..recorder.errors import RecorderError, RequestError
from ..recorder.giving.model import Replay
from ..recorder.messages import Configure, Ping, Provision, Record, Release, Remove
from ..recorder.model import ChannelState
from ..recorder.orders import Settings
from ..recorder.report import ChannelReport, EngineReport
from ..recorder.spans import Span
from ..recorder.supervisor import Supervisor
from .base import Spare
from .errors import UnitFullError, UnitRequestError, UnitUnreachableError, UnitUnsupportedError
from .model import (
    Capability,
    FootageTold,
    Heartbeat,
    Identity,
    Limits,
    Place,
    PlaceState,
    Probe,
)

CAPACITY = 32
"""Cameras at the same time, if nothing else is said."""
_ESCAPED = re.compile(r"[^A-Za-z0-9/-]|^-")
_ESCAPE = re.compile(r"_([0-9A-F]{2})")


def prepare_folder(folder: Path) -> None:
    """Make a folder and mark it for footage; OSError where that fails. Blocks."""
    mark(folder)


def disk_of(folder: Path) -> tuple[int, int]:
    """Return how large the disk of a folder is, and how much is free, in bytes. Blocks.

    The folder need not be there yet; OSError where the disk fails.
    """
    there = next(each for each in (folder, *folder.parents) if each.exists())
    usage = shutil.disk_usage(there)
    return usage.total, usage.free


def channel_of(key: str) -> str:
    """Return the engine's channel, and so the folder, of a place: `DS-7608/3` is `DS-7608.3`."""
    escaped = _ESCAPED.sub(lambda match: "".join(f"_{byte:02X}" for byte in match[0].encode()), key)
    return escaped.replace("/", ".")


def key_of(channel: str) -> str:
    """Return the place whose channel this is; the reverse of `channel_of`."""
    data = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), channel.replace(".", "/"))
    return data.encode("latin-1", errors="replace").decode(errors="replace")


class BuiltinSpare(Spare):
    """The driver. It keeps the engine running from `start` to `detach` or `stop`.

    Attributes:
        report: What the engine tells, None while none is connected.
    """

    def __init__(
        self,
        unit: str,
        folder: Path,
        state: Path,
        settings: Settings,
        *,
        capacity: int = CAPACITY,
    ) -> None:
        """Make a driver.

        Args:
            unit: The serial that it identifies itself by.
            folder: For footage; made by `prepare_folder` and by nothing else.
            state: The engine's private folder, on a disk that is always there.
            settings: How to stand by, and how much to keep.
            capacity: Cameras at the same time.
        """
        self.report: EngineReport | None = None
        self._unit = unit
        self._state = state
        self._settings = settings
        self._capacity = capacity
        self._places: dict[str, Place] = {}
        self._listeners: list[Callable[[], None]] = []
        self._supervisor = Supervisor(
            state, folder, on_attached=self._hand_over, on_report=self._take
        )

    # Its life

    def know(self, places: Iterable[Place]) -> None:
        """Remember where cameras are, for an engine that starts again and has to go on."""
        self._places |= {place.key: place for place in places}

    async def start(self) -> None:
        """Attach to the engine or start it, and keep doing so; returns at once."""
        self._supervisor.start()

    async def detach(self) -> None:
        """Leave the engine to itself; it does what it was told."""
        await self._supervisor.detach()

    async def stop(self) -> None:
        """End the engine for good, and forget what it was told; the footage stays."""
        await self._supervisor.stop()
        await asyncio.to_thread(shutil.rmtree, self._state, ignore_errors=True)

    async def configure(self, settings: Settings) -> None:
        """Change the settings, now or as soon as the engine is back."""
        self._settings = settings
        if (client := self._supervisor.client) is not None:
            with suppress(RecorderError):
                await client.request(Configure(settings=settings))

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever the report has changed; returns how to take the listener off."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What it does

    @override
    async def heartbeat(self, *, fresh: bool = False) -> Heartbeat:
        began = time.monotonic()
        await self.ask(lambda engine: engine.request(Ping()))
        return Heartbeat(round_trip=time.monotonic() - began, clock_offset=0.0)

    @override
    async def identify(self) -> Identity:
        report = await self.ask(lambda engine: engine.status())
        return Identity(
            manufacturer="NVR Hot Spare",
            model="Built-in recorder",
            firmware=report.version,
            serial=self._unit,
        )

    @override
    async def probe(self) -> Probe:
        return Probe(
            identity=await self.identify(),
            capabilities=frozenset({Capability.SPARE, Capability.FOOTAGE, Capability.RESTART}),
            limits=Limits(cameras=self._capacity),
            own_recordings=0,
        )

    @override
    async def restart(self) -> None:
        await self.ask(lambda _: self._supervisor.restart())

    @override
    async def places(self) -> Mapping[str, PlaceState]:
        return places_of(await self.ask(lambda engine: engine.status()))

    @override
    async def provision(self, places: Iterable[Place]) -> None:
        wanted = {place.key: place for place in places}
        self.know(wanted.values())
        held = {key for key, place in (await self.places()).items() if place.provisioned}
        new = [key for key in wanted if key not in held]
        fitting = {*held, *new[: max(0, self._capacity - len(held))]}
        await self._provision(key for key in wanted if key in fitting)
        if not fitting.issuperset(new):
            raise UnitFullError(f"The spare has room for {self._capacity} cameras")

    @override
    async def record(self, places: Iterable[Place]) -> Mapping[str, str]:
        wanted = {place.key: place for place in places}
        self.know(wanted.values())
        states = await self.places()
        busy = {key for key, state in states.items() if state.commanded}
        ordered = sorted(wanted, key=lambda key: key not in busy)
        fitting = ordered[: max(0, self._capacity - len(busy - wanted.keys()))]
        await self._make_room(states, fitting)
        await self._provision(fitting)
        command = Record(channels=tuple(map(channel_of, fitting)))
        answer = await self.ask(lambda engine: engine.attempt(command))
        full = f"The spare has room for {self._capacity} cameras"
        return dict.fromkeys(wanted.keys() - set(fitting), full) | {
            key_of(channel): error for channel, error in answer.failures.items()
        }

    @override
    async def release(self, keys: Iterable[str]) -> None:
        command = Release(channels=tuple(map(channel_of, keys)))
        await self.ask(lambda engine: engine.request(command))

    @override
    async def unprovision(self, keys: Iterable[str], *, delete_footage: bool = False) -> None:
        gone = tuple(keys)
        for key in gone:
            self._places.pop(key, None)
        command = Remove(channels=tuple(map(channel_of, gone)), delete_footage=delete_footage)
        await self.ask(lambda engine: engine.request(command))

    @override
    async def footage(self, key: str, within: Span, /) -> FootageTold:
        covered = await self.ask(lambda engine: engine.held(channel_of(key), within))
        return FootageTold(spans=covered.spans, exact=not covered.unknown)

    @override
    async def replay(self, key: str) -> Replay:
        raise UnitUnsupportedError("The engine reads its own archive")

    async def _provision(self, keys: Iterable[str]) -> None:
        sources = {channel_of(key): self._places[key].source for key in keys}
        if sources:
            await self.ask(lambda engine: engine.request(Provision(sources=sources)))

    async def _make_room(self, states: Mapping[str, PlaceState], wanted: Collection[str]) -> None:
        """Let places that only wait give way to those that are to be recorded."""
        held = {key for key, state in states.items() if state.provisioned or state.commanded}
        over = len(held.union(wanted)) - self._capacity
        idle = [key for key in held if not states[key].commanded and key not in wanted]
        if over > 0:
            command = Remove(channels=tuple(map(channel_of, sorted(idle)[-over:])))
            await self.ask(lambda engine: engine.request(command))

    async def ask[T](self, call: Callable[[EngineClient], Awaitable[T]]) -> T:
        """Make a call to the engine itself.

        Raises:
            UnitRequestError: The engine would not do it.
            UnitUnreachableError: It does not run, or not answer.
        """
        if (client := self._supervisor.client) is None:
            raise UnitUnreachableError(self._supervisor.error)
        try:
            return await call(client)
        except RequestError as error:
            raise UnitRequestError(str(error)) from error
        except RecorderError as error:
            raise UnitUnreachableError(str(error)) from error

    async def _hand_over(self, engine: EngineClient) -> None:
        """Give an engine that was just met the settings, and the cameras it was told about."""
        await engine.request(Configure(settings=self._settings))
        report = await engine.status()
        sources = {
            channel: place.source
            for key, place in self._places.items()
            if (channel := channel_of(key)) in report.channels
            and report.channels[channel].provisioned
        }
        if sources:
            await engine.request(Provision(sources=sources))

    def _take(self, report: EngineReport | None) -> None:
        self.report = report
        for listener in tuple(self._listeners):
            listener()


def places_of(report: EngineReport) -> Mapping[str, PlaceState]:
    """Return what an engine holds, by key, as it tells."""
    return {
        (key := key_of(channel)): _place_state(key, found)
        for channel, found in report.channels.items()
    }


def _place_state(key: str, found: ChannelReport) -> PlaceState:
    return PlaceState(
        key=key,
        commanded=found.recorded,
        recording=_recording(found),
        error=found.error if found.recorded else "",
        holds_footage=found.holds_footage,
        provisioned=found.has_source,
    )


def _recording(found: ChannelReport) -> Recording:
    """Only frames that are being written prove anything; a camera being connected may come."""
    if not found.recorded:
        return Recording.NO
    match found.state:
        case ChannelState.RECORDING:
            return Recording.YES
        case None | ChannelState.CONNECTING | ChannelState.WATCHING:
            return Recording.UNKNOWN
        case _:
            return Recording.NO
