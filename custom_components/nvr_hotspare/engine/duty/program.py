"""The deputy's process: `python .../engine/__main__.py duty DESCRIPTOR`.

The descriptor is of a socket over which it talks to the engine; how it begins comes on stdin.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
import json
import logging
from pathlib import Path
import socket
import sys
from typing import Any, Final

import aiohttp

from ...failover import detector, view
from ...failover.commands import SpareCommand
from ...failover.events import CommandEnded, HeartbeatReceived, ProbeUnanswered, WitnessSeen
from ...failover.model import Silence, UnitId
from ...nvr.errors import UnitError
from ...nvr.knock import knock
from ...nvr.pacer import Pacer
from ...nvr.pulse import Prober
from ...recorder.client import EngineClient
from ...recorder.messages import MAX_LINE, encode
from ...recorder.plain import dump, load
from ..standing import StandingOrders, WitnessOrders, from_plain
from .charge import DeviceWatch
from .decider import Decider
from .messages import Briefing, Note
from .own_engine import OwnEngine, Worker

_LOGGER = logging.getLogger(__name__)
_MAX_BRIEFING: Final = 8 << 20
_INQUIRY: Final = 3.0
"""Seconds between questions whether it is the engine that is cut off, while a device is suspect."""


def main(descriptor: int) -> int:
    """Be on duty until the engine ends it; return an exit code."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    asyncio.run(_run(descriptor))
    return 0


async def _run(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    stdin = asyncio.StreamReader(limit=_MAX_BRIEFING)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin.buffer)
    briefing = load(Briefing, json.loads(await stdin.readline()))
    orders = await asyncio.to_thread(_orders, briefing)
    ours = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE)
    client = EngineClient(reader, writer, lambda _: None)
    async with aiohttp.ClientSession() as session:
        duty = OnDuty(orders, briefing, client, writer, session)
        running = asyncio.create_task(duty.run())
        obeying = asyncio.create_task(_obey(stdin, duty))
        staying = asyncio.create_task(client.stay())
        done, _ = await asyncio.wait(
            [running, obeying, staying], return_when=asyncio.FIRST_COMPLETED
        )
        for task in (running, obeying, staying):
            task.cancel()
        for task in done:
            task.result()


def _orders(briefing: Briefing) -> StandingOrders:
    if briefing.orders is not None:
        return from_plain(briefing.orders)
    from ..vault import unseal  # noqa: PLC0415 (only after a restart of the engine)

    return unseal(Path(briefing.folder))


async def _obey(stdin: asyncio.StreamReader, duty: OnDuty) -> None:
    """Decide when told to; the end of the input is the engine's end."""
    if await stdin.readline():
        duty.decider.decide()
        await stdin.read()


class OnDuty:
    """Listens, and carries out what is decided.

    Attributes:
        decider: Decides.
    """

    def __init__(
        self,
        orders: StandingOrders,
        briefing: Briefing,
        client: EngineClient,
        writer: asyncio.StreamWriter,
        session: aiohttp.ClientSession,
    ) -> None:
        self._writer = writer
        self._witnesses = orders.witnesses
        self._spare = orders.spare.unit
        self._suspicion = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._devices: dict[UnitId, DeviceWatch] = {}
        self._looks = Pacer(lambda: view.watch_pace(self.decider.state, self._spare))
        self._engine = OwnEngine(orders.spare, client, orders.places)
        self._worker = Worker(self._engine, orders.places, self._ended)
        self._prober = Prober(
            "engine",
            self._engine,
            lambda: view.probe_pace(self.decider.state, self._spare),
            heard=lambda: self.decider.handle(HeartbeatReceived(self._spare)),
            unanswered=self._unanswered,
        )
        self.decider = Decider(orders, briefing, self)
        for unit, way in orders.ways.items():
            self._devices[unit] = DeviceWatch(way, session, self.decider)

    async def run(self) -> None:
        """Be on duty for ever."""
        await self._engine.remind()
        async with asyncio.TaskGroup() as group:
            for work in (
                *(device.run() for device in self._devices.values()),
                self._prober.run(),
                self._worker.run(),
                self._look_at_places(),
                self._inquire(),
            ):
                group.create_task(work)
            self.decider.start()

    # What is decided

    def note(self, note: Note) -> None:
        """Have a transition saved."""
        self._writer.write(encode({"note": dump(note)}))

    def command(self, command: SpareCommand) -> None:
        """Have the engine do something."""
        self._worker.put(command)

    def identify(self, unit: UnitId) -> None:
        """Ask a unit who it is."""
        if device := self._devices.get(unit):
            self._spawn(device.identify())

    def look(self) -> None:
        """Take up changed paces, and see whether anything is suspect."""
        for device in self._devices.values():
            device.wake()
        self._prober.beats.wake()
        self._looks.wake()
        if any(map(detector.suspect, self.decider.state.pulses.values())):
            self._suspicion.set()
        else:
            self._suspicion.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What is seen

    def _unanswered(self, silence: Silence) -> None:
        self.decider.handle(ProbeUnanswered(self._spare, silence))

    def _ended(self, event: CommandEnded) -> None:
        self.decider.handle(event)
        self._looks.hurry()

    async def _look_at_places(self) -> None:
        async for _ in self._looks.rounds():
            with suppress(UnitError):
                self.decider.handle(await self._engine.see())

    async def _inquire(self) -> None:
        """Ask around while anything is suspect."""
        while True:
            await self._suspicion.wait()
            answers = await asyncio.gather(*map(_answers, self._witnesses))
            for witness, answer in zip(self._witnesses, answers, strict=True):
                self.decider.handle(WitnessSeen(witness.name, answer))
            await asyncio.sleep(_INQUIRY)


async def _answers(witness: WitnessOrders) -> bool:
    silences = await asyncio.gather(*(knock(witness.host, port) for port in witness.ports))
    return any(silence is not Silence.SILENT for silence in silences)
