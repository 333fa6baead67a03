"""The main job, played: an NVR dies, the spare records its cameras, Home Assistant shows it."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
import contextlib
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import shutil
import sys
import time
from typing import Any

from homeassistant.const import __version__ as home_assistant_version

from . import engines, home_assistant, integration, site, spares
from .complaints import complaints
from .engines import Engine
from .home_assistant import HomeAssistant
from .interruptions import kill_home_assistant, kill_with_home_assistant, restart_container
from .outage import Cast, Outage, Strike, play
from .processes import ROOT, ProgramError, until_told
from .screen import Screen
from .site import BRANDS, Plan, Site
from .state_log import StateLog, StepNotReachedError

_FOLDER = ROOT / ".cache" / "demo"
_CALM = 7.0
"""Seconds before each outage: it is measured from 5 s before the kill on."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line asks for."""

    once: bool
    json: bool
    spare: str
    working: str
    standby: str
    kill_hass: bool
    restart_container: bool
    hass_down_at: str
    port: int
    folder: Path
    subnet: int
    working_devices: int = 2


async def run(options: Options, screen: Screen) -> dict[str, Any]:
    """Set the site up, play an outage of each working NVR, and report.

    Raises:
        StepNotReachedError: An outage did not get as far as it should.
        ProgramError: A program did not start.
    """
    if options.folder.exists():
        shutil.rmtree(options.folder)
    config = options.folder / "home-assistant"
    config.mkdir(parents=True)
    began = time.monotonic()
    plan = Plan(
        working_devices=options.working_devices,
        subnet=options.subnet,
        spare=options.spare in {"onvif", *BRANDS},
        spare_brand=options.spare if options.spare in BRANDS else "",
        working_brand=options.working if options.working in BRANDS else "",
    )
    async with (
        site.running(plan, options.folder / "site") as here,
        _engine(options, plan) as engine,
        _no_engine_left(config),
        home_assistant.running(config, options.port) as home,
    ):
        screen.say(f"{plan.working_devices * plan.channels} cameras and their recorders run")
        log = StateLog(screen.changed)
        casts = await set_up(home, here, engine, options, screen)
        await log.follow(home)
        screen.start()
        try:
            await _all_ready(log, casts)
            outages: list[Outage] = []
            for cast in casts:
                await asyncio.sleep(_CALM)
                first = not outages
                strike = _strike_of(options, cast, log) if first else None
                interrupt = _interrupt_of(options, home, config, log) if first else None
                outages.append(await play(cast, log, screen.say, strike, interrupt))
        finally:
            screen.stop()
        report = make_report(options, plan, outages, time.monotonic() - began)
        if not options.once:
            _invite(screen, home)
            if options.json:
                print(json.dumps(report), flush=True)
            await asyncio.Event().wait()
    # What is told while Home Assistant ends counts too.
    return report | {"complaints": complaints(config)}


@contextlib.asynccontextmanager
async def _engine(options: Options, plan: Plan) -> AsyncGenerator[Engine | None]:
    """The engine on a machine of its own, where one is to be the spare."""
    if options.spare != "engine":
        yield None
        return
    engine = engines.build("Engine", plan.spare_host, options.folder / "engine")
    async with engines.running(engine):
        yield engine


@contextlib.asynccontextmanager
async def _no_engine_left(config: Path) -> AsyncGenerator[None]:
    """End the engine that outlives its Home Assistant: the demo leaves nothing behind."""
    try:
        yield
    finally:
        await spares.end_engines(config)


def _strike_of(options: Options, cast: Cast, log: StateLog) -> Strike | None:
    if options.hass_down_at == "kill":
        return lambda: kill_with_home_assistant(cast, log)
    return None


def _interrupt_of(
    options: Options, home: HomeAssistant, config: Path, log: StateLog
) -> Callable[[], Awaitable[None]] | None:
    if options.kill_hass:
        return lambda: kill_home_assistant(home, log)
    if options.restart_container:
        return lambda: restart_container(home, config, log)
    return None


async def set_up(
    home: HomeAssistant, here: Site, engine: Engine | None, options: Options, screen: Screen
) -> list[Cast]:
    """Add the spare and the working NVRs through the integration's flows, and automations."""
    screen.say(f"Home Assistant {home_assistant_version} runs at {home.url}")
    if engine is not None:
        entry_id, spare = await spares.add_engine(home, engine, options.standby)
        screen.say(f"the engine at {engine.host} was paired by the code that it shows")
    elif here.plan.spare:
        entry_id, spare = await spares.add_recorder(home, here)
    else:
        footage = options.folder / "footage"
        entry_id, spare = await spares.add_builtin(home, footage, options.standby)
    screen.say(f"{spare.name} was added as the spare")
    for device in here.working:
        await integration.add_working_device(home, entry_id, device, here.camera_password)
        screen.say(f"{device.name} was added, its cameras tested")
    await integration.name_device(home, spare.serial, spare.name)
    for device in here.working:
        await integration.name_device(home, device.serial, device.name)
    spare_shown = await integration.spare_entities(home, spare.serial)
    casts = []
    for device in here.working:
        shown = await integration.device_entities(home, device.serial)
        screen.show(device.name, shown.connection, shown.working_status)
        automation = await integration.add_automation(home, device.name, shown.working_status)
        others = [other for other in here.working if other is not device]
        casts.append(
            Cast(
                home=home,
                device=device,
                shown=shown,
                automation=automation,
                others=others,
                spare=spare,
                spare_shown=spare_shown,
                gop=here.plan.gop,
            )
        )
    screen.show(spare.name, spare_shown.connection, spare_shown.working_status)
    address = await integration.add_dashboard(home)
    screen.say(f"the dashboard is at {address}")
    return casts


def make_report(
    options: Options, plan: Plan, outages: Sequence[Outage], total: float
) -> dict[str, Any]:
    """Build the demo's report: the first outage, and the others beside it."""
    first, *later = outages
    standby = {} if plan.spare else {"standby": options.standby}
    return {
        "home_assistant": home_assistant_version,
        "spare": options.spare,
        "working": options.working,
        **standby,
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

    await log.wait_for("all units recording, the spare ready", ready, 120)


def _invite(screen: Screen, home: HomeAssistant) -> None:
    user, password = home_assistant.USER, home_assistant.PASSWORD
    screen.say(f"look around at {home.url} (user {user}, password {password}); Ctrl-C ends it")


def parse(arguments: Sequence[str] | None) -> Options:
    """Read the command line; it ends the program where it makes no sense."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the report")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, last")
    parser.add_argument(
        "--spare",
        choices=("onvif", *BRANDS, "builtin", "engine"),
        default="onvif",
        help="a recorder (onvif, or of a brand), Home Assistant itself (builtin), or an engine"
        " elsewhere (engine)",
    )
    parser.add_argument(
        "--working",
        choices=("onvif", *BRANDS),
        default="onvif",
        help="what the recorders speak that fail",
    )
    parser.add_argument(
        "--standby",
        choices=("warm", "cold"),
        default="warm",
        help="of builtin and engine: with the last seconds of each camera in memory, or without",
    )
    interruption = parser.add_mutually_exclusive_group()
    interruption.add_argument(
        "--kill-hass", action="store_true", help="kill -9 Home Assistant while it backs up"
    )
    interruption.add_argument(
        "--restart-container",
        action="store_true",
        help="end Home Assistant and the engine while it backs up, and start them again",
    )
    interruption.add_argument(
        "--hass-down-at",
        choices=("kill",),
        default="",
        help="kill -9 Home Assistant with the recorder, and start it when the engine records",
    )
    parser.add_argument("--port", type=int, default=8123, help="of Home Assistant")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="made anew; holds it all")
    parser.add_argument(
        "--subnet", type=int, default=0, help="third number of the units' 127.0.x.y addresses"
    )
    options = Options(**vars(parser.parse_args(arguments)))
    if options.hass_down_at and options.spare in {"onvif", *BRANDS}:
        parser.error("--hass-down-at needs a spare that decides by itself: builtin or engine")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    options = parse(arguments)
    screen = Screen()
    try:
        report = asyncio.run(until_told(run(options, screen)))
    except (StepNotReachedError, ProgramError, integration.SetupError) as error:
        screen.say(f"failed: {error}")
        return 1
    except KeyboardInterrupt, asyncio.CancelledError:
        screen.say("everything is stopped")
        return 0
    print(json.dumps(report, indent=None if options.json else 2), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
