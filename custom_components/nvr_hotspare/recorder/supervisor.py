"""Keeps an engine running on this machine, and in touch."""

import asyncio
from contextlib import suppress
import logging
from pathlib import Path
from typing import override

from .attendant import Attendant, OnAttached, OnReport
from .client import EngineClient
from .errors import EngineAbsentError, EngineGoneError, RecorderError
from .launch import launch, sockets
from .messages import PROTOCOL, Stop
from .program import version

_LOGGER = logging.getLogger(__name__)
_ENDING = 30.0
"""Seconds in which an engine that is busy is told again that it is to end."""
_PAUSE = 0.5
"""Seconds between tries."""


class Supervisor(Attendant):
    """Attaches to the engine of a private folder, or starts one, again and again."""

    def __init__(
        self,
        state: Path,
        folder: Path,
        *,
        on_attached: OnAttached,
        on_report: OnReport,
    ) -> None:
        """Supervise.

        Args:
            state: The engine's private folder.
            folder: Marked for footage.
            on_attached: As of `Attendant`, like the rest.
            on_report: Likewise.
        """
        super().__init__(on_attached=on_attached, on_report=on_report)
        self._state = state
        self._folder = folder
        self._launching: asyncio.Task[None] | None = None

    @override
    async def detach(self) -> None:
        """Leave the engine to itself; it goes on.

        One that has begun to start is there afterwards, so that whoever is to end it finds it.
        """
        await super().detach()
        if self._launching is not None:
            await asyncio.wait([self._launching])

    async def stop(self) -> None:
        """End the engine, if one runs.

        One that can't be told in time is replaced by whoever meets it for another folder.
        """
        await self.detach()
        with suppress(TimeoutError):
            async with asyncio.timeout(_ENDING):
                while not await self._has_ended():  # noqa: ASYNC110 (it is asked)
                    await asyncio.sleep(_PAUSE)

    async def _has_ended(self) -> bool:
        try:
            await _end(await self._attach())
        except EngineAbsentError:
            return True
        except RecorderError:
            return False
        return True

    @override
    async def _meet(self) -> EngineClient:
        try:
            client = await self._attach()
        except EngineGoneError:
            await self._launch()
            return await self._attach()
        if not await self._is_of_use(client):
            _LOGGER.info("An engine of version %s is replaced", client.welcome.version)
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
        if client.welcome.folder not in {"", str(self._folder)}:
            return False
        if client.welcome.version == await asyncio.to_thread(version):
            return True
        report = await client.status()
        return any(channel.recorded for channel in report.channels.values())

    async def _attach(self) -> EngineClient:
        addresses, ours = await asyncio.to_thread(lambda: (list(sockets(self._state)), version()))
        for address in addresses:
            with suppress(EngineAbsentError):
                return await EngineClient.connect(address, ours, self._take, self.capabilities)
        raise EngineAbsentError("The engine does not run.")


async def _end(client: EngineClient) -> None:
    """Have an engine stop, and wait until it has."""
    try:
        await client.request(Stop())
        await client.stay()
    finally:
        await client.close()
