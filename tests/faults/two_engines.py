"""`scripts/faults --engines`: two engines share the cameras of a group; one's machine is cut off.

Two recorders die. Their cameras are spread over two engines, each on a host of its own, by what
each has room for. Then the cable of the first engine is cut, and its cameras move to the second
one. The recorders come back, and last of all the first engine with what only it has recorded.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import sys
import time
from typing import override

from scripts.lab.integration import SpareEntities
from scripts.lab.namespaces import Host, gain_rights, network, on
from scripts.lab.outage import SETTLED_AFTER
from scripts.lab.processes import until_told
from scripts.lab.site import Plan

from . import frames
from .command import Measured, carry_out
from .engine_scene import Stage, capacities, host_of, hosts_of, plan_of, running
from .scene import HOME, calm

_WARM = 15.0
"""Seconds after which the engines that are to record cameras have some of each in memory."""
_ALONE = 40.0
"""Seconds for which the first engine records before it is cut off: longer than the second one
remembers, so that there is footage that nobody else has."""
_AFTER = 8.0
"""Seconds for which the second one records all."""
_NOTICED, _RETURNED = 120.0, 300.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    channels: int
    seed: int
    json: bool
    folder: Path | None


@dataclass(frozen=True, kw_only=True)
class Report(Measured):
    """What was measured."""

    cameras: int
    capacity: list[int]
    """Of each engine."""
    spread: list[list[int]]
    """The cameras that each engine recorded before one was cut off, by their numbers."""
    moved: list[int]
    """Those that the second one recorded after that, and not before."""
    moved_s: float
    """From the cut until Home Assistant shows that all are recorded."""
    moving_lost_frames: int
    """That nobody has because their camera was on its way from one engine to the other."""
    lost_frames: int
    """That else nobody has: neither an engine nor a recorder."""
    collected_frames: int
    """That only the engine had that was cut off, and that the recorders have in the end."""
    missing_frames: int
    """That somebody has, and the recorders do not have in the end."""
    collected_s: float
    """From when the cable was mended until everything was given back."""
    returned: list[int]
    """How often each recorder's return was told."""
    total_s: float

    @property
    @override
    def good(self) -> bool:
        first, second = self.spread
        return (
            sorted([*first, *second]) == list(range(1, self.cameras + 1))
            and self.moved == first
            and self.lost_frames == self.missing_frames == 0
            and self.collected_frames > 0
            and set(self.returned) == {1}
        )


@dataclass(frozen=True, kw_only=True)
class _Moments:
    """When what happened, in seconds since 1970."""

    killed: float
    cut: float
    moved: float
    returned: float
    mended: float
    collected: float


async def run(options: Options, plan: Plan, hosts: Mapping[str, Host], folder: Path) -> Report:
    """Set up the site, play it, and report."""
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:7.1f} s  {line}", file=sys.stderr, flush=True)

    say(f"{plan.working_devices} recorders, their cameras, two engines and Home Assistant start")
    async with running(plan, hosts, folder, options.seed) as stage:
        moments = await _play(stage, say)
        await asyncio.sleep(SETTLED_AFTER)
        return await asyncio.to_thread(_measure, plan, stage, moments, time.monotonic() - begun)


async def _play(stage: Stage, say: Callable[[str], None]) -> _Moments:
    scene, log = stage.scene, stage.scene.log
    first, second = stage.shown
    cameras = sum(len(device.recorder.cameras) for device in scene.devices)

    def in_use(states: Mapping[str, str], *spares: SpareEntities) -> int:
        return sum(int(states[spare.channels_in_use]) for spare in spares)

    def backing_up(states: Mapping[str, str]) -> bool:
        shown = [states[device.shown.working_status] for device in scene.devices]
        return set(shown) == {"backing_up"} and not any(
            log.attributes[device.shown.working_status]["channels_not_backed_up"]
            for device in scene.devices
        )

    await asyncio.sleep(_WARM)
    say("all is well: the recorders are killed")
    killed = time.time()
    await asyncio.gather(*(device.recorder.program.kill() for device in scene.devices))
    await log.wait_for(
        "all cameras are backed up",
        lambda s: backing_up(s) and in_use(s, first, second) == cameras,
        _NOTICED,
    )
    await asyncio.sleep(_ALONE)
    say("the first engine's machine is cut off")
    cut = time.time()
    await scene.tell(f"cut {host_of(0)}")
    await log.wait_for(
        "the second engine has all cameras",
        lambda s: s[first.connection] == "off" and backing_up(s) and in_use(s, second) == cameras,
        _NOTICED,
    )
    moved = time.time()
    await asyncio.sleep(_AFTER)
    say("the recorders come back")
    returned = time.time()
    await asyncio.gather(*(device.recorder.program.start_and_wait() for device in scene.devices))
    await log.wait_for(
        "the recorders are back, and the second engine is idle",
        lambda s: (
            s[second.working_status] == "idle"
            and all(s[device.shown.connection] == "on" for device in scene.devices)
        ),
        _RETURNED,
    )
    await asyncio.sleep(_AFTER)
    say("the first engine's machine is there again")
    mended = time.time()
    await scene.tell(f"mend {host_of(0)}")
    await log.wait_for(
        "all footage is given back",
        lambda s: (
            calm(scene.devices, s)
            and s[first.connection] == "on"
            and all(log.synchronized(it.shown.last_outage, killed) for it in scene.devices)
        ),
        _RETURNED,
    )
    collected = time.time()
    say("all footage is given back")
    return _Moments(
        killed=killed, cut=cut, moved=moved, returned=returned, mended=mended, collected=collected
    )


def _measure(plan: Plan, stage: Stage, moments: _Moments, total: float) -> Report:
    scene = stage.scene
    first, second = (engine.footage for engine in stage.engines)
    recorders = [device.recorder.folder for device in scene.devices]
    cameras = range(1, plan.working_devices * plan.channels + 1)
    whole = (moments.killed - 5, moments.collected)
    # What was in flight when the cable was cut is a second at most.
    move = (moments.cut - 1, moments.returned)
    everywhere = [*recorders, first, second]
    lost = sum(frames.missing(everywhere, cameras, whole).values())
    moving = sum(frames.missing(everywhere, cameras, move).values())
    before, after = (moments.cut - 5, moments.cut - 3), (moments.returned - 4, moments.returned - 2)
    spread = [_recorded(folder, before) for folder in (first, second)]
    # The recorders were dead then: what they have of that time they were given.
    dead = (moments.killed + 1, moments.cut)
    return Report(
        cameras=len(cameras),
        capacity=capacities(plan),
        spread=spread,
        moved=[camera for camera in _recorded(second, after) if camera not in spread[1]],
        moved_s=round(moments.moved - moments.cut, 2),
        moving_lost_frames=moving,
        lost_frames=lost - moving,
        collected_frames=frames.present([*recorders, second], dead)
        - frames.present([second], dead),
        missing_frames=sum(frames.missing(recorders, cameras, whole).values()) - lost,
        collected_s=round(moments.collected - moments.mended, 2),
        returned=[
            len(scene.log.told(device.shown.event, "returned", moments.killed))
            for device in scene.devices
        ],
        total_s=round(total, 1),
    )


def _recorded(folder: Path, window: frames.Window) -> list[int]:
    """Return the cameras of which a folder has every frame of a time."""
    reports = frames.found([folder], window)
    return sorted(camera for camera, report in reports.items() if not report.missing)


def _parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="scripts/faults --engines", description=__doc__)
    parser.add_argument("--channels", type=int, default=4, help="of each recorder (4)")
    parser.add_argument("--seed", type=int, default=1, help="of the switch (1)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--folder", type=Path, help="where logs and recordings stay; made anew")
    return Options(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str]) -> int:
    """Run and tell; returns the exit code of `carry_out`."""
    options = _parse(arguments)
    return carry_out(lambda folder: _work(options, folder), options.folder, one_line=options.json)


def _work(options: Options, folder: Path) -> Report:
    plan = plan_of(options.channels)
    gain_rights()
    with network(hosts_of(plan), narrow=[HOME]) as hosts, on(hosts[HOME]):
        return asyncio.run(until_told(run(options, plan, hosts, folder)))
