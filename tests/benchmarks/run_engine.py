"""A process with the engine and nothing else: it records all cameras of a site file.

Usage: python -m tests.benchmarks.run_engine SITE_FILE FOLDER
"""

import asyncio
import json
from pathlib import Path
import signal
import sys

from virtual_nvr.__main__ import stand_in_for_the_integration


async def _record(site_file: Path, folder: Path) -> None:
    from custom_components.nvr_hotspare.recorder.engine import Engine  # noqa: PLC0415 (see below)
    from custom_components.nvr_hotspare.recorder.model import Source  # noqa: PLC0415

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    site = json.loads(site_file.read_text())
    engine = Engine(folder)
    await engine.start()
    for number, uri in site["uris"].items():
        engine.record(number, Source(uri=uri, username=site["username"], password=site["password"]))
    print("{}", flush=True)
    await stop.wait()
    await engine.stop()


if __name__ == "__main__":
    stand_in_for_the_integration()  # before the engine is imported: Home Assistant stays out
    asyncio.run(_record(Path(sys.argv[1]), Path(sys.argv[2])))
