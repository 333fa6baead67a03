"""Keeps in touch with an engine, for as long as its client lives."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable
import logging

from .client import EngineClient
from .errors import EngineGoneError, RecorderError
from .messages import Stop
from .report import EngineReport

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE = 0.5
_LASTED = 60.0
"""Seconds after which an engine that goes did not go because of how it was met."""

type OnAttached = Callable[[EngineClient], Awaitable[None]]
type OnReport = Callable[[EngineReport | None], None]


class Attendant(ABC):
    """Meets an engine again and again.

    Attributes:
        client: The connection, None while there is none.
        failure: Why there is none, None while there is one.
        capabilities: What the client knows (see `messages`): who knows of deputies has
            `on_attached` say `resume`.
        longest_pause: Seconds before an engine that goes again and again is met once more.
    """

    longest_pause = 30.0

    def __init__(self, *, on_attached: OnAttached, on_report: OnReport) -> None:
        """Attend to an engine.

        Args:
            on_attached: Told of each connection before anybody else may use it.
            on_report: Told of each report, and with None when the engine has gone.
        """
        self.capabilities: tuple[str, ...] = ()
        self.client: EngineClient | None = None
        self.failure: RecorderError | None = EngineGoneError("The engine has not been met.")
        self._on_attached = on_attached
        self._on_report = on_report
        self._task: asyncio.Task[None] | None = None

    @property
    def error(self) -> str:
        """The failure in a sentence, empty where there is none."""
        return str(self.failure or "")

    @abstractmethod
    async def _meet(self) -> EngineClient:
        """Return a connection to the engine; RecorderError where there is none to be had."""

    def start(self) -> None:
        """Begin."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def detach(self) -> None:
        """Leave the engine to itself; it goes on."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def restart(self) -> None:
        """End the engine; it is started anew at once."""
        if self.client is not None:
            await self.client.request(Stop())

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        pause = 0.0
        while True:
            began = clock()
            try:
                await self._attend()
            except RecorderError as error:
                self._complain(error)
            else:
                self._complain(EngineGoneError("The engine has gone."))
            if clock() - began > _LASTED:
                pause = 0.0
            await asyncio.sleep(pause)
            pause = min(max(2 * pause, _FIRST_PAUSE), self.longest_pause)

    def _complain(self, failure: RecorderError) -> None:
        if str(failure) != str(self.failure):
            _LOGGER.warning("%s", failure)
        self.failure = failure

    async def _attend(self) -> None:
        """Be in touch with one engine until it goes."""
        client = await self._meet()
        try:
            await self._on_attached(client)
            report = await client.status()
            self.client, self.failure = client, None
            self._on_report(report)
            await client.stay()
        finally:
            self.client = None
            await client.close()
            self._on_report(None)

    def _take(self, report: EngineReport) -> None:
        """Hand on what the engine reports, as soon as it may be asked for something too."""
        if self.client is not None:
            self._on_report(report)
