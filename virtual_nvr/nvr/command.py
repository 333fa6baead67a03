"""`python -m virtual_nvr nvr`: an ONVIF recorder in a process of its own."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
import json
import math
import os
from pathlib import Path
import signal
import sys

from ..control import CommandError, listen
from .config import ConfigError, NvrConfig, load
from .state import StateError
from .unit import VirtualNvr

_UNKNOWN = "there is no such command"


def main(arguments: Sequence[str]) -> int:
    """Run a recorder until SIGTERM or SIGINT; one line of JSON says when it is ready."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_run(load(options.config), options.control))
    except (ConfigError, StateError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="virtual_nvr nvr", description=__doc__)
    parser.add_argument(
        "--config", type=Path, required=True, help="file of mode 0600 with an `NvrConfig` as JSON"
    )
    parser.add_argument(
        "--control",
        type=Path,
        help="Unix socket that takes: stop_recording N, resume_recording N (1 is the first"
        " channel), slow SECONDS (before each answer), clock SECONDS (ahead of the real time),"
        " drop_replay (cuts its connections), stall_replay, resume_replay, fail_storage,"
        " mend_storage, announce_restart (and do it), add_channel URI NAME, remove_channel N,"
        " rename_channel N NAME, limit RECORDINGS JOBS RECEIVERS",
    )
    return parser


async def _run(config: NvrConfig, control: Path | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        unit = await stack.enter_async_context(VirtualNvr(config))
        if control is not None:
            await stack.enter_async_context(listen(control, lambda words: obey(unit, words)))
        ready = {
            "name": config.name,
            "serial": config.serial,
            "host": config.host,
            "http_port": config.http_port,
            "rtsp_port": config.rtsp_port,
            "pid": os.getpid(),
        }
        print(json.dumps(ready), flush=True)
        await stop.wait()


async def obey(unit: VirtualNvr, words: list[str]) -> None:
    """Carry out a command of the control socket.

    Raises:
        CommandError: It makes no sense, or not now.
    """
    try:
        match words:
            case ["stop_recording", number]:
                await unit.hold(int(number))
            case ["resume_recording", number]:
                await unit.let_go(int(number))
            case ["slow", seconds]:
                unit.delay = _finite(seconds)
            case ["clock", seconds]:
                unit.clock_offset = timedelta(seconds=_finite(seconds))
            case [word]:
                await _obey(unit, word)
            case _:
                await _change(unit, words)
    except (ConfigError, ValueError, LookupError, OverflowError) as error:
        raise CommandError(str(error)) from error


async def _obey(unit: VirtualNvr, word: str) -> None:
    """Carry out a command of one word."""
    match word:
        case "drop_replay":
            unit.drop_replay()
        case "stall_replay":
            unit.replaying.clear()
        case "resume_replay":
            unit.replaying.set()
        case "fail_storage":
            await unit.fail_storage()
        case "mend_storage":
            await unit.mend_storage()
        case "announce_restart":
            unit.announce_restart()
        case _:
            raise CommandError(_UNKNOWN)


async def _change(unit: VirtualNvr, words: list[str]) -> None:
    """Carry out a command that changes the unit's settings."""
    match words:
        case ["add_channel", uri, *name]:
            await unit.add_channel(uri, " ".join(name))
        case ["remove_channel", number]:
            await unit.remove_channel(int(number))
        case ["rename_channel", number, *name]:
            await unit.rename_channel(int(number), " ".join(name))
        case ["limit", recordings, jobs, receivers]:
            unit.limit(
                replace(
                    unit.limits,
                    recordings=int(recordings),
                    jobs=int(jobs),
                    receivers=int(receivers),
                )
            )
        case _:
            raise CommandError(_UNKNOWN)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number of seconds")
    return number
