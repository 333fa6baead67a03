"""Recorders that die and come back, and a Home Assistant that is killed meanwhile, at random."""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
from dataclasses import dataclass
import random
import time

from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.state_log import StateLog

from .scene import Device

LONGEST_AWAY = 60.0
"""Seconds between the end of Home Assistant and its next start; short times are more frequent."""
_PRESENT = 15.0
"""Seconds for which it is there, once it runs, at most."""
_STARTING = 12.0
"""The same where it does not get that far: seconds after its process was started."""
_KILLED, _CUT_SHORT = 0.7, 0.2
"""How often it is killed (-9) instead of asked to end, and does not get to run before it is."""
_DEAD = (40.0, 90.0)
"""Seconds for which a recorder is dead: in each of them somebody must have noticed."""
_TRIAL = 42.0
"""Seconds that a trial takes on average, which the outages are spread over."""
_OUTAGE = 150.0
_RECOVERED_WITHIN = 1200.0
"""Seconds: a recorder that flaps is given back to later each time."""


@dataclass(slots=True, kw_only=True)
class Dead:
    """One outage of a recorder, in seconds since 1970."""

    device: Device
    killed: float
    started: float = 0.0
    well: float | None = None
    """When Home Assistant showed that nothing is left of it."""


@dataclass(slots=True, kw_only=True)
class Absence:
    """One absence of Home Assistant, in seconds since 1970."""

    how: str
    """`kill`, or `stop` where it was asked to end."""
    begun: float
    outages: int
    """That were going on."""
    ended: float = 0.0
    """When its process was started again."""


class Restless:
    """A Home Assistant that dies and is started again.

    Attributes:
        lives: From when to when its process lived at most.
        absences: What was done to it.
    """

    def __init__(
        self,
        home: HomeAssistant,
        log: StateLog,
        chance: random.Random,
        say: Callable[[str], None],
        born: float,
    ) -> None:
        """Take over one that runs since it was born, and which the log follows."""
        self.lives: list[tuple[float, float]] = []
        self.absences: list[Absence] = []
        self._home = home
        self._log = log
        self._chance = chance
        self._say = say
        self._born = born

    async def die(self, outages: int) -> None:
        """Die, stay away, and be there again for a while: perhaps not even until all is ready."""
        chance = self._chance
        kill = chance.random() < _KILLED
        absence = Absence(how="kill" if kill else "stop", begun=time.time(), outages=outages)
        self.absences.append(absence)
        await self.end(kill=kill)
        away = LONGEST_AWAY * chance.random() ** 2
        await asyncio.sleep(max(0.0, absence.begun + away - time.time()))
        self._born = absence.ended = time.time()
        if chance.random() < _CUT_SHORT:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(chance.uniform(0, _STARTING)):
                    await self._start()
        else:
            await self._start()
            await asyncio.sleep(chance.uniform(0, _PRESENT))
        number, gone = len(self.absences), absence.ended - absence.begun
        self._say(f"absence {number}: {absence.how}, {gone:.1f} s, {outages} outages meanwhile")

    async def be_there(self) -> None:
        """Run, if it does not already."""
        if self._home.socket is None:
            await self.end(kill=True)
            self._born = time.time()
            await self._start()

    async def end(self, *, kill: bool = False) -> None:
        """End; nothing that it has shown counts any more."""
        await self._home.disconnect()
        await (self._home.program.kill() if kill else self._home.program.stop())
        self.lives.append((self._born, time.time()))
        self._log.states.clear()
        self._log.attributes.clear()

    async def _start(self) -> None:
        await self._home.start()
        await self._log.follow(self._home)


class Dying:
    """Recorders that die, each several times.

    Attributes:
        outages: All so far.
    """

    def __init__(
        self, devices: Sequence[Device], log: StateLog, chance: random.Random, trials: int
    ) -> None:
        """Prepare as many outages as are to happen in the time of so many absences."""
        self.outages: list[Dead] = []
        self._devices = devices
        self._log = log
        self._chance = chance
        self._each = 1 + trials // 20
        self._wanted = asyncio.Semaphore(0)
        self._calm = 2 * max(3.0, trials * _TRIAL / self._each - _OUTAGE)

    @property
    def open(self) -> int:
        """How many outages are not over."""
        return sum(it.well is None for it in self.outages)

    async def one_at_least(self) -> None:
        """Wait until an outage is going on; where there is none the next one comes early."""
        if not self.open:
            self._wanted.release()
        while not self.open and len(self.outages) < self._each * len(self._devices):
            await asyncio.sleep(0.1)

    async def run(self) -> None:
        """Have all outages, and wait until they are over.

        Raises:
            StepNotReachedError: One is not.
        """
        async with asyncio.TaskGroup() as group:
            for device in self._devices:
                group.create_task(self._die_again_and_again(device))

    async def _die_again_and_again(self, device: Device) -> None:
        for _ in range(self._each):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._chance.uniform(0, self._calm)):
                    await self._wanted.acquire()
            await self._die(device)

    async def _die(self, device: Device) -> None:
        recorder = device.recorder
        outage = Dead(device=device, killed=time.time())
        self.outages.append(outage)
        await recorder.program.kill()
        await asyncio.sleep(self._chance.uniform(*_DEAD))
        outage.started = time.time()
        await recorder.program.start_and_wait()
        await self._log.wait_for(
            f"{recorder.name} is well", lambda _: self._over(outage), _RECOVERED_WITHIN
        )
        outage.well = time.time()

    def _over(self, outage: Dead) -> bool:
        """Tell whether Home Assistant is there and shows that all is as before the outage."""
        shown = outage.device.shown
        states = {key: change.state for key, change in self._log.states.items()}
        if not {shown.connection, shown.working_status, shown.last_outage} <= states.keys():
            return False
        given_back = self._log.synchronized(shown.last_outage, outage.killed)
        return given_back and outage.device.is_well(states)
