"""The process of an engine on a machine of its own: `--listen HOST:PORT --config FILE`.

It says on stdout when it listens, and the pairing code while it is not paired. `--unpair` has it
forget its group first, for when that is gone and can't say so itself.
"""

import argparse
import asyncio
from collections.abc import Sequence
import logging
import os
from pathlib import Path
import signal
import sys
from typing import Final

from ..recorder.errors import EngineBusyError
from ..recorder.launch import make_private
from ..recorder.lock import FileLock
from ..recorder.program import version
from .config import Config, ConfigError, read
from .outpost import PAIRING, Outpost

_LOCK: Final = "engine.lock"
_UNPAIR: Final = "--unpair"
_PATIENCE: Final = 5.0
"""Seconds that an engine before this one may take to end."""


def main(arguments: Sequence[str]) -> int:
    """Run the engine until SIGTERM or SIGINT.

    Returns:
        0 after an ordinary end; 1 if it can't start, with the reason on stderr.
    """
    options = _parser().parse_args(arguments)
    os.umask(0o077)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        config = read(options.config, options.listen)
        make_private(config.state)
        lock = FileLock(config.state / _LOCK)
        lock.take(_PATIENCE)
        if options.unpair:
            (config.state / PAIRING).unlink(missing_ok=True)
        again = asyncio.run(_run(config))
    except (ConfigError, EngineBusyError, OSError) as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 (a command)
        return 1
    if again:
        # All anew, and in the version that is installed by now.
        command = [sys.executable, *(each for each in sys.orig_argv[1:] if each != _UNPAIR)]
        os.execv(sys.executable, command)  # noqa: S606 (no shell wanted, and no argument from outside)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="engine", description="A hot spare on a machine of its own."
    )
    parser.add_argument("--config", type=Path, required=True, help="where it keeps its things")
    parser.add_argument("--listen", default="", metavar="HOST:PORT", help="where it is reached")
    parser.add_argument(_UNPAIR, action="store_true", help="forget its group first")
    return parser


async def _run(config: Config) -> bool:
    outpost = Outpost(config, version(), _show_code)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, outpost.leave)
    return await outpost.run(lambda port: _say(f"listening on {config.host}:{port}"))


def _show_code(code: str) -> None:
    _say(f"pairing code: {code}")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (a command)
