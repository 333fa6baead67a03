"""The engine itself as the deputy's only spare, and what carries out the commands for it."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
import logging
from typing import Final, override

from ...failover.commands import Provision, Record, Release, SpareCommand, Unprovision
from ...failover.events import CommandEnded, PlacesSeen
from ...failover.model import Camera, PlaceFacts, Silence, Spare
from ...nvr.engine_places import channel_of
from ...nvr.engine_spare import EngineSpare
from ...nvr.errors import UnitError, UnitUnsupportedError
from ...nvr.model import Place
from ...recorder import messages
from ...recorder.attendant import Attendant
from ...recorder.client import EngineClient
from ...recorder.errors import EngineGoneError, RequestError
from ...recorder.giving.model import Replay
from ...recorder.orders import Settings
from ...recorder.report import EngineReport

_LOGGER = logging.getLogger(__name__)

COMMAND_TIME: Final = 30.0
"""Seconds after which a command that hangs makes way for the next one."""


class OwnEngine(EngineSpare):
    """The driver of the engine that this process belongs to."""

    model = "Engine"

    def __init__(self, spare: Spare, client: EngineClient, places: Mapping[Camera, Place]) -> None:
        """Make a driver that asks over a connection that is there already."""
        super().__init__(spare.unit, Settings(), spare.capacity)
        self._beside = _Beside(client)
        self._engine = client
        self._cameras = {place.key: camera for camera, place in places.items()}
        self.know(places.values())

    @property
    @override
    def _attendant(self) -> Attendant:
        return self._beside

    @override
    async def replay(self, key: str) -> Replay:
        raise UnitUnsupportedError("The deputy plays nothing")

    async def knock(self) -> Silence:
        """Tell that an engine that does not answer is no slow host."""
        return Silence.REFUSED

    async def remind(self) -> None:
        """Tell an engine that was started anew where the cameras are that it has to record."""
        report = await self._engine.status()
        sources = {
            channel: place.source
            for key, place in self._places.items()
            if (found := report.channels.get(channel := channel_of(key)))
            and found.provisioned
            and not found.has_source
        }
        if sources:
            with suppress(RequestError):  # who commands it knows them, too
                await self._engine.request(messages.Provision(sources=sources))

    async def see(self) -> PlacesSeen:
        """Return what the engine holds of what it has in charge; errors as of `ask`."""
        places = await self.places()
        return PlacesSeen(
            self._unit,
            {
                camera: PlaceFacts(
                    commanded=place.commanded, recording=place.recording, error=place.error
                )
                for key, place in places.items()
                if (camera := self._cameras.get(key)) and place.provisioned
            },
        )


class _Beside(Attendant):
    """Is in touch from the beginning to the end."""

    def __init__(self, client: EngineClient) -> None:
        async def nothing(_: EngineClient) -> None:
            pass

        def nobody(_: EngineReport | None) -> None:
            pass

        super().__init__(on_attached=nothing, on_report=nobody)
        self.client, self.failure = client, None

    @override
    async def _meet(self) -> EngineClient:
        raise EngineGoneError("The engine is met once.")


class Worker:
    """Carries out commands, one after another. Whatever becomes of one, its end is told."""

    def __init__(
        self,
        engine: OwnEngine,
        places: Mapping[Camera, Place],
        ended: Callable[[CommandEnded], None],
    ) -> None:
        self._engine = engine
        self._places = places
        self._ended = ended
        self._commands: deque[SpareCommand] = deque()
        self._added = asyncio.Event()

    def put(self, command: SpareCommand) -> None:
        """Add a command."""
        self._commands.append(command)
        self._added.set()

    async def run(self) -> None:
        """Carry out commands for ever."""
        while True:
            while self._commands:
                command = self._commands.popleft()
                self._ended(CommandEnded(command, await self._carry_out(command)))
            self._added.clear()
            await self._added.wait()

    async def _carry_out(self, command: SpareCommand) -> Mapping[Camera, str]:
        """Return what went wrong, by camera."""
        try:
            async with asyncio.timeout(COMMAND_TIME):
                return await self._call(command)
        except UnitError as error:
            reason = str(error)
        except TimeoutError:
            reason = "The engine did not finish in time"
        _LOGGER.warning("%s", reason)
        return dict.fromkeys(command.cameras, reason)

    async def _call(self, command: SpareCommand) -> Mapping[Camera, str]:
        known = {c: self._places[c] for c in command.cameras if c in self._places}
        cameras = {place.key: camera for camera, place in known.items()}
        errors = {c: "Its source is not known" for c in command.cameras if c not in known}
        match command:
            case Provision():
                await self._engine.provision(known.values())
            case Record():
                failed = await self._engine.record(known.values())
                errors |= {cameras[key]: why for key, why in failed.items() if key in cameras}
            case Release():
                await self._engine.release(cameras)
            case Unprovision():
                await self._engine.unprovision(cameras)
        return errors
