"""Where standing orders lie in the engine's private folder, and how the engine has them put there.

What encrypts them is in `vault`, which takes too much memory to be part of the engine.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
import sys
from typing import Final

from ..recorder.program import MAIN

KEY: Final = "orders.key"
SEALED: Final = "orders.sealed"


async def seal(folder: Path, data: bytes) -> None:
    """Have standing orders encrypted into a folder; OSError where that fails."""
    arguments = (sys.executable, "-I", str(MAIN), "seal", str(folder))
    process = await asyncio.create_subprocess_exec(
        *arguments, stdin=PIPE, stdout=DEVNULL, stderr=PIPE
    )
    try:
        _, errors = await process.communicate(data)
    except BaseException:
        process.kill()
        raise
    if process.returncode:
        last = (errors.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
        raise OSError(None, last)


def forget(folder: Path) -> None:
    """Delete the standing orders of a folder, and their key; OSError where that fails. Blocks."""
    for name in (SEALED, KEY):
        (folder / name).unlink(missing_ok=True)
