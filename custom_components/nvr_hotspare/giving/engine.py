"""The engine that gives footage back: the built-in spare's own, or one that is hired for it.

Footage of a spare on the network is moved by an engine that does nothing else. It is started when
something is owed, and let go when nothing is.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
import shutil
from typing import override

from homeassistant.core import CALLBACK_TYPE, callback

from ..failover.model import UnitId
from ..links.builtin import BuiltinLink
from ..nvr.builtin import key_of
from ..nvr.errors import UnitRequestError, UnitUnreachableError
from ..recorder.client import EngineClient
from ..recorder.errors import RecorderError, RequestError
from ..recorder.giving.model import TransferReport
from ..recorder.messages import Desist
from ..recorder.report import EngineReport
from ..recorder.supervisor import Supervisor
from ..settings.unit import place_camera


class GivingEngine(ABC):
    """Does the jobs of giving footage back."""

    own_archive: bool
    """Whether it is the engine itself that has recorded the footage."""

    @property
    @abstractmethod
    def runs(self) -> bool:
        """Whether it can be asked."""

    @property
    @abstractmethod
    def transfers(self) -> Mapping[str, TransferReport]:
        """What it told last of its jobs; nothing while it does not run."""

    @abstractmethod
    async def ask[T](self, call: Callable[[EngineClient], Awaitable[T]]) -> T:
        """Make a call.

        Raises:
            UnitRequestError: It would not do it.
            UnitUnreachableError: It does not run, or not answer.
        """

    async def ready(self) -> None:
        """Wait until it can be asked."""
        told = asyncio.Event()
        stop = self.listen(told.set)
        try:
            while not self.runs:
                told.clear()
                await told.wait()
        finally:
            stop()

    @abstractmethod
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call back whenever it has told something."""


class OwnEngine(GivingEngine):
    """The built-in spare's engine."""

    own_archive = True

    def __init__(self, link: BuiltinLink) -> None:
        self._link = link

    @property
    @override
    def runs(self) -> bool:
        return self._link.report is not None

    @property
    @override
    def transfers(self) -> Mapping[str, TransferReport]:
        return self._link.report.transfers if self._link.report else {}

    @override
    async def ask[T](self, call: Callable[[EngineClient], Awaitable[T]]) -> T:
        return await self._link.ask(lambda unit: unit.ask(call))

    @override
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        return self._link.listen(listener)


class HiredEngine(GivingEngine):
    """An engine that is started on demand. It goes on while Home Assistant restarts."""

    own_archive = False

    def __init__(self, state: Path) -> None:
        """Prepare.

        Args:
            state: The engine's private folder, removed when the engine is let go.
        """
        self._state = state
        self._supervisor = Supervisor(
            state, state / "footage", on_attached=self._meet, on_report=self._take
        )
        self._report: EngineReport | None = None
        self._listeners: list[Callable[[], None]] = []
        self.hired = False
        self._ending = False

    @callback
    def hire(self) -> None:
        """Start the engine, or find the one that went on without Home Assistant."""
        self.hired = True
        if not self._ending:
            self._supervisor.start()

    async def detach(self) -> None:
        """Leave the engine to itself; it ends when it has done what it was told."""
        self.hired = False
        await self._supervisor.detach()

    async def let_go(self) -> None:
        """End the engine, if it runs, and forget what it has done."""
        self.hired, self._ending = False, True
        try:
            await self._supervisor.stop()
            await asyncio.to_thread(shutil.rmtree, self._state, ignore_errors=True)
        finally:
            self._ending = False
        if self.hired:  # again, meanwhile
            self._supervisor.start()

    @property
    @override
    def runs(self) -> bool:
        return self._report is not None

    @property
    @override
    def transfers(self) -> Mapping[str, TransferReport]:
        return self._report.transfers if self._report else {}

    @override
    async def ask[T](self, call: Callable[[EngineClient], Awaitable[T]]) -> T:
        if (client := self._supervisor.client) is None:
            raise UnitUnreachableError(self._supervisor.error)
        try:
            return await call(client)
        except RequestError as error:
            raise UnitRequestError(str(error)) from error
        except RecorderError as error:
            raise UnitUnreachableError(str(error)) from error

    @override
    def listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def _meet(self, _: EngineClient) -> None:
        """Tell an engine nothing at first: jobs come with the pace they are to have."""

    def _take(self, report: EngineReport | None) -> None:
        self._report = report
        for listener in tuple(self._listeners):
            listener()


async def end_jobs(engine: GivingEngine, unwanted: Callable[[str, TransferReport], bool]) -> None:
    """Have an engine end some of its jobs and forget them; errors as of `ask`."""
    transfers = (await engine.ask(lambda it: it.status())).transfers
    jobs = tuple(name for name, told in transfers.items() if unwanted(name, told))
    if jobs:
        await engine.ask(lambda it: it.request(Desist(jobs=jobs)))


def device_of(told: TransferReport) -> UnitId | None:
    """Return the device that a job is done for."""
    camera = place_camera(key_of(told.channel))
    return camera.unit if camera else None
