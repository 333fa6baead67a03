"""Plays one outage and measures it: what people saw, and which frames were recorded by whom."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
import time
from typing import Any

from virtual_nvr.stamp import frame_at
from virtual_nvr.verify import count, verify

from .home_assistant import HomeAssistant
from .integration import DeviceEntities, SpareEntities
from .site import Recorder
from .spares import StandIn
from .told import happenings, reports

BACKING_UP_FOR = 12.0
"""Seconds that the spare records before the dead unit comes back."""
SETTLED_AFTER = 3.0
"""Seconds until what was recorded is on disk, the fragment in flight included."""


_LONGEST_STANDBY = 60.0
"""Seconds before the kill at which a spare's recording may begin at the earliest."""
_SECOND = 1_000_000_000


class StepNotReachedError(RuntimeError):
    """The outage did not get as far as it should."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A new state of an entity."""

    entity_id: str
    state: str
    time: float
    """Seconds since 1970."""
    told: str = ""
    """What an event entity tells of."""


class StateLog:
    """All that Home Assistant showed, in order."""

    def __init__(self, changed: Callable[[Change], None]) -> None:
        self.states: dict[str, Change] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        self.changes: list[Change] = []
        self.automations: list[tuple[str, float]] = []
        self._changed = changed
        self._news = asyncio.Event()

    async def follow(self, home: HomeAssistant) -> None:
        """Record from now on what this Home Assistant shows."""
        assert home.socket is not None
        await home.socket.subscribe(
            self._state_changed, "subscribe_events", event_type="state_changed"
        )
        await home.socket.subscribe(
            self._automation_triggered, "subscribe_events", event_type="automation_triggered"
        )
        for state in await home.call("get_states"):
            self._take(state)

    async def wait_for(
        self, what: str, reached: Callable[[dict[str, str]], bool], timeout: float
    ) -> None:
        """Wait until the states are as asked.

        Raises:
            StepNotReachedError: They were not in time.
        """
        try:
            async with asyncio.timeout(timeout):
                while not reached({key: change.state for key, change in self.states.items()}):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            message = f"not reached within {timeout:.0f} s: {what}"
            raise StepNotReachedError(message) from None

    def first(self, entity_id: str, state: str, since: float) -> float:
        """When the entity first had the state, in seconds since 1970."""
        for change in self.changes:
            if (change.entity_id, change.state) == (entity_id, state) and change.time >= since:
                return change.time
        message = f"{entity_id} never was {state}"
        raise StepNotReachedError(message)

    def lasted(self, entity_id: str, state: str, since: float) -> float:
        """For how long the entity had the state, all times together, in seconds.

        Raises:
            StepNotReachedError: It never had.
        """
        changes = [it for it in self.changes if it.entity_id == entity_id and it.time >= since]
        lasted = sum(
            after.time - change.time for change, after in pairwise(changes) if change.state == state
        )
        if not lasted:
            raise StepNotReachedError(f"{entity_id} never was {state}")
        return lasted

    def told(self, event: str, happening: str, since: float) -> list[str]:
        """When an event entity told of something, each time once."""
        moments = {  # which are its states; one that is restored after a start counts once
            change.state
            for change in self.changes
            if change.entity_id == event and change.told == happening
        }
        return [each for each in moments if datetime.fromisoformat(each).timestamp() >= since]

    def synchronized(self, last_outage: str, since: float) -> bool:
        """Whether the report of an outage says that its footage was given back."""
        moment = self.attributes[last_outage].get("synchronized")
        return moment is not None and datetime.fromisoformat(moment).timestamp() >= since

    def sequence(self, entity_id: str, since: float) -> list[str]:
        """The states an entity went through."""
        return [
            change.state
            for change in self.changes
            if change.entity_id == entity_id and change.time >= since
        ]

    def _state_changed(self, event: dict[str, Any]) -> None:
        if (state := event["data"]["new_state"]) is not None:
            self._take(state)

    def _automation_triggered(self, event: dict[str, Any]) -> None:
        moment = datetime.fromisoformat(event["time_fired"]).timestamp()
        self.automations.append((event["data"]["entity_id"], moment))

    def _take(self, state: dict[str, Any]) -> None:
        change = Change(
            entity_id=state["entity_id"],
            state=state["state"],
            time=datetime.fromisoformat(state["last_changed"]).timestamp(),
            told=state["attributes"].get("event_type") or "",
        )
        before = self.states.get(change.entity_id)
        self.states[change.entity_id] = change
        self.attributes[change.entity_id] = state["attributes"]
        if before is None or before.state != change.state:
            self.changes.append(change)
            self._changed(change)
        self._news.set()


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
        automation_fired=any(
            entity == cast.automation and moment >= killed for entity, moment in log.automations
        ),
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
