"""`scripts/bench heartbeat`: what it costs to ask hundreds of recorders for signs of life.

Our prober and a poll through onvif-zeep-async ask the same recorders for the same at the same
pace, one after the other. The recorders run in another process, and the processor's time is that
of the one that asks. zeep asks fewer of them, for it needs a second for each before it can begin.
"""

import argparse
import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
import tempfile
import time
from typing import Any

import aiohttp
from onvif import ONVIFCamera

from custom_components.nvr_hotspare.failover.model import Silence
from custom_components.nvr_hotspare.nvr.knock import knock
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint, Heartbeat
from custom_components.nvr_hotspare.nvr.onvif import OnvifUnit
from custom_components.nvr_hotspare.nvr.pacer import Pacer
from custom_components.nvr_hotspare.nvr.pulse import Prober
from scripts.lab.processes import Program

from .heartbeat_units import PASSWORD, PORT, USER, address

INTERVAL = 5.0
SUBNET = 51
"""The first of as many as the units need."""
_BEFORE = 2
"""Rounds that are not measured: every unit is asked on both kinds of connections by then."""


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="scripts/bench heartbeat", description=__doc__)
    parser.add_argument("--nvrs", type=int, default=300, help="how many (300)")
    parser.add_argument("--zeep-nvrs", type=int, default=30, help="of them asked by zeep (30)")
    parser.add_argument("--rounds", type=int, default=12, help="measured, of 5 s each (12)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        result = asyncio.run(
            compare(Path(name), options.nvrs, options.zeep_nvrs, rounds=options.rounds)
        )
    print(json.dumps(result, indent=None if options.json else 2), flush=True)


async def compare(
    folder: Path, nvrs: int, zeep_nvrs: int, *, rounds: int, subnet: int = SUBNET
) -> dict[str, object]:
    """Ask that many recorders for so many rounds, and return what was measured.

    Raises:
        ProgramError: The recorders do not start.
    """
    hosts = [address(number, subnet) for number in range(nvrs)]
    arguments = ("-m", "tests.benchmarks.heartbeat_units", str(nvrs), str(subnet), str(folder))
    program = Program("recorders", arguments, folder / "recorders.log")
    try:
        await program.start_and_wait()
        ours = await _ask_by_prober(hosts, rounds)
        zeep = await _ask_by_zeep(hosts[:zeep_nvrs], rounds)
    finally:
        await program.stop()
    return {
        "nvrs": nvrs,
        "zeep_nvrs": zeep_nvrs,
        "rounds": rounds,
        "cpu_us": round(ours.beat_us),
        "zeep_cpu_us": round(zeep.beat_us),
        "cpu_ratio_to_zeep": round(ours.beat_us / zeep.beat_us, 3),
        "core_share_300": round(300 / INTERVAL * ours.beat_us / 1e6, 4),
        "rhythm_error_ms": round(1000 * max(map(abs, ours.errors)), 1),
        "missed": ours.missed,
    }


@dataclass(slots=True)
class Costs:
    """What was measured of one way to ask."""

    cpu: float = 0.0
    """Seconds of the processor's time."""
    measuring: bool = False
    heard: int = 0
    missed: int = 0
    errors: list[float] = field(default_factory=list)
    """Seconds by which each question came later after the one before than it should."""

    @property
    def beat_us(self) -> float:
        """Microseconds of the processor's time for each heartbeat."""
        return 1e6 * self.cpu / self.heard

    def hear(self) -> None:
        """Count an answer."""
        self.heard += self.measuring

    def miss(self, _: Silence) -> None:
        """Count a question that was not answered in time."""
        self.missed += 1


class _Asked:
    """A recorder that is asked, and when."""

    def __init__(self, unit: OnvifUnit, host: str, costs: Costs) -> None:
        self._unit = unit
        self._host = host
        self._costs = costs
        self._last: float | None = None

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask it, and note how exactly that came after the last time."""
        now = time.perf_counter()
        if self._last is not None and self._costs.measuring:
            self._costs.errors.append(now - self._last - INTERVAL)
        self._last = now
        return await self._unit.heartbeat(fresh=fresh)

    async def knock(self) -> Silence:
        """Find out how it is silent."""
        return await knock(self._host, PORT)


async def _ask_by_prober(hosts: Sequence[str], rounds: int) -> Costs:
    costs = Costs()
    # As Home Assistant's own session, which has no limit that matters here.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        probers = []
        for host in hosts:
            endpoint = Endpoint(host=host, port=PORT)
            unit = OnvifUnit(session, endpoint, Credentials(username=USER, password=PASSWORD))
            asked = _Asked(unit, host, costs)
            probers.append(
                Prober(host, asked, lambda: INTERVAL, heard=costs.hear, unanswered=costs.miss)
            )
        await _measure(costs, [prober.run() for prober in probers], rounds)
    return costs


async def _ask_by_zeep(hosts: Sequence[str], rounds: int) -> Costs:
    costs = Costs()
    cameras = [ONVIFCamera(host, PORT, USER, PASSWORD) for host in hosts]
    services = [await camera.create_devicemgmt_service() for camera in cameras]

    async def poll(service: Any) -> None:
        async for _ in Pacer(lambda: INTERVAL).rounds():
            await service.GetSystemDateAndTime()
            costs.hear()

    await _measure(costs, [poll(service) for service in services], rounds)
    for camera in cameras:
        await camera.close()
    return costs


async def _measure(costs: Costs, loops: Sequence[Coroutine[Any, Any, None]], rounds: int) -> None:
    """Run all loops, and measure that many rounds of them: from between two rounds on."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        await asyncio.sleep((_BEFORE - 0.5) * INTERVAL)
        costs.measuring, cpu = True, time.process_time()
        await asyncio.sleep(rounds * INTERVAL)
        costs.measuring, costs.cpu = False, time.process_time() - cpu
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    main()
