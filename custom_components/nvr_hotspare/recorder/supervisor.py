"""Keeps an engine running and in touch, for as long as its client lives."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import logging
from pathlib import Path

from .client import EngineClient
from .errors import EngineGoneError, RecorderError
from .launch import launch, sockets
from .messages import PROTOCOL, Stop
from .program import version
from .report import EngineReport

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before an engine that dies again and again is started once more."""
_LASTED = 60.0
"""Seconds after which an engine that dies did not die of its start."""


class Supervisor:
    """Attaches to the engine of a private folder, or starts one, again and again.

    Attributes:
        client: The connection, None while there is none.
        error: Why there is none, in a sentence.
    """

    def __init__(
        self,
        state: Path,
        folder: Path,
        *,
        on_attached: Callable[[EngineClient], Awaitable[None]],
        on_report: Callable[[EngineReport | None], None],
        capabilities: tuple[str, ...] = (),
    ) -> None:
        """Supervise.

        Args:
            state: The engine's private folder.
            folder: Marked for footage.
            on_attached: Told of each connection before anybody else may use it.
            on_report: Told of each report, and with None when the engine has gone.
            capabilities: What the client knows (see `messages`): who knows of deputies has
                `on_attached` say `resume`.
        """
        self.client: EngineClient | None = None
        self.error = "The engine has not been started."
        self._state = state
        self._folder = folder
        self._on_attached = on_attached
        self._on_report = on_report
        self._capabilities = capabilities
        self._task: asyncio.Task[None] | None = None
        self._launching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def detach(self) -> None:
        """Leave the engine to itself; it goes on.

        One that has begun to start is there afterwards, so that whoever is to end it finds it.
        """
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        if self._launching is not None:
            await asyncio.wait([self._launching])

    async def stop(self) -> None:
        """End the engine, if one runs."""
        await self.detach()
        with suppress(RecorderError):
            client = await self._attach()
            await _end(client)

    async def restart(self) -> None:
        """End the engine; a new one is started at once."""
        if self.client is not None:
            await self.client.request(Stop())

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        pause = 0.0
        while True:
            began = clock()
            try:
                await self._supervise()
            except RecorderError as error:
                self._complain(str(error))
            else:
                self._complain("The engine has gone.")
            if clock() - began > _LASTED:
                pause = 0.0
            await asyncio.sleep(pause)
            pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)

    def _complain(self, error: str) -> None:
        if error != self.error:
            _LOGGER.warning("%s", error)
        self.error = error

    async def _supervise(self) -> None:
        """Be in touch with one engine until it goes."""
        client = await self._attach_or_start()
        try:
            await self._on_attached(client)
            report = await client.status()
            self.client, self.error = client, ""
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

    async def _attach_or_start(self) -> EngineClient:
        try:
            client = await self._attach()
        except EngineGoneError:
            await self._launch()
            return await self._attach()
        if not await self._is_of_use(client):
            _LOGGER.info("The engine is of version %s and is replaced", client.welcome.version)
            await _end(client)
            await self._launch()
            return await self._attach()
        return client

    async def _launch(self) -> None:
        self._launching = asyncio.create_task(asyncio.to_thread(launch, self._state, self._folder))
        # A thread can't be stopped; how it ends is nobody's business any more after `detach`.
        self._launching.add_done_callback(lambda it: it.cancelled() or it.exception())
        await asyncio.wait([self._launching])
        self._launching.result()

    async def _is_of_use(self, client: EngineClient) -> bool:
        """Tell whether an engine may stay: one of another version does until it is idle."""
        if client.welcome.protocol != PROTOCOL:
            return False
        if client.welcome.version == await asyncio.to_thread(version):
            return True
        report = await client.status()
        return any(channel.recorded for channel in report.channels.values())

    async def _attach(self) -> EngineClient:
        gone = EngineGoneError("The engine does not run.")
        addresses, ours = await asyncio.to_thread(lambda: (list(sockets(self._state)), version()))
        for address in addresses:
            try:
                return await EngineClient.connect(address, ours, self._take, self._capabilities)
            except EngineGoneError as error:
                gone = error
        raise gone


async def _end(client: EngineClient) -> None:
    """Have an engine stop, and wait until it has."""
    try:
        await client.request(Stop())
        await client.stay()
    finally:
        await client.close()
