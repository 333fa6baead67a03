"""The heartbeat of one unit: asked for at a pace, and told as it is. It decides nothing."""

import asyncio
from collections.abc import Callable
import logging
from typing import Final, Protocol

from ..failover.model import Silence
from .errors import UnitError, UnitProtocolError, UnitRefusedError, UnitUnreachableError
from .model import Heartbeat
from .pacer import Pacer

_LOGGER = logging.getLogger(__name__)

ANSWER_TIME: Final = 1.0
"""Seconds that a healthy unit needs at most: more is told as unanswered."""
LATE_ANSWER_TIME: Final = 10.0
"""Seconds for which even a late answer is a heartbeat."""


class Beating(Protocol):
    """Whatever can be asked for a sign of life."""

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for one, on a kept-alive connection or on a fresh one; raises `UnitError`."""

    async def knock(self) -> Silence:
        """Find out how a unit that does not answer is silent."""


class Prober:
    """Probes one unit for as long as `run` runs.

    Attributes:
        beats: The rounds, to be hurried or woken.
    """

    def __init__(
        self,
        name: str,
        unit: Beating,
        pace: Callable[[], float],
        *,
        heard: Callable[[], None],
        unanswered: Callable[[Silence], None],
    ) -> None:
        """Make one.

        Args:
            name: What people call the unit.
            unit: Is asked.
            pace: Returns the seconds between probes as they should be now.
            heard: Told of each answer.
            unanswered: Told of each probe that a healthy unit would have answered by then.
        """
        self.beats = Pacer(pace)
        self._name = name
        self._unit = unit
        self._heard = heard
        self._unanswered = unanswered
        self._probes: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send a probe each round, without waiting for the answer to the last one.

        Every other probe opens a connection of its own: neither a kept-alive connection that
        a firewall forgot nor a lost SYN alone can look like an outage.
        """
        fresh = False
        try:
            async for _ in self.beats.rounds():
                probe = asyncio.create_task(self._probe(fresh=fresh))
                self._probes.add(probe)
                probe.add_done_callback(self._probes.discard)
                fresh = not fresh
        finally:
            for probe in self._probes:
                probe.cancel()

    async def _probe(self, *, fresh: bool) -> None:
        """Send one probe and tell what came of it."""
        answer = asyncio.create_task(self._unit.heartbeat(fresh=fresh))
        try:
            await asyncio.wait({answer}, timeout=ANSWER_TIME)
            late = not answer.done()
            if late:
                self._unanswered(await self._unit.knock())
                await asyncio.wait({answer}, timeout=LATE_ANSWER_TIME - ANSWER_TIME)
            if answer.done():
                await self._judge(answer, late=late)
        finally:
            answer.cancel()

    async def _judge(self, answer: asyncio.Task[Heartbeat], *, late: bool) -> None:
        """Tell about an answer, or about the failure of a probe."""
        try:
            await answer
        except UnitRefusedError:
            silence = Silence.REFUSED
        except UnitProtocolError:
            # The host answers, but it is no recorder (any more).
            silence = Silence.REFUSED
        except UnitUnreachableError:
            silence = Silence.SILENT if late else await self._unit.knock()
        except UnitError as error:
            # Only a live unit can object.
            _LOGGER.debug("%s: %s", self._name, error)
            self._heard()
            return
        else:
            self._heard()
            return
        if not late:
            self._unanswered(silence)
