"""The main job, played: an NVR dies, the spare records its cameras, Home Assistant shows it."""

import argparse
import asyncio
from collections.abc import Sequence
import contextlib
from dataclasses import asdict
import json
from pathlib import Path
import shutil
import signal
import sys
import time
from typing import Any

from homeassistant.const import __version__ as home_assistant_version

from . import home_assistant, integration, site
from .home_assistant import HomeAssistant
from .outage import Cast, Outage, StateLog, StepNotReachedError, play
from .processes import ROOT, ProgramError
from .screen import Screen
from .site import Plan, Site

_FOLDER = ROOT / ".cache" / "demo"
_CALM = 7.0
"""Seconds before each outage: it is measured from 5 s before the kill on."""


async def run(arguments: argparse.Namespace, screen: Screen) -> dict[str, Any]:
    """Set the site up, play an outage of each working NVR, and report.

    Raises:
        StepNotReachedError: An outage did not get as far as it should.
        ProgramError: A program did not start.
    """
    folder: Path = arguments.folder
    if folder.exists():
        shutil.rmtree(folder)
    config = folder / "home-assistant"
    config.mkdir(parents=True)
    began = time.monotonic()
    plan = Plan(subnet=arguments.subnet)
    async with (
        site.running(plan, folder / "site") as here,
        home_assistant.running(config, arguments.port) as home,
    ):
        screen.say(f"{plan.working_devices * plan.channels} cameras and 3 recorders run")
        log = StateLog(screen.changed)
        casts = await set_up(home, here, screen)
        await log.follow(home)
        screen.start()
        try:
            await _all_ready(log, casts)
            outages = {}
            for cast in casts:
                await asyncio.sleep(_CALM)
                outages[cast.device.name] = await play(cast, log, screen.say)
        finally:
            screen.stop()
        report = make_report(plan, list(outages.values()), time.monotonic() - began)
        if not arguments.once:
            _invite(screen, home)
            if arguments.json:
                print(json.dumps(report), flush=True)
            await asyncio.Event().wait()
        return report


async def set_up(home: HomeAssistant, here: Site, screen: Screen) -> list[Cast]:
    """Add the spare and the working NVRs through the integration's flows, and automations."""
    screen.say(f"Home Assistant {home_assistant_version} runs at {home.url}")
    entry_id = await integration.add_group(home, here.spare)
    screen.say(f"{here.spare.name} was added")
    for device in here.working:
        await integration.add_working_device(home, entry_id, device, here.camera_password)
        screen.say(f"{device.name} was added, its cameras tested")
    for recorder in (here.spare, *here.working):
        await integration.name_device(home, recorder)
    spare = await integration.spare_entities(home, here.spare.serial)
    casts = []
    for device in here.working:
        shown = await integration.device_entities(home, device.serial)
        screen.show(device.name, shown.connection, shown.working_status)
        automation = await integration.add_automation(home, device.name, shown.working_status)
        others = [other for other in here.working if other is not device]
        casts.append(
            Cast(
                device=device,
                shown=shown,
                automation=automation,
                others=others,
                spare=here.spare,
                spare_shown=spare,
            )
        )
    screen.show(here.spare.name, spare.connection, spare.working_status)
    address = await integration.add_dashboard(home, here)
    screen.say(f"the dashboard is at {address}")
    return casts


def make_report(plan: Plan, outages: Sequence[Outage], total: float) -> dict[str, Any]:
    """Build the demo's report: the first outage, and the others beside it."""
    first, *later = outages
    return {
        "home_assistant": home_assistant_version,
        "spare": "onvif",
        "channels": plan.channels,
        **asdict(first),
        "later_outages": [asdict(outage) for outage in later],
        "total_s": round(total, 1),
    }


async def _all_ready(log: StateLog, casts: Sequence[Cast]) -> None:
    def ready(states: dict[str, str]) -> bool:
        # The spare holds as many places as it has room for: the first device's, provisioned ahead.
        return all(
            states[cast.shown.working_status] == "recording"
            and states[cast.shown.spare_ready] == "on"
            for cast in casts
        )

    await log.wait_for("all units recording, the spare ready", ready, 60)


def _invite(screen: Screen, home: HomeAssistant) -> None:
    user, password = home_assistant.USER, home_assistant.PASSWORD
    screen.say(f"look around at {home.url} (user {user}, password {password}); Ctrl-C ends it")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the report")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, last")
    parser.add_argument("--port", type=int, default=8123, help="of Home Assistant")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="made anew; holds it all")
    parser.add_argument(
        "--subnet", type=int, default=0, help="third number of the units' 127.0.x.y addresses"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    parsed = _parse(arguments)
    screen = Screen()
    try:
        report = asyncio.run(_until_told(run(parsed, screen)))
    except (StepNotReachedError, ProgramError, integration.SetupError) as error:
        screen.say(f"failed: {error}")
        return 1
    except KeyboardInterrupt, asyncio.CancelledError:
        screen.say("everything is stopped")
        return 0
    if parsed.json:
        print(json.dumps(report), flush=True)
    else:
        print(json.dumps(report, indent=2), flush=True)
    return 0


async def _until_told(work: Any) -> Any:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    return await task


if __name__ == "__main__":
    sys.exit(main())
