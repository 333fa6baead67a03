"""A process with many recorders without cameras, each at an address of its own.

Usage: python -m tests.benchmarks.heartbeat_units UNITS SUBNET FOLDER
"""

import asyncio
from contextlib import AsyncExitStack
import json
from pathlib import Path
import signal
import sys

from virtual_nvr.__main__ import stand_in_for_the_integration

USER, PASSWORD = "admin", "cellar-door"
PORT = 8000
_IN_SUBNET = 250


def address(number: int, subnet: int) -> str:
    """Return the address of a unit, which may be beyond the subnet."""
    return f"127.0.{subnet + number // _IN_SUBNET}.{1 + number % _IN_SUBNET}"


async def _serve(units: int, subnet: int, folder: Path) -> None:
    from virtual_nvr.nvr.config import NvrConfig  # noqa: PLC0415 (see below)
    from virtual_nvr.nvr.unit import VirtualNvr  # noqa: PLC0415

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as stack:
        for number in range(units):
            config = NvrConfig(
                name=f"NVR {number}",
                serial=f"NVR-{number}",
                host=address(number, subnet),
                username=USER,
                password=PASSWORD,
                folder=folder / str(number),
                http_port=PORT,
            )
            await stack.enter_async_context(VirtualNvr(config))
        print(json.dumps({"units": units}), flush=True)
        await stop.wait()


if __name__ == "__main__":
    stand_in_for_the_integration()  # before the engine is imported: Home Assistant stays out
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
