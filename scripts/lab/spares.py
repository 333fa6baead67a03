"""The spares a demo can choose from, and what becomes of the built-in one's engine."""

import asyncio
import contextlib
from dataclasses import dataclass
import os
from pathlib import Path
import signal

from . import integration
from .engines import Engine
from .home_assistant import HomeAssistant
from .site import Site

_ENGINE = b"engine/__main__.py"


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """The spare of a group, whatever it is."""

    name: str
    serial: str
    folder: Path
    """Where its recordings are."""
    orders: Path | None = None
    """The private folder in which an engine writes down what it decides for this group."""


async def add_recorder(home: HomeAssistant, here: Site) -> tuple[str, StandIn]:
    """Make a group with the site's own recorder as its spare; also returns the entry's id."""
    entry_id = await integration.add_group(home, here.spare)
    stand_in = StandIn(name=here.spare.name, serial=here.spare.serial, folder=here.spare.folder)
    return entry_id, stand_in


async def add_builtin(home: HomeAssistant, folder: Path, standby: str) -> tuple[str, StandIn]:
    """Make a group with Home Assistant itself as its spare; also returns the entry's id."""
    entry_id = await integration.add_builtin_group(home, folder, standby)
    serial = await integration.first_unit(home, entry_id)
    orders = home.config / ".storage" / integration.DOMAIN / entry_id
    stand_in = StandIn(name="Home Assistant", serial=serial, folder=folder, orders=orders)
    return entry_id, stand_in


async def add_engine(home: HomeAssistant, engine: Engine, standby: str) -> tuple[str, StandIn]:
    """Pair an engine that runs and make a group of it; also returns the entry's id."""
    entry_id = await integration.add_engine_group(home, engine, standby)
    serial = await integration.first_unit(home, entry_id)
    stand_in = StandIn(name=engine.name, serial=serial, folder=engine.footage, orders=engine.orders)
    return entry_id, stand_in


async def end_engines(config: Path) -> None:
    """Have the engines of this Home Assistant close their files and end."""
    pids = engines(config)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    async with asyncio.timeout(20):
        while engines(config):
            await asyncio.sleep(0.05)


def kill_engines(config: Path) -> list[int]:
    """Kill (-9) the engines of this Home Assistant; returns the ids they had."""
    pids = engines(config)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return pids


def engines(config: Path) -> list[int]:
    """Find the engines of this Home Assistant by their command line: they are nobody's children."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if _ENGINE in command and os.fsencode(config) in command:
                found.append(int(entry.name))
    return found
