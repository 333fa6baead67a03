"""Home Assistant as it is, but for its event loop, which notes whenever it was busy for long.

`python -m tests.benchmarks.watched_home_assistant LOG ARGUMENT...` runs `hass ARGUMENT...` and
writes a line of JSON for each long turn of the loop into LOG: while one callback after another
runs, nothing else that waits for the loop is served.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import queue
import runpy
import selectors
import sys
import threading
import time
import traceback
from types import FrameType
from typing import override
from unittest.mock import patch

_LONG = 0.0005
"""Seconds from which on a turn is noted."""
_LOOK = 0.01
"""Seconds between looks at what the loop is busy with."""
_INNERMOST = 12
"""Calls that are told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """One long turn of the loop."""

    at: float
    """Its beginning, in seconds since 1970."""
    ms: float
    cpu_ms: float
    """For how much of it the loop's thread had a processor."""
    calls: Sequence[str]
    """What it was seen to be busy with last, the innermost call first; empty where nobody saw."""


def read_stalls(log: Path) -> list[Stall]:
    """Return what a watched Home Assistant has written so far."""
    return [Stall(**json.loads(line)) for line in log.read_text().splitlines()]


class _Watch:
    """Told by the loop when it works and when it rests; writes from a thread of its own."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._thread = threading.get_ident()
        self._began = self._cpu = 0.0
        self._calls: tuple[str, ...] = ()
        self._stalls: queue.SimpleQueue[Stall] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="watch", daemon=True).start()

    def works(self) -> None:
        self._calls = ()
        self._cpu = time.thread_time()
        self._began = time.monotonic()

    def rests(self) -> None:
        began, self._began = self._began, 0.0
        if began and (seconds := time.monotonic() - began) >= _LONG:
            stall = Stall(
                at=time.time() - seconds,
                ms=round(seconds * 1e3, 2),
                cpu_ms=round((time.thread_time() - self._cpu) * 1e3, 2),
                calls=self._calls,
            )
            self._stalls.put(stall)

    def _write(self) -> None:
        with self._log.open("a", buffering=1) as log:
            while True:
                try:
                    stall = self._stalls.get(timeout=_LOOK)
                except queue.Empty:
                    self._look()
                else:
                    log.write(json.dumps(asdict(stall)) + "\n")

    def _look(self) -> None:
        began = self._began
        if began and time.monotonic() - began > _LOOK:
            frames = traceback.walk_stack(sys._current_frames()[self._thread])
            self._calls = tuple(_named(frames))[:_INNERMOST]


def _named(frames: Iterable[tuple[FrameType, int]]) -> Iterator[str]:
    for frame, line in frames:
        code = frame.f_code
        yield f"{'/'.join(Path(code.co_filename).parts[-2:])}:{line} {code.co_qualname}"


class _WatchedSelector(selectors.EpollSelector):
    """Where the loop rests: whatever it does between two calls is one turn."""

    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._watch.rests()
        events = super().select(timeout)
        self._watch.works()
        return events


def main() -> None:
    """Run Home Assistant."""
    log, *arguments = sys.argv[1:]
    watch = _Watch(Path(log))

    def watched_loop() -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(_WatchedSelector(watch))

    sys.argv = ["hass", *arguments]
    with patch("asyncio.EventLoop", watched_loop):
        runpy.run_module("homeassistant", run_name="__main__")


if __name__ == "__main__":
    main()
