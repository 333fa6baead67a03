"""`scripts/soak engine`: cameras die, freeze and return while the engine records them all.

It is killed twice too. What counts at the end: every file can be read, every missing frame is
one of a fault, and the engine's memory does not grow.
"""

import argparse
import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import random
import secrets
import signal
from statistics import fmean
import tempfile
import time

from custom_components.nvr_hotspare.nvr.builtin import BuiltinSpare, prepare_folder
from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.orders import Settings
from scripts.lab.processes import Program
from tests.benchmarks.usage import pss_mb
from virtual_nvr.stamp import time_of
from virtual_nvr.verify import VerifyError, verify

ADDRESS = "127.0.33.1"
BEGINNING = 20.0
"""Seconds within which every camera must be recorded."""
_FAULT = 100.0
"""Seconds from one fault of a camera to the next, on average."""
_BACK_AGAIN = 16.0
"""Seconds a camera may take to be recorded again: 10 s of back-off, connecting, a GOP of 4 s."""
_IN_FLIGHT = 2.0
"""Seconds before a fault that may be lost with it: the fragment that was being filled."""
_SAMPLE = 2.0
_SECOND = 1_000_000_000


@dataclass(slots=True)
class Faults:
    """What was done to whom, in seconds since 1970: frames missing then are accounted for."""

    of_camera: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    of_engine: list[float] = field(default_factory=list)

    def excuse(self, camera: int, frames: range) -> bool:
        """Tell whether all these frames were captured during faults, or right after them."""
        first, last = time_of(frames[0]) / _SECOND, time_of(frames[-1]) / _SECOND
        spans = [*self.of_camera.get(camera, []), *((moment, moment) for moment in self.of_engine)]
        reach = first
        for begin, end in sorted(spans):
            if begin - _IN_FLIGHT <= reach <= end + _BACK_AGAIN:
                reach = max(reach, end + _BACK_AGAIN)
        return reach > last


class Soak:
    """One run."""

    def __init__(self, folder: Path, cameras: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = cameras
        self._control = folder / "control"
        credentials = folder / "cameras.json"
        password = secrets.token_urlsafe(12)
        credentials.touch(0o600)
        credentials.write_text(json.dumps({"username": "soak", "password": password}))
        arguments = ["-m", "virtual_nvr", "cameras", "--count", str(cameras), "--port", "0"]
        arguments += ["--first-address", ADDRESS, "--credentials", str(credentials)]
        arguments += ["--control", str(self._control), "--long-gop", str(cameras)]
        self._cameras = Program("cameras", arguments, folder / "cameras.log")
        self._account = ("soak", password)
        self.footage = folder / "footage"
        prepare_folder(self.footage)
        settings = Settings(warm=False)
        self._spare = BuiltinSpare("soak", self.footage, folder / "state", settings)
        self.faults = Faults()
        self.pss: list[tuple[float, float]] = []

    async def run(self, seconds: float) -> tuple[float, float]:
        """Record for so long under faults; returns from when to when all frames count."""
        ready = await self._cameras.start_and_wait()
        await self._spare.start()
        try:
            await self._record({camera["number"]: camera["uri"] for camera in ready["cameras"]})
            begin = time.time()
            async with asyncio.timeout(seconds + 60), asyncio.TaskGroup() as group:
                end = begin + seconds
                for camera in range(1, self._count + 1):
                    group.create_task(self._trouble(camera, end))
                # Both before the quarters that are compared: a new process begins small.
                group.create_task(self._kill_engine([begin + seconds / 16, begin + seconds / 8]))
                group.create_task(self._watch_memory(end))
            return begin, end - _IN_FLIGHT
        finally:
            await self._spare.stop()
            await self._cameras.stop()

    async def _record(self, uris: Mapping[int, str]) -> None:
        username, password = self._account
        places = [
            Place(
                key=f"soak/{number}",
                name=f"Camera {number}",
                source=Source(uri=uri, username=username, password=password),
            )
            for number, uri in uris.items()
        ]
        self._spare.know(places)
        async with asyncio.timeout(BEGINNING):
            while self._spare.report is None:
                await asyncio.sleep(0.1)
            failures = await self._spare.record(places)
            assert not failures, failures
            while not self._all_recorded():
                await asyncio.sleep(0.1)

    def _all_recorded(self) -> bool:
        channels = self._spare.report.channels.values() if self._spare.report else ()
        return sum(state.first_frame is not None for state in channels) == self._count

    async def _trouble(self, camera: int, end: float) -> None:
        """Freeze or drop one camera now and then."""
        while (pause := self._random.expovariate(1 / _FAULT)) < end - time.time() - _BACK_AGAIN:
            await asyncio.sleep(pause)
            begun = time.time()
            await self._tell(f"{self._random.choice(('freeze', 'drop'))} {camera}")
            await asyncio.sleep(self._random.uniform(1, 15))
            await self._tell(f"restore {camera}")
            self.faults.of_camera.setdefault(camera, []).append((begun, time.time()))

    async def _tell(self, command: str) -> None:
        reader, writer = await asyncio.open_unix_connection(self._control)
        writer.write(f"{command}\n".encode())
        answer = await reader.readline()
        writer.close()
        assert answer == b"ok\n", answer

    async def _kill_engine(self, moments: Iterable[float]) -> None:
        for moment in moments:
            await asyncio.sleep(max(0.0, moment - time.time()))
            report = self._spare.report
            assert report is not None, "the engine is not back"
            self.faults.of_engine.append(time.time())
            os.kill(report.pid, signal.SIGKILL)

    async def _watch_memory(self, end: float) -> None:
        while time.time() < end:
            if (report := self._spare.report) is not None:
                with suppress(FileNotFoundError, ProcessLookupError):  # just killed
                    self.pss.append((time.time(), pss_mb([report.pid])))
            await asyncio.sleep(_SAMPLE)


async def soak(folder: Path, cameras: int, seconds: float, seed: int) -> dict[str, object]:
    """Run, check all that was recorded, and return the result."""
    run = Soak(folder, cameras, seed)
    begin, end = await run.run(seconds)
    try:
        unreadable, reports = (
            "",
            await asyncio.to_thread(
                verify, [run.footage], round(begin * _SECOND), round(end * _SECOND)
            ),
        )
    except VerifyError as error:
        unreadable, reports = str(error), {}
    missing = {camera: report.missing for camera, report in reports.items()}
    unexcused = {
        camera: sum(len(gap) for gap in gaps if not run.faults.excuse(camera, gap))
        for camera, gaps in missing.items()
    }
    quarters = _quarters(run.pss, begin, end)
    return {
        "cameras": cameras,
        "seconds": round(seconds),
        "seed": seed,
        "camera_faults": sum(len(faults) for faults in run.faults.of_camera.values()),
        "engine_kills": len(run.faults.of_engine),
        "recorded_cameras": len(reports),
        "unreadable": unreadable,
        "damaged_frames": sum(len(run) for r in reports.values() for run in r.damaged),
        "doubled_frames": sum(len(run) for r in reports.values() for run in r.doubled),
        "missing_frames": sum(len(gap) for gaps in missing.values() for gap in gaps),
        "missing_without_fault": sum(unexcused.values()),
        "pss_mb": quarters,
        "pss_growth": round(quarters[3] / quarters[1] - 1, 4),
    }


def _quarters(samples: list[tuple[float, float]], begin: float, end: float) -> list[float]:
    """Return the mean memory in each quarter of the run."""
    quarter = (end - begin) / 4
    return [
        round(
            fmean(
                size
                for moment, size in samples
                if number <= (moment - begin) / quarter < number + 1
            ),
            2,
        )
        for number in range(4)
    ]


def main() -> int:
    """Run and tell; 1 if something is lost, unreadable or has grown."""
    parser = argparse.ArgumentParser(prog="scripts/soak engine", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="how long (20)")
    parser.add_argument("--cameras", type=int, default=32, help="how many (32)")
    parser.add_argument("--seed", type=int, default=1, help="of what fails when (1)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        result = asyncio.run(soak(Path(name), options.cameras, options.minutes * 60, options.seed))
    print(json.dumps(result, indent=None if options.json else 2), flush=True)
    good = not (result["unreadable"] or result["damaged_frames"] or result["missing_without_fault"])
    return 0 if good and result["recorded_cameras"] == options.cameras else 1


if __name__ == "__main__":
    raise SystemExit(main())
