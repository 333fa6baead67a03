"""`scripts/bench failover`: how soon cameras are recorded again when their recorder is killed (-9).

Ten recorders with a camera each die at random moments, again and again, beside one another: with an
ONVIF spare, and with Home Assistant as the spare, cold and warm.
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import random
import sys
import tempfile
import time

from scripts.lab import home_assistant, integration, site, spares
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.integration import DeviceEntities
from scripts.lab.outage import SETTLED_AFTER
from scripts.lab.site import Plan, Recorder
from scripts.lab.state_log import StateLog
from tests.faults.frames import found, missing, number
from tests.faults.report import Spread

PORT, SUBNET = 18160, 80
WAYS = ("onvif", "cold", "warm")
_DEVICES = 10
_PHASE = 10.0
"""Seconds, of which a random part passes before each kill: two heartbeats."""
_BACKED_UP_FOR = 5.0
_BEFORE = 5.0
"""Seconds before a kill from which frames are counted."""
_RING = 60.0
"""Seconds before a kill at which a spare's recording of it may begin at the earliest."""
_WITHIN = 900.0
"""Seconds for each step: who dies often is given its cameras back later each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One death; seconds from the kill."""

    noticed_s: float
    """When Home Assistant showed it offline."""
    backing_up_s: float
    first_frame_s: float
    """When what the spare recorded begins."""
    lost_frames: int
    """Those of 25 a second that neither the recorder nor the spare has, until it records again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one kind of spare did."""

    noticed_s: Spread | None
    backing_up_s: Spread | None
    first_frame_s: Spread | None
    lost_frames: Spread | None
    starved_s: float
    """For how long of all trials Home Assistant waited for a processor."""
    trials: list[Trial]


class Deaths:
    """The deaths of one site's recorders."""

    def __init__(self, home: HomeAssistant, log: StateLog, spare: Path, left: int) -> None:
        """Have so many of them `left` to come; the spare records into a folder."""
        self.trials: list[Trial] = []
        self._home = home
        self._log = log
        self._spare = spare
        self._left = deque(range(left))
        self._random = random.Random(1)

    async def of(self, device: Recorder, shown: DeviceEntities) -> None:
        """Kill a recorder again and again, as long as there are any deaths left."""
        since = time.time()
        while self._left:
            self._left.popleft()
            await asyncio.sleep(self._random.uniform(1, _PHASE))
            self.trials.append(await self._one(device, shown, since))
            since = time.time()

    async def _one(self, device: Recorder, shown: DeviceEntities, since: float) -> Trial:
        log, killed = self._log, time.time()
        await device.program.kill()
        await log.wait_for("BACKING UP", lambda s: s[shown.working_status] == "backing_up", _WITHIN)
        await asyncio.sleep(_BACKED_UP_FOR)
        await device.program.start_and_wait()
        await log.wait_for(
            "recording again", lambda s: s[shown.working_status] == "recording", _WITHIN
        )
        ended = time.time()
        await asyncio.sleep(SETTLED_AFTER)
        first, lost = await asyncio.to_thread(self._frames, device, killed, since, ended)
        trial = Trial(
            noticed_s=round(log.first(shown.connection, "off", killed) - killed, 3),
            backing_up_s=round(log.first(shown.working_status, "backing_up", killed) - killed, 3),
            first_frame_s=round(first - killed, 3),
            lost_frames=lost,
        )
        print(f"{device.name}: {trial}", file=sys.stderr, flush=True)
        return trial

    def _frames(
        self, device: Recorder, killed: float, since: float, ended: float
    ) -> tuple[float, int]:
        """Return when the spare's recording begins, and how many frames nobody has."""
        camera = number(device.cameras[0])
        mine = found([self._spare], (max(since, killed - _RING), ended))[camera]
        assert mine.first is not None
        folders = [device.folder, self._spare]
        lost = missing(folders, [camera], (killed - _BEFORE, ended))[camera]
        return mine.first / 1e9, lost


async def measure(
    folder: Path, way: str, trials: int, *, devices: int = _DEVICES, port: int, subnet: int
) -> Measured:
    """Measure one kind of spare.

    Args:
        folder: For all that is written.
        way: One of `WAYS`.
        trials: Deaths in all.
        devices: That die, beside one another.
        port: Of Home Assistant.
        subnet: Where on the loopback network the units are.

    Raises:
        StepNotReachedError: A recorder was not backed up, or did not come back.
        ProgramError: A program did not start.
    """
    config = folder / "home-assistant"
    config.mkdir(parents=True)
    plan = Plan(
        working_devices=devices,
        channels=1,
        spare=way == "onvif",
        subnet=subnet,
        places=devices,
        stream="sub",
    )
    try:
        async with (
            site.running(plan, folder / "site") as here,
            home_assistant.running(config, port) as home,
        ):
            if way == "onvif":
                entry_id, spare = await spares.add_recorder(home, here)
            else:
                entry_id, spare = await spares.add_builtin(home, folder / "footage", way)
            for device in here.working:
                await integration.add_working_device(
                    home, entry_id, device, here.camera_password, keep=True
                )
            return await _deaths(home, here.working, spare.folder, trials)
    finally:
        await spares.end_engines(config)


async def _deaths(
    home: HomeAssistant, devices: Sequence[Recorder], spare: Path, trials: int
) -> Measured:
    log = StateLog(lambda _: None)
    await log.follow(home)
    shown = [await integration.device_entities(home, device.serial) for device in devices]
    await log.wait_for(
        "all recording, the spare ready",
        lambda s: all(
            s[it.working_status] == "recording" and s[it.spare_ready] == "on" for it in shown
        ),
        _WITHIN,
    )
    starved = home.program.starved
    deaths = Deaths(home, log, spare, trials)
    async with asyncio.TaskGroup() as group:
        for device, entities in zip(devices, shown, strict=True):
            group.create_task(deaths.of(device, entities))
    return Measured(
        noticed_s=Spread.of([it.noticed_s for it in deaths.trials]),
        backing_up_s=Spread.of([it.backing_up_s for it in deaths.trials]),
        first_frame_s=Spread.of([it.first_frame_s for it in deaths.trials]),
        lost_frames=Spread.of([it.lost_frames for it in deaths.trials]),
        starved_s=round(home.program.starved - starved, 2),
        trials=deaths.trials,
    )


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="scripts/bench failover", description=__doc__)
    parser.add_argument("--trials", type=int, default=50, help="deaths with each spare (50)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    told = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for way in WAYS:
            measured = measure(Path(name) / way, way, options.trials, port=PORT, subnet=SUBNET)
            told[way] = asdict(asyncio.run(measured))
    print(json.dumps(told, indent=None if options.json else 2), flush=True)


if __name__ == "__main__":
    main()
