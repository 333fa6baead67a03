"""What one input may cost, and whether it did harm."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import resource
import signal
import time
import traceback
from types import FrameType
from typing import Final

from tests.fuzz.target import Target

SECONDS: Final = 1.0
"""Of CPU for one input: a second of all cameras, were it one of the engine's."""
MEMORY: Final = 256 << 20
"""Bytes beyond what the process had when it began, for all inputs together."""
_ROOT: Final = str(Path(__file__).parents[2])


class TooLongError(BaseException):
    """An input takes longer than any may; nothing that catches `Exception` may swallow it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that did harm."""

    target: str
    harm: str
    """The error, and where it was raised."""
    data: bytes

    @property
    def told(self) -> dict[str, str]:
        """It as JSON; `scripts/fuzz --target NAME --input INPUT` does it again."""
        shown = base64.b64encode(self.data).decode()
        return {"target": self.target, "harm": self.harm, "input": shown}


def harm(target: Target, data: bytes) -> Finding | None:
    """Give one input to a target; must run in `limited()`."""
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 5 * SECONDS)
    try:
        target.parse(data)
    except target.errors:
        pass
    except (Exception, TooLongError) as error:  # noqa: BLE001 (that is what is looked for)
        return Finding(target.name, _told(error), data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if (took := time.process_time() - began) > SECONDS:
        return Finding(target.name, f"It takes {took:.1f} s", data)
    return None


@contextmanager
def limited() -> Iterator[None]:
    """Bound the memory of this process, and have what takes too long interrupted."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    # Of what is written to alone: each thread reserves far more than it ever uses.
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    before = signal.signal(signal.SIGPROF, stop)
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    resource.setrlimit(resource.RLIMIT_DATA, (pages * resource.getpagesize() + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [it for it in frames if it.filename.startswith(f"{_ROOT}/custom_components")]
    where = (ours or list(frames))[-1]
    return f"{type(error).__name__} in {where.filename.removeprefix(_ROOT + '/')}:{where.lineno}"
