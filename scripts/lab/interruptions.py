"""What can happen to Home Assistant in the middle of an outage."""

from pathlib import Path

from .home_assistant import HomeAssistant
from .outage import StateLog
from .spares import end_engines


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
