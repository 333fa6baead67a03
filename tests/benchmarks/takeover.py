"""`scripts/bench takeover`: how long Home Assistant's event loop stalls during a takeover.

A recorder is killed (-9); Home Assistant is the warm spare that stands in for it. The loop is
watched from just before the kill until some seconds after the spare was seen recording all
cameras, and for as long beforehand, when nothing happened: what is more then is the takeover's.
"""

import argparse
import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import tempfile
import time

from scripts.lab import home_assistant, integration, site, spares
from scripts.lab.outage import SETTLED_AFTER
from scripts.lab.site import Plan
from scripts.lab.state_log import StateLog
from virtual_nvr.stamp import frame_at
from virtual_nvr.verify import count, verify

from .watched_home_assistant import Stall, read_stalls

PORT, SUBNET = 18132, 31
_BEFORE = 0.5
"""Seconds before the kill from which on the takeover is watched."""
_SETTLE = 5.0
"""Seconds from when all is ready to when that counts as quiet."""
_NOTICED_WITHIN = 12.0
"""Seconds from the kill to when all is recorded, at most."""
_TOLD = 3
"""How many of the longest stalls are told one by one."""


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="scripts/bench takeover", description=__doc__)
    parser.add_argument("--cameras", type=int, default=16, help="how many (16)")
    parser.add_argument("--after", type=float, default=10.0, help="seconds watched after it (10)")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        quiet = _NOTICED_WITHIN + options.after
        result = asyncio.run(
            take_over(Path(name), options.cameras, quiet=quiet, after=options.after)
        )
    print(json.dumps(result, indent=None if options.json else 2), flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """When what happened, in seconds since 1970."""

    quiet: float
    begin: float
    """Of the time that is watched because of the takeover."""
    killed: float
    recorded: float
    end: float


async def take_over(
    folder: Path, cameras: int, *, quiet: float, after: float, subnet: int = SUBNET
) -> dict[str, object]:
    """Have a spare take over that many cameras, and return what was measured.

    Args:
        folder: For all that is written.
        cameras: Of the unit that is killed.
        quiet: Seconds to watch before anything happens.
        after: Seconds to watch when all cameras are recorded.
        subnet: Where on the loopback network the units are.

    Raises:
        StepNotReachedError: The spare did not take over.
        ProgramError: A program did not start.
    """
    config, footage, stalls = (folder / name for name in ("home-assistant", "footage", "stalls"))
    config.mkdir()
    plan = Plan(working_devices=1, channels=cameras, spare=False, subnet=subnet)
    hass = ("-m", "tests.benchmarks.watched_home_assistant", str(stalls))
    try:
        async with (
            site.running(plan, folder / "site") as here,
            home_assistant.running(config, PORT, hass=hass) as home,
        ):
            (device,) = here.working
            entry_id, spare = await spares.add_builtin(home, footage, "warm")
            await integration.add_working_device(home, entry_id, device, here.camera_password)
            shown = await integration.device_entities(home, device.serial)
            used = (await integration.spare_entities(home, spare.serial)).channels_in_use
            log = StateLog(lambda _: None)
            await log.follow(home)
            await log.wait_for(
                "the unit recording, the spare ready",
                lambda s: s[shown.working_status] == "recording" and s[shown.spare_ready] == "on",
                120,
            )
            await asyncio.sleep(_SETTLE)
            quiet_from = time.time()
            await asyncio.sleep(quiet)
            begin = time.time()
            await asyncio.sleep(_BEFORE)
            killed = time.time()
            await device.program.kill()
            await log.wait_for(
                "BACKING UP",
                lambda s: s[shown.working_status] == "backing_up" and s[used] == str(cameras),
                90,
            )
            recorded = time.time()
            await asyncio.sleep(after)
            end = time.time()
            await asyncio.sleep(SETTLED_AFTER)
            found = read_stalls(stalls)
    finally:
        await spares.end_engines(config)
    moments = Moments(quiet=quiet_from, begin=begin, killed=killed, recorded=recorded, end=end)
    folders = [device.folder, footage]
    return {
        "cameras": cameras,
        **_stalls(found, moments),
        "noticed_s": round(log.first(shown.connection, "off", killed) - killed, 2),
        "backing_up_s": round(log.first(shown.working_status, "backing_up", killed) - killed, 2),
        "lost_frames": await asyncio.to_thread(_lost, folders, cameras, begin, end),
    }


def _stalls(found: Sequence[Stall], moments: Moments) -> dict[str, object]:
    """Return the longest stalls because of the takeover, and in as long a time before it."""
    watched = moments.end - moments.begin
    takeover = _between(found, moments.begin, moments.end)
    quiet = _between(found, max(moments.quiet, moments.begin - watched), moments.begin)
    return {
        "stall_ms": _longest(stall.ms for stall in takeover),
        "stall_cpu_ms": _longest(stall.cpu_ms for stall in takeover),
        "quiet_stall_ms": _longest(stall.ms for stall in quiet),
        "quiet_stall_cpu_ms": _longest(stall.cpu_ms for stall in quiet),
        "watched_s": round(watched, 1),
        "longest": _told(takeover, moments.killed),
        "quiet_longest": _told(quiet, moments.killed),
    }


def _between(stalls: Iterable[Stall], begin: float, end: float) -> list[Stall]:
    return [stall for stall in stalls if begin <= stall.at < end]


def _longest(times: Iterable[float]) -> float:
    """Return the longest of these times; turns too short to be noted count as none."""
    return max(times, default=0.0)


def _told(stalls: Sequence[Stall], killed: float) -> list[dict[str, object]]:
    """Return the longest stalls, with seconds from the kill."""
    longest = sorted(stalls, key=lambda stall: -stall.ms)[:_TOLD]
    return [{**asdict(stall), "at": round(stall.at - killed, 2)} for stall in longest]


def _lost(folders: Sequence[Path], cameras: int, begin: float, end: float) -> int:
    """Return how many frames neither recorded, of all cameras together."""
    window = (round(begin * 1e9), round(end * 1e9))
    sent = frame_at(window[1]) - frame_at(window[0])
    reports = verify(folders, *window)
    return sent * (cameras - len(reports)) + sum(count(it.missing) for it in reports.values())


if __name__ == "__main__":
    main()
