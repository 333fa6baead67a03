"""This end of the process that receives a scene: started, waited for, and ended."""

import asyncio
from contextlib import suppress
import json
from pathlib import Path
import sys
from typing import Final

from ..plain import PlainError, dump, load
from ..program import MAIN
from .messages import MAX_LINE, Order, Outcome, Trouble

_BROKEN: Final = Outcome(trouble=Trouble.BROKEN, text="The footage can't be received.")


async def receive(order: Order, within: float) -> Outcome:
    """Have a scene written into a file.

    Where there is trouble, or it is cancelled, no file is left.

    Args:
        order: What and where.
        within: Seconds that it may take.
    """
    outcome = _BROKEN
    try:
        async with asyncio.timeout(within):
            outcome = await _receive(order)
    except TimeoutError:
        text = "The recorder plays it too slowly."
        outcome = Outcome(trouble=Trouble.SOURCE, text=text)
    finally:
        if outcome.trouble:
            await asyncio.to_thread(Path(order.path).unlink, missing_ok=True)
    return outcome


async def _receive(order: Order) -> Outcome:
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", MAIN, "scene"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=MAX_LINE,
        )
    except OSError:
        return _BROKEN
    assert process.stdin is not None  # noqa: S101 (narrows the type)
    assert process.stdout is not None  # noqa: S101 (narrows the type)
    try:
        process.stdin.write(json.dumps(dump(order)).encode() + b"\n")
        answer = await process.stdout.readline()
        return load(Outcome, json.loads(answer))
    except PlainError, ValueError, RecursionError:  # it died, or makes no sense
        return _BROKEN
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
