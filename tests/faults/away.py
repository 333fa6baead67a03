"""`scripts/faults --away`: Home Assistant is killed and started during outages; who decides?"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence
import contextlib
from dataclasses import dataclass
import json
from pathlib import Path
import random
import sys
import time

from scripts.lab import engines, home_assistant, integration, site, spares
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.outage import SETTLED_AFTER
from scripts.lab.processes import until_told
from scripts.lab.site import Plan, Recorder, Site
from scripts.lab.spares import StandIn
from scripts.lab.state_log import StateLog

from .absences import Dying, Restless
from .away_report import Report, Seen, Watch, make_report
from .command import carry_out
from .scene import Device, calm

_LOOK = 0.1
"""Seconds between looks at what an engine has written about its decisions."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    trials: int
    devices: int
    seed: int
    port: int
    subnet: int
    json: bool
    folder: Path | None


@dataclass(frozen=True, kw_only=True)
class _Scene:
    home: HomeAssistant
    log: StateLog
    born: float
    """When Home Assistant was started, in seconds since 1970."""
    watches: Sequence[Watch]

    @property
    def devices(self) -> list[Device]:
        return [device for watch in self.watches for device in watch.devices]


async def run(options: Options, folder: Path) -> Report:
    """Set up the site, carry out all trials, and report."""
    start = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - start:7.1f} s  {line}", file=sys.stderr, flush=True)

    say(f"{options.devices} recorders, their cameras, two engines and Home Assistant start")
    chance = random.Random(options.seed)
    async with _running(options, folder) as scene:
        say("all is well: the trials begin")
        restless = Restless(scene.home, scene.log, chance, say, scene.born)
        dying = Dying(scene.devices, scene.log, chance, options.trials)
        begun = time.time()
        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(_look(watch)) for watch in scene.watches]
            outages = group.create_task(dying.run())
            for _ in range(options.trials):
                await dying.one_at_least()
                await restless.die(dying.open)
            await restless.be_there()
            say("the last absence is over")
            await outages
            ended = time.time()
            await asyncio.sleep(SETTLED_AFTER)
            for look in looks:
                look.cancel()
        await restless.end()
        say("all outages are over: what was recorded is looked through")
        seen = Seen(
            begun=begun,
            ended=ended,
            absences=restless.absences,
            outages=dying.outages,
            lives=restless.lives,
            watches=scene.watches,
            config=scene.home.config,
        )
        return await asyncio.to_thread(make_report, seen)


async def _look(watch: Watch) -> None:
    """Look again and again whether an engine says that it decides."""
    assert watch.stand_in.orders is not None
    told = watch.stand_in.orders / "away.json"
    while True:
        with contextlib.suppress(FileNotFoundError):
            at = time.time()
            if json.loads(told.read_text())["deciding"]:
                watch.seen_deciding.append(at)
        await asyncio.sleep(_LOOK)


@contextlib.asynccontextmanager
async def _running(options: Options, folder: Path) -> AsyncGenerator[_Scene]:
    """Have it all run: one half of the recorders in a group of each kind of engine."""
    plan = Plan(
        working_devices=options.devices,
        channels=1,
        subnet=options.subnet,
        spare=False,
        stream="sub",
    )
    config = folder / "home-assistant"
    config.mkdir(parents=True)
    outpost = engines.build("engine", f"{plan.network}.31", folder / "engine")
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(spares.end_engines, config)
        here = await stack.enter_async_context(site.running(plan, folder / "site"))
        await stack.enter_async_context(engines.running(outpost))
        home = await stack.enter_async_context(home_assistant.running(config, options.port))
        half = options.devices // 2
        entry_id, beside = await spares.add_builtin(home, folder / "footage", "warm")
        assert beside.orders is not None
        log = beside.orders / "engine.log"
        first = await _watch(home, here, (entry_id, beside, log), here.working[:half])
        entry_id, elsewhere = await spares.add_engine(home, outpost, "warm")
        log = folder / "engine" / "engine.log"
        second = await _watch(home, here, (entry_id, elsewhere, log), here.working[half:])
        # What was set up just now is not yet on the disk, where it is when anybody relies on it.
        await home.stop()
        born = time.time()
        await home.start()
        states = StateLog(lambda _: None)
        await states.follow(home)
        scene = _Scene(home=home, log=states, born=born, watches=[first, second])
        await states.wait_for("all is well", lambda s: calm(scene.devices, s), 180)
        yield scene


async def _watch(
    home: HomeAssistant, here: Site, group: tuple[str, StandIn, Path], working: Sequence[Recorder]
) -> Watch:
    """Add the working devices of a group."""
    entry_id, stand_in, log = group
    for recorder in working:
        await integration.add_working_device(home, entry_id, recorder, here.camera_password)
    units = await home.call("config_entries/subentries/list", entry_id=entry_id)
    return Watch(
        title=next(it["title"] for it in units if it["unique_id"] == stand_in.serial),
        entry_id=entry_id,
        stand_in=stand_in,
        log=log,
        devices=[
            Device(
                recorder=recorder,
                shown=await integration.device_entities(home, recorder.serial),
                host=recorder.host,
            )
            for recorder in working
        ],
        seen_deciding=[],
    )


def _parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="scripts/faults --away", description=__doc__)
    parser.add_argument("--trials", type=int, default=50, help="ends of Home Assistant (50)")
    parser.add_argument("--devices", type=int, default=8, help="recorders (8)")
    parser.add_argument("--seed", type=int, default=1, help="of what happens when (1)")
    parser.add_argument("--port", type=int, default=8123, help="of Home Assistant (8123)")
    parser.add_argument("--subnet", type=int, default=33, help="third number of addresses (33)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--folder", type=Path, help="where logs and recordings stay; made anew")
    return Options(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str]) -> int:
    """Run and tell; returns the exit code of `carry_out`."""
    options = _parse(arguments)
    return carry_out(
        lambda folder: asyncio.run(until_told(run(options, folder))),
        options.folder,
        one_line=options.json,
    )
