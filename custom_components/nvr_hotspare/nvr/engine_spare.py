"""What a driver of our own engine does, wherever the engine runs.

Nothing is ever asked of the engine's disk or the cameras here; all goes through its client.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
import time
from typing import override

from ..recorder.attendant import Attendant
from ..recorder.client import EngineClient
from ..recorder.errors import EngineKeyError, EngineTakenError, RecorderError, RequestError
from ..recorder.messages import (
    RESUME,
    Appoint,
    Configure,
    Ping,
    Provision,
    Record,
    Release,
    Remove,
    Resumed,
    Settled,
)
from ..recorder.orders import Settings
from ..recorder.plain import Plain
from ..recorder.report import EngineReport
from ..recorder.spans import Span
from .base import Spare
from .engine_places import channel_of, key_of, places_of
from .errors import (
    UnitCredentialsError,
    UnitFullError,
    UnitRequestError,
    UnitUnreachableError,
)
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

type OnResumed = Callable[[Resumed], Awaitable[None]]


class EngineSpare(Spare):
    """The driver. It keeps in touch with the engine from `start` to `detach`.

    Attributes:
        report: What the engine tells, None while there is no connection.
        decides: Whether the engine that was met last can decide while nobody commands it; one of
            an older version can't. None before one was met.
        model: What kind of recorder people read that it is.
        on_resumed: Told at each connection what the engine did while nobody commanded it, before
            anybody may ask it for something; it must ask for nothing itself. Set before `start`;
            without it the engine is never to decide anything.
    """

    model: str

    def __init__(self, unit: str, settings: Settings, capacity: int = CAPACITY) -> None:
        """Make a driver.

        Args:
            unit: The serial that it identifies itself by.
            settings: How to stand by, and how much to keep.
            capacity: Cameras at the same time.
        """
        self.decides: bool | None = None
        self.on_resumed: OnResumed | None = None
        self.report: EngineReport | None = None
        self._unit = unit
        self._settings = settings
        self._capacity = capacity
        self._places: dict[str, Place] = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    @abstractmethod
    def _attendant(self) -> Attendant:
        """Who keeps in touch with the engine."""

    # Its life

    def know(self, places: Iterable[Place]) -> None:
        """Remember where cameras are, for an engine that starts again and has to go on."""
        self._places |= {place.key: place for place in places}

    async def start(self) -> None:
        """Begin to keep in touch; returns at once."""
        self._attendant.capabilities = (RESUME,) if self.on_resumed else ()
        self._attendant.start()

    async def detach(self) -> None:
        """Leave the engine to itself; it does what it was told."""
        await self._attendant.detach()

    async def configure(self, settings: Settings) -> None:
        """Change the settings, now or as soon as the engine is back."""
        self._settings = settings
        if (client := self._attendant.client) is not None:
            with suppress(RecorderError):
                await client.request(Configure(settings=settings))

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever the report has changed; returns how to take the listener off."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def appoint(self, orders: Mapping[str, Plain], seq: int) -> None:
        """Give standing orders for when nobody commands the engine; errors as of `ask`."""
        await self.ask(lambda engine: engine.request(Appoint(orders=orders, seq=seq)))

    async def settle(self) -> None:
        """Say that what `on_resumed` was told is saved; errors as of `ask`."""
        await self.ask(lambda engine: engine.request(Settled()))

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
            model=self.model,
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
        await self.ask(lambda _: self._attendant.restart())

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
            UnitCredentialsError: It does not let us in.
        """
        if (client := self._attendant.client) is None:
            error = self._attendant.error
            if isinstance(self._attendant.failure, EngineKeyError | EngineTakenError):
                raise UnitCredentialsError(error)
            raise UnitUnreachableError(error)
        try:
            return await call(client)
        except RequestError as error:
            raise UnitRequestError(str(error)) from error
        except RecorderError as error:
            raise UnitUnreachableError(str(error)) from error

    async def _hand_over(self, engine: EngineClient) -> None:
        """Take over an engine that was just met, and tell it again what it does not keep."""
        self.decides = RESUME in engine.welcome.capabilities
        if self.on_resumed is not None and self.decides:
            await self.on_resumed(await engine.resume())
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
