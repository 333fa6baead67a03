"""The engine's process, from its arguments to its end."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
import logging
from logging.handlers import RotatingFileHandler
import os
from pathlib import Path
import signal
import sys

from ..recorder.archive import mark
from ..recorder.errors import EngineBusyError
from ..recorder.launch import make_private
from ..recorder.listener import Listener
from ..recorder.lock import FileLock
from ..recorder.orders import OrdersFile
from ..recorder.program import version
from ..recorder.service import Service
from .deputy import EngineDeputy

ORDERS = "engine.json"
LOG = "engine.log"
_LOCK = "engine.lock"
_PATIENCE = 5.0
"""Seconds that an engine before this one may take to end."""
_STARTED = "started"
_LOG_SIZE = 1 << 20


def main(arguments: Sequence[str]) -> int:
    """Run the engine until SIGTERM, SIGINT or a client's request.

    Returns:
        0 after an ordinary end, or when it goes on in the background; 1 if it can't start, with
        the reason on stderr.
    """
    options = _parser().parse_args(arguments)
    os.umask(0o077)
    starter = _Starter()
    if options.detach:
        child = starter.detach()
        if child is not None:
            return child
    try:
        _log_to(options.state / LOG if options.detach else None)
        lock = FileLock(options.state / _LOCK)
        lock.take(_PATIENCE)
        asyncio.run(_run(options, starter))
    except (EngineBusyError, OSError) as error:
        starter.tell(str(error))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="engine", description="The recording engine.")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket for its client")
    parser.add_argument("--folder", type=Path, required=True, help="marked folder for footage")
    parser.add_argument("--state", type=Path, required=True, help="private folder for its orders")
    parser.add_argument("--detach", action="store_true", help="go on in the background")
    return parser


async def _run(options: argparse.Namespace, starter: _Starter) -> None:
    if options.folder.is_relative_to(options.state):  # of one that gives back others' footage only
        mark(options.folder)
    service = Service(options.folder, OrdersFile(options.state / ORDERS), version())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, service.done.set)
    service.deputy = deputy = EngineDeputy(service, options.state)
    await service.start()
    listener = Listener(service)
    try:
        make_private(options.socket.parent)
        options.socket.unlink(missing_ok=True)  # of an engine that was killed: the lock is ours
        await listener.start(options.socket)
        starter.tell("")
        await listener.run()
    finally:
        listener.close()
        await deputy.stop()
        await service.stop()
        options.socket.unlink(missing_ok=True)
        with suppress(OSError):  # unless more than the socket is in it
            options.socket.parent.rmdir()


class _Starter:
    """Whoever waits for the engine to start."""

    def __init__(self) -> None:
        self._pipe: int | None = None

    def detach(self) -> int | None:
        """Go on in the background: None there, an exit code here when it is known."""
        reader, writer = os.pipe()
        if os.fork():
            os.close(writer)
            with open(reader, encoding="utf-8") as answer:  # noqa: PTH123 (a descriptor)
                error = answer.read()
            if error != _STARTED:
                print(error or "The engine failed; its log has why.", file=sys.stderr)  # noqa: T201 (a command)
            return int(error != _STARTED)
        os.close(reader)
        os.setsid()
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        self._pipe = writer
        return None

    def tell(self, error: str) -> None:
        """Say that it has started, or why not."""
        if self._pipe is not None:
            os.write(self._pipe, (error or _STARTED).encode())
            os.close(self._pipe)
            self._pipe = None
        else:
            print(error or _STARTED, file=sys.stderr if error else sys.stdout, flush=True)


def _log_to(path: Path | None) -> None:
    """Log to a file of bounded size, or to stderr."""
    handler = (
        RotatingFileHandler(path, maxBytes=_LOG_SIZE, backupCount=1, encoding="utf-8")
        if path
        else logging.StreamHandler()
    )
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[handler],
    )
