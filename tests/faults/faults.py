"""`scripts/faults`: recorders die, hang, vanish and get bad cables; what is noticed, and when?"""

import argparse
import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
import itertools
from pathlib import Path
import sys
import time

from scripts.lab.namespaces import Host, ask_names_at, gain_rights, network, on
from scripts.lab.processes import until_told
from scripts.lab.site import Plan

from . import away, two_engines
from .command import carry_out
from .kinds import OUTAGES, TROUBLES
from .report import Report, make_report
from .scene import HOME, NAMES, Device, hosts_of, plan_of, running
from .trials import Trials

_LATENCY, _STALLS, _NAMES_GONE, _ISOLATED = 180.0, 60.0, 180.0, 60.0
"""Seconds of each trouble but packet loss, at most; they are repeated while packets are lost."""
_BETWEEN = 20.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    trials: int
    devices: int
    loss_minutes: float
    seed: int
    json: bool
    folder: Path | None


async def run(options: Options, plan: Plan, hosts: dict[str, Host], folder: Path) -> Report:
    """Set up the site, carry out all trials, and report."""
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:7.1f} s  {line}", file=sys.stderr, flush=True)

    say(f"{plan.working_devices} recorders, their cameras, a spare and Home Assistant start")
    async with running(plan, hosts, folder, options.seed) as scene:
        say("all is well: the trials begin")
        trials = Trials(scene, options.seed, say)
        outages = deque(itertools.islice(itertools.cycle(OUTAGES), options.trials))
        *dying, lossy, slow, stalling, named = scene.devices
        seconds = options.loss_minutes * 60
        async with asyncio.TaskGroup() as group:
            for device in dying:
                group.create_task(trials.outages(device, outages))
            group.create_task(trials.trouble("loss", lossy, seconds))
            for fault, device, longest in (
                ("latency", slow, _LATENCY),
                ("stalls", stalling, _STALLS),
                ("dns", named, _NAMES_GONE),
            ):
                group.create_task(_repeat(trials, fault, device, (min(longest, seconds), seconds)))
        say("the switch fails: Home Assistant is alone")
        await trials.trouble("switch", dying[0], min(_ISOLATED, seconds))
        return make_report(scene, trials.done, time.monotonic() - begun)


async def _repeat(trials: Trials, fault: str, device: Device, lasting: tuple[float, float]) -> None:
    """Have a trouble again and again, each time for so long, until the time of all is over."""
    each, everything = lasting
    until = time.monotonic() + everything
    while time.monotonic() + each <= until + 1:
        await trials.trouble(fault, device, each)
        await asyncio.sleep(min(_BETWEEN, max(0.0, until - time.monotonic())))


def _parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--trials", type=int, default=50, help="outages (50)")
    parser.add_argument("--devices", type=int, default=10, help="that have outages (10)")
    parser.add_argument(
        "--loss-minutes", type=float, default=30.0, help="of packet loss and other troubles (30)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of what happens when (1)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--folder", type=Path, help="where logs and recordings stay; made anew")
    return Options(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and tell; returns the exit code of `carry_out`."""
    told = sys.argv[1:] if arguments is None else arguments
    for option, other in {"--away": away.main, "--engines": two_engines.main}.items():
        if option in told:
            return other([it for it in told if it != option])
    options = _parse(told)
    return carry_out(lambda folder: _work(options, folder), options.folder, one_line=options.json)


def _work(options: Options, folder: Path) -> Report:
    plan = plan_of(options.devices + len(TROUBLES))
    addresses = hosts_of(plan)
    gain_rights()
    with network(addresses, narrow=[HOME]) as hosts, on(hosts[HOME]):
        ask_names_at(addresses[NAMES][0], folder)
        return asyncio.run(until_told(run(options, plan, hosts, folder)))


if __name__ == "__main__":
    sys.exit(main())
