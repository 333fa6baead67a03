"""The switch of a site as a program of its own."""

from collections.abc import AsyncGenerator, Mapping
import contextlib
from pathlib import Path

from .namespaces import DYING_WITH_US, Host
from .processes import Program


@contextlib.asynccontextmanager
async def running(hosts: Mapping[str, Host], folder: Path, seed: int = 0) -> AsyncGenerator[Path]:
    """Have the cables joined while the block runs; yields the socket that takes commands."""
    control = folder / "switch"
    arguments = ["-m", "scripts.lab.switch", "--control", str(control), "--seed", str(seed)]
    arguments += [f"{it.name}:{it.cable}:{','.join(it.addresses)}" for it in hosts.values()]
    program = Program("switch", arguments, folder / "switch.log")
    program.within = DYING_WITH_US
    program.files = [host.cable for host in hosts.values()]
    try:
        await program.start_and_wait()
        yield control
    finally:
        await program.stop()
