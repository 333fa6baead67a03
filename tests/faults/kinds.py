"""What is done to a recorder or its network, and what Home Assistant should make of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import os
import signal

from scripts.lab.processes import tell

from .scene import HOME, NAMES, Device, Scene

type Act = Callable[[Scene, Device], Awaitable[None]]

SHARE_LOST = 0.3
ONE_WAY = 1.0
"""Seconds: 2 s for a question and its answer."""
STALL = 5.0
"""Seconds before each answer."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A kind of fault."""

    begin: Act
    end: Act
    within: float | None
    """Seconds within which it must be noticed; None where it is no outage at all."""


async def _kill(_: Scene, device: Device) -> None:
    await device.recorder.program.kill()


async def _start(_: Scene, device: Device) -> None:
    await device.recorder.program.start_and_wait()


async def _hang(_: Scene, device: Device) -> None:
    os.kill(device.recorder.program.pid, signal.SIGSTOP)


async def _go_on(_: Scene, device: Device) -> None:
    os.kill(device.recorder.program.pid, signal.SIGCONT)


async def _cut(scene: Scene, device: Device) -> None:
    await scene.tell(f"cut {device.host}")


async def _mend(scene: Scene, device: Device) -> None:
    await scene.tell(f"mend {device.host}")


async def _vanish(scene: Scene, device: Device) -> None:
    """End the other side of all connections, and let nobody know."""
    await _cut(scene, device)
    await device.recorder.program.kill()


async def _reappear(scene: Scene, device: Device) -> None:
    """Have another process in its place, which knows nothing of these connections."""
    await device.recorder.program.start_and_wait()
    await _mend(scene, device)


async def _lose(scene: Scene, device: Device) -> None:
    await scene.tell(f"lose {device.host} {SHARE_LOST}")


async def _delay(scene: Scene, device: Device) -> None:
    await scene.tell(f"delay {device.host} {ONE_WAY}")


async def _stall(_: Scene, device: Device) -> None:
    await tell(device.recorder.control, f"slow {STALL}")


async def _answer_quickly(_: Scene, device: Device) -> None:
    await tell(device.recorder.control, "slow 0")


async def _cut_names(scene: Scene, _: Device) -> None:
    await scene.tell(f"cut {NAMES}")


async def _mend_names(scene: Scene, _: Device) -> None:
    await scene.tell(f"mend {NAMES}")


async def _isolate(scene: Scene, _: Device) -> None:
    await scene.tell(f"cut {HOME}")


async def _join(scene: Scene, _: Device) -> None:
    await scene.tell(f"mend {HOME}")


DEAD, HUNG = 10.0, 30.0
OUTAGES = {
    "kill": Fault(begin=_kill, end=_start, within=DEAD),
    "hang": Fault(begin=_hang, end=_go_on, within=HUNG),
    "link_down": Fault(begin=_cut, end=_mend, within=DEAD),
    "half_open": Fault(begin=_vanish, end=_reappear, within=DEAD),
}
"""Faults that a spare is to step in for."""
TROUBLES = {
    "loss": Fault(begin=_lose, end=_mend, within=None),
    "latency": Fault(begin=_delay, end=_mend, within=None),
    "stalls": Fault(begin=_stall, end=_answer_quickly, within=None),
    "dns": Fault(begin=_cut_names, end=_mend_names, within=None),
}
"""Faults that one device should live through."""
ISOLATION = Fault(begin=_isolate, end=_join, within=None)
"""The switch takes everything down: it is Home Assistant that is cut off."""
FAULTS = {**OUTAGES, **TROUBLES, "switch": ISOLATION}
