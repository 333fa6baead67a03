"""One fault after another, on many devices at a time, and when Home Assistant showed what."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import random
import time

from scripts.lab.state_log import StateLog, StepNotReachedError

from .kinds import FAULTS
from .scene import Device, Scene

NOTICED_WITHIN = 90.0
"""Seconds after which an outage counts as missed."""
BACKED_UP_FOR = 5.0
"""Seconds for which the spare records before the device comes back."""
_RECOVERED_WITHIN = 900.0
"""Seconds: a device that flaps is given back to later each time."""
_PHASE = 10.0
"""Seconds, of which a random part passes before each fault: two heartbeats."""


@dataclass(slots=True, kw_only=True)
class Trial:
    """What became of one fault; moments in seconds since 1970."""

    fault: str
    unit: str
    begun: float
    noticed: float | None = None
    """When Home Assistant showed the device offline."""
    starved: float = 0.0
    """Seconds until then in which it waited for a processor."""
    backing_up: float | None = None
    ended: float = 0.0
    online: float | None = None
    recording: float | None = None
    """When nothing was left of it."""

    @property
    def until(self) -> float:
        """When the last of its consequences was over."""
        return self.recording or self.online or float("inf")


class Trials:
    """Carries out the trials of a scene."""

    def __init__(self, scene: Scene, seed: int, say: Callable[[str], None]) -> None:
        self.done: list[Trial] = []
        self._scene = scene
        self._log = scene.log
        self._random = random.Random(seed)
        self._say = say

    async def outages(self, device: Device, faults: deque[str]) -> None:
        """Have outages of one device, as long as there are any left to do."""
        while faults:
            fault = faults.popleft()
            await asyncio.sleep(self._random.uniform(1, _PHASE))
            starved = self._scene.home.program.starved
            trial = await self._begin(fault, device)
            shown = device.shown
            trial.noticed = await self._first(shown.connection, "off", trial.begun, NOTICED_WITHIN)
            trial.starved = self._scene.home.program.starved - starved
            if trial.noticed is not None:
                trial.backing_up = await self._first(
                    shown.working_status, "backing_up", trial.begun, NOTICED_WITHIN
                )
                await asyncio.sleep(BACKED_UP_FOR)
            await self._end(trial, device)
            self._tell(trial)
            if trial.recording is None:
                return

    async def trouble(self, fault: str, device: Device, seconds: float) -> None:
        """Have a device in a trouble that it should live through, for so long."""
        trial = await self._begin(fault, device)
        await asyncio.sleep(seconds)
        await self._end(trial, device)
        self._tell(trial)

    async def _begin(self, fault: str, device: Device) -> Trial:
        trial = Trial(fault=fault, unit=device.recorder.name, begun=time.time())
        self.done.append(trial)
        await FAULTS[fault].begin(self._scene, device)
        return trial

    async def _end(self, trial: Trial, device: Device) -> None:
        """End a fault, and wait until nothing is left of it."""
        trial.ended = time.time()
        await FAULTS[trial.fault].end(self._scene, device)
        trial.online = await self._when(
            f"{trial.unit} online",
            lambda states: states[device.shown.connection] == "on",
            NOTICED_WITHIN,
        )
        trial.recording = await self._when(
            f"{trial.unit} recording", device.is_well, _RECOVERED_WITHIN
        )

    async def _first(self, entity: str, state: str, since: float, within: float) -> float | None:
        """Wait until an entity has a state; returns since when, by Home Assistant's clock."""
        reached = await self._when(state, lambda states: states[entity] == state, within)
        return None if reached is None else self._log.first(entity, state, since)

    async def _when(
        self, what: str, reached: Callable[[Mapping[str, str]], bool], within: float
    ) -> float | None:
        """Wait until the states are as asked; returns when, None if it takes too long."""
        try:
            await self._log.wait_for(what, reached, within)
        except StepNotReachedError as error:
            self._say(str(error))
            return None
        return time.time()

    def _tell(self, trial: Trial) -> None:
        noticed = "" if trial.noticed is None else f", noticed {trial.noticed - trial.begun:.1f} s"
        starved = f", {trial.starved:.1f} s of these without a processor" if noticed else ""
        self._say(f"{trial.unit}: {trial.fault}{noticed}{starved}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needless:
    """A device that was well, or only in trouble, and was taken for dead or recorded for."""

    unit: str
    when: float
    fault: str
    """What was done to it at the time, if anything."""


def needless(log: StateLog, devices: list[Device], trials: list[Trial]) -> list[Needless]:
    """Find the takeovers for which there was no reason."""
    found = []
    for device in devices:
        mine = [it for it in trials if it.unit == device.recorder.name or it.fault == "switch"]
        offline = False
        for change in log.changes:
            if change.entity_id == device.shown.connection:
                offline = change.state == "off"
                taken = offline
            elif change.entity_id == device.shown.working_status:
                taken = not offline and change.state in {"backing_up", "not_backed_up"}
            else:
                continue
            during = [it for it in mine if it.begun <= change.time <= it.until]
            if taken and not any(FAULTS[it.fault].within for it in during):
                fault = during[0].fault if during else ""
                found.append(Needless(unit=device.recorder.name, when=change.time, fault=fault))
    return found
