"""`scripts/bench live`: how long a picture freezes when the recorder that it comes from dies.

One camera of Home Assistant is watched over HLS with low latency, as its frontend does; another one
of the same recorder is not. The recorder is killed (-9), backed up, and started again.
"""

import argparse
import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime
import json
from pathlib import Path
import tempfile
import time
from typing import Any

from scripts.lab import home_assistant, integration, site, spares
from scripts.lab.home_assistant import HomeAssistant
from scripts.lab.site import Plan
from scripts.lab.state_log import StateLog
from scripts.lab.viewer import Viewer

PORT, SUBNET = 18128, 32
_PARTS = 20
"""That have come before anything happens: some seconds."""
_WITHIN = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen; freezes are the longest times in which nothing new came, in seconds."""

    spare: str
    calm_freeze_s: float
    """Before anything happened."""
    death_freeze_s: float
    """From the kill until some seconds after BACKING UP."""
    return_freeze_s: float
    """From when the recorder was started again until some seconds after it shows its camera."""
    switched_s: dict[str, float]
    """From BACKING UP to when each camera is shown from elsewhere; negative if it was before."""
    shown_by: dict[str, str]
    """Who showed each camera then."""
    back_s: dict[str, float]
    """From when the recorder records again to when it shows each camera again."""
    starved_s: float
    """For how long of all this Home Assistant waited for a processor."""


class Shows:
    """Who shows each camera, as Home Assistant tells it."""

    def __init__(self, cameras: dict[str, str]) -> None:
        """Take the names of cameras by entity id."""
        self._cameras = cameras
        self.changes: list[tuple[float, str, str]] = []
        """When (seconds since 1970), which camera, who."""
        self._news = asyncio.Event()

    async def follow(self, home: HomeAssistant) -> None:
        """Record every change from now on."""
        assert home.socket is not None
        await home.socket.subscribe(self._take, "subscribe_events", event_type="state_changed")
        for state in await home.call("get_states"):
            self._note(state)

    async def wait_for(self, by: set[str], since: float) -> dict[str, tuple[float, str]]:
        """Return when each camera was first shown by one of these, and by whom."""
        async with asyncio.timeout(_WITHIN):
            while len(found := self._found(by, since)) < len(self._cameras):
                self._news.clear()
                await self._news.wait()
        return found

    def _found(self, by: set[str], since: float) -> dict[str, tuple[float, str]]:
        found: dict[str, tuple[float, str]] = {}
        for at, camera, who in self.changes:
            if at >= since and who in by:
                found.setdefault(camera, (at, who))
        return found

    def _take(self, event: dict[str, Any]) -> None:
        if (state := event["data"]["new_state"]) is not None:
            self._note(state)

    def _note(self, state: dict[str, Any]) -> None:
        if camera := self._cameras.get(state["entity_id"]):
            who = state["attributes"].get("live_from") or ""
            at = datetime.fromisoformat(state["last_updated"]).timestamp()
            if [it[2] for it in self.changes if it[1] == camera][-1:] != [who]:
                self.changes.append((at, camera, who))
                self._news.set()


async def watch(folder: Path, spare: str, *, port: int = PORT, subnet: int = SUBNET) -> Watched:
    """Watch a camera while its recorder dies and comes back.

    Args:
        folder: For all that is written.
        spare: `onvif` or `builtin`.
        port: Of Home Assistant.
        subnet: Where on the loopback network the units are.

    Raises:
        StepNotReachedError: The spare did not take over, or the recorder did not come back.
        ProgramError: A program did not start.
    """
    config = folder / "home-assistant"
    config.mkdir()
    plan = Plan(working_devices=1, channels=2, spare=spare == "onvif", subnet=subnet)
    try:
        async with (
            site.running(plan, folder / "site") as here,
            home_assistant.running(config, port) as home,
        ):
            if spare == "onvif":
                entry_id, _ = await spares.add_recorder(home, here)
            else:
                entry_id, _ = await spares.add_builtin(home, folder / "footage", "warm")
            (device,) = here.working
            await integration.add_working_device(
                home, entry_id, device, here.camera_password, keep=True
            )
            return await _watch(home, device, spare)
    finally:
        await spares.end_engines(config)


async def _watch(home: HomeAssistant, device: site.Recorder, spare: str) -> Watched:
    shown = await integration.device_entities(home, device.serial)
    cameras = await integration.live_cameras(home, device.serial)
    log = StateLog(lambda _: None)
    await log.follow(home)
    shows = Shows({entity: name for name, entity in zip(device.cameras, cameras, strict=True)})
    await shows.follow(home)
    await log.wait_for(
        "the unit recording, the spare ready",
        lambda s: s[shown.working_status] == "recording" and s[shown.spare_ready] == "on",
        _WITHIN,
    )
    await shows.wait_for({"nvr"}, 0)
    stream = await home.call("camera/stream", entity_id=cameras[0], format="hls")
    viewer = Viewer(home.fetch, stream["url"])
    starved = home.program.starved
    async with viewer.watching():
        await viewer.more(_PARTS)
        killed = time.time()
        calm = viewer.longest_freeze
        died = time.monotonic()
        await device.program.kill()
        await log.wait_for("BACKING UP", lambda s: s[shown.working_status] == "backing_up", 90)
        left = await shows.wait_for({"spare", "camera"}, killed)
        await viewer.more(_PARTS)
        started, came_back = time.monotonic(), time.time()
        death = viewer.freeze(died, started)
        await device.program.start_and_wait()
        await log.wait_for("back", lambda s: s[shown.working_status] == "recording", 180)
        back = await shows.wait_for({"nvr"}, came_back)
        await viewer.more(_PARTS)
        returned = viewer.freeze(started, time.monotonic())
    backing_up = log.first(shown.working_status, "backing_up", killed)
    recording = log.first(shown.working_status, "recording", came_back)
    return Watched(
        spare=spare,
        calm_freeze_s=round(calm, 2),
        death_freeze_s=round(death, 2),
        return_freeze_s=round(returned, 2),
        switched_s={name: round(at - backing_up, 3) for name, (at, _) in left.items()},
        shown_by={name: who for name, (_, who) in left.items()},
        back_s={name: round(at - recording, 3) for name, (at, _) in back.items()},
        starved_s=round(home.program.starved - starved, 2),
    )


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="scripts/bench live", description=__doc__)
    parser.add_argument("--spare", choices=("onvif", "builtin"), default="onvif")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        result = asyncio.run(watch(Path(name), options.spare))
    print(json.dumps(asdict(result), indent=None if options.json else 2), flush=True)


if __name__ == "__main__":
    main()
