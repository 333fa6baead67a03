"""What can happen to Home Assistant when an outage begins, or in the middle of it."""

import asyncio
import json
from pathlib import Path
import time
from typing import Any

from .home_assistant import HomeAssistant
from .outage import BACKING_UP_FOR, Away, Cast
from .spares import end_engines
from .state_log import StateLog, StepNotReachedError

_DECIDED_WITHIN = 120.0
_SAVED_WITHIN = 60.0


async def kill_with_home_assistant(cast: Cast, log: StateLog) -> Away:
    """Kill Home Assistant (-9) and the device at once; start it when the engine has long decided.

    Raises:
        StepNotReachedError: The engine did not decide, or does not record.
    """
    await _remembered(cast)
    killed = time.time()
    await asyncio.gather(cast.home.program.kill(), cast.device.program.kill())
    try:
        async with asyncio.timeout(_DECIDED_WITHIN):
            while (decided := _decided(cast)) is None:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise StepNotReachedError(f"{cast.spare.name} did not decide by itself") from None
    await asyncio.sleep(BACKING_UP_FOR / 2)
    await _start_again(cast.home, log)
    return Away(decided_s=round(decided - killed, 3), back_s=round(time.time() - killed, 3))


async def _remembered(cast: Cast) -> None:
    """Wait until entities will have the same ids after a kill: they are saved some seconds late."""
    registry = cast.home.config / ".storage" / "core.entity_registry"
    async with asyncio.timeout(_SAVED_WITHIN):
        while not (registry.exists() and cast.shown.connection in registry.read_text()):
            await asyncio.sleep(0.1)


def _decided(cast: Cast) -> float | None:
    """Return when the engine began to decide, once it records the device's cameras."""
    assert cast.spare.orders is not None
    record: dict[str, Any] = json.loads((cast.spare.orders / "away.json").read_bytes())
    device = record["journal"]["devices"][cast.device.serial]
    if not (device["outage"] or {}).get("backing_up"):
        return None
    return float(record["deciding_since"])


async def kill_home_assistant(home: HomeAssistant, log: StateLog) -> None:
    """Kill the process (-9) and start it again; whatever stands beside it goes on."""
    await home.program.kill()
    await _start_again(home, log)


async def restart_container(home: HomeAssistant, config: Path, log: StateLog) -> None:
    """Ask all processes to end, as a container does that is restarted, and start them again."""
    await home.stop()
    await end_engines(config)
    await _start_again(home, log)


async def _start_again(home: HomeAssistant, log: StateLog) -> None:
    await home.disconnect()
    await home.start()
    await log.follow(home)
