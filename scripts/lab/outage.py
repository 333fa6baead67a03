"""Plays one outage and measures it: what people saw, and which frames were recorded by whom."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Any

from virtual_nvr.stamp import frame_at
from virtual_nvr.verify import count, verify

from .home_assistant import HomeAssistant
from .integration import DeviceEntities, SpareEntities
from .site import Recorder
from .spares import StandIn
from .state_log import StateLog, StepNotReachedError
from .told import happenings, reports

BACKING_UP_FOR = 12.0
"""Seconds that the spare records before the dead unit comes back."""
SETTLED_AFTER = 3.0
"""Seconds until what was recorded is on disk, the fragment in flight included."""


_LONGEST_STANDBY = 60.0
"""Seconds before the kill at which a spare's recording may begin at the earliest."""
_SECOND = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who takes part in an outage."""

    home: HomeAssistant
    device: Recorder
    shown: DeviceEntities
    automation: str
    others: Sequence[Recorder]
    spare: StandIn
    spare_shown: SpareEntities
    gop: Callable[[int], int]
    """The frames from key frame to key frame of the camera with a number."""


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What the working NVR has in its own folder, from before the kill until synchronized."""

    missing_frames: int
    """Those that the spare has. What nobody recorded is among the outage's `lost_frames`."""
    duplicate_frames: int
    """Doubled ones beyond the overlap."""
    overlap_frames: int
    """Doubled ones at the ends of what was given back, a group of pictures each at most."""
    seconds: float
    """From when footage began to flow until all of it was verified."""
    bytes: int
    mb_per_s: float


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What was measured; seconds from the kill, frames by camera name."""

    noticed_s: float
    starved_s: float
    """For how long of this time Home Assistant waited for a processor; 0 while it was away."""
    backing_up_s: float
    first_frame_s: dict[str, float]
    lost_frames: dict[str, int]
    working_status: list[str]
    automation_fired: bool
    others_disturbed: int
    spare_idle_after: bool
    returned: Returned
    spare_lost_frames: dict[str, int]
    """Those the spare missed between its first one and the return of the dead unit."""
    events: list[tuple[str, float]]
    """All that Home Assistant has told of it, and when that happened."""
    reports: int
    """Outages that are reported."""
    away: Away | None
    """How Home Assistant's absence went, if it was away when the outage began."""


@dataclass(frozen=True, kw_only=True)
class Away:
    """Home Assistant died with the unit; seconds from the kill."""

    decided_s: float
    """When the engine began to decide by itself."""
    back_s: float
    """When Home Assistant ran again."""


type Strike = Callable[[], Awaitable[Away | None]]
"""Kills the working NVR, and maybe more."""


async def play(
    cast: Cast,
    log: StateLog,
    say: Callable[[str], None],
    strike: Strike | None = None,
    interrupt: Callable[[], Awaitable[None]] | None = None,
) -> Outage:
    """Kill a working NVR, wait for the spare, start the NVR again, wait until all is as before.

    Raises:
        StepNotReachedError: One of these did not happen in time.
    """
    device, shown, spare = cast.device, cast.shown, cast.spare_shown
    killed, starved, away = time.time(), cast.home.program.starved, None
    if strike is None:
        await device.program.kill()
        say(f"{device.name} was killed (kill -9)")
    elif away := await strike():
        say(f"{device.name} and Home Assistant were killed (kill -9); Home Assistant runs again")
    await log.wait_for("offline", lambda s: s[shown.connection] == "off", 90)
    starved = 0.0 if away else cast.home.program.starved - starved
    say(f"{device.name} is offline in Home Assistant")
    await log.wait_for("BACKING UP", lambda s: s[shown.working_status] == "backing_up", 90)
    say(f"{cast.spare.name} is BACKING UP {device.name}")
    await asyncio.sleep(BACKING_UP_FOR / 2)
    if interrupt is not None:
        await interrupt()
        say("Home Assistant was interrupted and runs again")
    await asyncio.sleep(BACKING_UP_FOR / 2)
    returned = time.time()
    await device.program.start_and_wait()
    say(f"{device.name} was started again")
    await log.wait_for(
        "recording again, and the spare idle",
        lambda s: s[shown.working_status] == "recording" and s[spare.working_status] == "idle",
        180,
    )
    say(f"{device.name} records again, {cast.spare.name} is idle")
    await log.wait_for(
        "synchronized",
        lambda s: (
            log.synchronized(shown.last_outage, killed) and s[shown.working_status] == "recording"
        ),
        240,
    )
    ended = time.time()
    say(f"{device.name} has all of its footage back")
    await asyncio.sleep(SETTLED_AFTER)
    told = await _told(cast, killed)
    frames = await asyncio.to_thread(_frames, cast, log, (killed, returned, ended))
    return Outage(
        **told,
        **frames,
        starved_s=round(starved, 3),
        away=away,
        working_status=log.sequence(shown.working_status, killed),
        automation_fired=log.fired(cast.automation, killed),
        spare_idle_after=log.states[spare.working_status].state == "idle",
    )


async def _told(cast: Cast, killed: float) -> dict[str, Any]:
    """Return what Home Assistant tells of the outage, whoever decided when it happened."""
    events = await happenings(cast.home, cast.shown.event, killed)
    since_kill = [(kind, round(moment - killed, 3)) for kind, moment in events]
    firsts = dict(reversed(since_kill))
    return {
        "noticed_s": firsts["heartbeat_lost"],
        "backing_up_s": firsts["backing_up"],
        "events": since_kill,
        "reports": await reports(cast.home, cast.shown.last_outage, killed),
    }


def _frames(cast: Cast, log: StateLog, moments: tuple[float, float, float]) -> dict[str, Any]:
    """Count what was recorded by whom."""
    killed, returned, ended = moments
    window = (killed - 5, ended)
    firsts = _first_frames(cast, killed)
    # A fragment of at most a second is in flight when the unit returns.
    spare_lost = {
        name: _lost([cast.spare.folder], [name], (killed + first + 0.001, returned - 1.5))[name]
        for name, first in firsts.items()
    }
    lost = _lost([cast.device.folder, cast.spare.folder], cast.device.cameras, window)
    return {
        "first_frame_s": firsts,
        "lost_frames": lost,
        "others_disturbed": sum(
            sum(_lost([other.folder], other.cameras, window).values()) for other in cast.others
        ),
        "returned": _returned(cast, log, (killed, ended), sum(lost.values())),
        "spare_lost_frames": spare_lost,
    }


def _returned(cast: Cast, log: StateLog, moments: tuple[float, float], lost: int) -> Returned:
    """Count what the working NVR has by itself; `lost` frames nobody has."""
    killed, ended = moments
    reports = verify([cast.device.folder], _ns(killed - 5), _ns(ended))
    missing = sum(_lost([cast.device.folder], cast.device.cameras, (killed - 5, ended)).values())
    doubled = overlap = 0
    for number, report in reports.items():
        doubled += count(report.doubled)
        # One run at each end of what was given back is the rest of a group of pictures.
        overlap += sum(min(len(run), cast.gop(number)) for run in report.doubled[:2])
    seconds = log.lasted(cast.shown.working_status, "synchronizing", killed)
    size = int(log.attributes[cast.shown.last_outage]["bytes"])
    return Returned(
        missing_frames=missing - lost,
        duplicate_frames=doubled - overlap,
        overlap_frames=overlap,
        seconds=round(seconds, 3),
        bytes=size,
        mb_per_s=round(size / 1e6 / seconds, 1),
    )


def _first_frames(cast: Cast, killed: float) -> dict[str, float]:
    """When the spare's recording of each camera begins, in seconds from the kill."""
    reports = verify([cast.spare.folder], _ns(killed - _LONGEST_STANDBY))
    firsts = {}
    for name in cast.device.cameras:
        report = reports.get(_number(name))
        if report is None or report.first is None:
            message = f"{cast.spare.name} has nothing of {name}"
            raise StepNotReachedError(message)
        firsts[name] = round(report.first / _SECOND - killed, 3)
    return firsts


def _lost(
    folders: Sequence[Path], cameras: Sequence[str], window: tuple[float, float]
) -> dict[str, int]:
    """How many frames of each camera are in none of these folders."""
    start, end = (_ns(moment) for moment in window)
    reports = verify(folders, start, end)
    lost = {}
    for name in cameras:
        report = reports.get(_number(name))
        expected = frame_at(end) - frame_at(start)
        lost[name] = expected if report is None else count(report.missing)
    return lost


def _number(camera: str) -> int:
    """The number in the stamps of a camera, which also ends its name."""
    return int(camera.rpartition(" ")[2])


def _ns(moment: float) -> int:
    return round(moment * _SECOND)
