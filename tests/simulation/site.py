"""The site as it really is, whatever the machine believes: who is up, who records what.

What is measured is measured here, second by second and camera by camera, without the machine.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from custom_components.nvr_hotspare.failover.model import Camera, Silence, UnitId

START_UP = 1.0
"""From the command to the first frame recorded by a spare."""
BOOT = 3.0
"""From the first answer of a device that comes back to its first frame recorded."""
NOTICE = 10.0
"""Within this a dead unit is to be noticed."""
NOTICE_AFTER_START = 40.0
"""The same for one that died unseen, from the start of Home Assistant: it has a grace."""


@dataclass(slots=True)
class Unit:
    """A recorder as it really is; faults of one kind may overlap, and are counted."""

    cameras: tuple[Camera, ...] = ()
    """Its own, if it is a working device."""
    capacity: int = 0
    """How many it can record for others, if it is a spare."""
    down: int = 0
    cut_off: int = 0
    locked: int = 0
    planned: int = 0
    """Whether it is said that it restarts, from before until a while after."""
    restarting: int = 0
    """Whether it is down because it restarts as was said."""
    silence: Silence = Silence.SILENT
    answers_since: float = -inf
    obeys_since: float = -inf
    records_from: float = -inf
    places: dict[Camera, float | None] = field(default_factory=dict)
    """What a spare holds, and from when on it records that, if it was told to."""
    dark: int = 0
    """How many of its own cameras nobody records."""
    excused: float = -inf
    """Until when that may be because it was not yet noticed."""

    @property
    def answers(self) -> bool:
        """Tell whether Home Assistant gets an answer."""
        return not (self.down or self.cut_off)

    @property
    def obeys(self) -> bool:
        """Tell whether Home Assistant gets its will."""
        return self.answers and not self.locked

    @property
    def burden(self) -> tuple[int, int, int]:
        """Return its cameras, if it is dead; if it can't be reached; and its room for others."""
        room = self.capacity if self.obeys else 0
        if self.planned:
            return 0, 0, room
        cameras = len(self.cameras)
        return cameras if self.down else 0, 0 if self.answers else cameras, room


@dataclass(slots=True)
class Measures:
    """Camera-seconds."""

    unprotected: float = 0.0
    """Recorded by nobody, though not for a planned restart."""
    noticing: float = 0.0
    """Of these, what passed before anybody could know."""
    planned: float = 0.0
    """Recorded by nobody, as announced."""
    unavoidable: float = 0.0
    """Of the others, what more spares were needed for than there were up and to be reached."""
    shortage: float = 0.0
    """What more spares were needed for, if it could be known which units are dead."""


class Site:
    """All the units, and how many cameras go unrecorded."""

    def __init__(self, units: dict[UnitId, Unit], now: float) -> None:
        self.units = units
        self.devices = {unit: it for unit, it in units.items() if it.cameras}
        self.spares = {unit: it for unit, it in units.items() if not it.cameras}
        self.measures = Measures()
        self.absent = 0
        """For how many reasons Home Assistant can't notice anything."""
        self._now = now
        self._dark: dict[UnitId, Unit] = {}
        """The devices with cameras that nobody records."""
        self._burden = [0, 0, 0]
        """Of all units together, see `Unit.burden`."""
        for unit in units.values():
            self._bear(unit, 1)

    def recording(self, camera: Camera, now: float) -> bool:
        """Tell whether a device records a camera of its own."""
        unit = self.units[camera.unit]
        return not unit.down and now >= unit.records_from

    def lent(self, spare: Unit, camera: Camera, now: float) -> bool:
        """Tell whether a spare records a camera."""
        since = spare.places.get(camera)
        return not spare.down and since is not None and now >= max(since, spare.records_from)

    def dark(self, camera: Camera, now: float) -> bool:
        """Tell whether nobody records a camera."""
        lent = any(self.lent(spare, camera, now) for spare in self.spares.values())
        return not (lent or self.recording(camera, now))

    def alter(self, name: UnitId, now: float, change: Callable[[Unit], None] | None) -> None:
        """Change a unit, or look at what came of itself."""
        unit = self.units[name]
        self._pass(now)
        touched = {camera.unit for camera in unit.places} | {name}
        if change is not None:
            was_down, answered, obeyed = unit.down, unit.answers, unit.obeys
            self._bear(unit, -1)
            change(unit)
            self._bear(unit, 1)
            if unit.down and not was_down:
                self._excuse(name, now)
            if was_down and not unit.down:
                unit.records_from = now + BOOT
            if unit.answers and not answered:
                unit.answers_since = now
            if unit.obeys and not obeyed:
                unit.obeys_since = now
        touched |= {camera.unit for camera in unit.places}
        for device in sorted(touched & self.devices.keys()):
            self._look(device, now)

    def _bear(self, unit: Unit, sign: int) -> None:
        for which, burden in enumerate(unit.burden):
            self._burden[which] += sign * burden

    def _look(self, name: UnitId, now: float) -> None:
        """Count which cameras of a device nobody records from now on."""
        unit = self.devices[name]
        well = not unit.down and now >= unit.records_from
        unit.dark = 0 if well else sum(self.dark(camera, now) for camera in unit.cameras)
        if unit.dark:
            self._dark[name] = unit
        else:
            self._dark.pop(name, None)

    def _pass(self, now: float) -> None:
        """Measure what went unrecorded until now, in stretches in which nothing changes."""
        ends = {unit.excused for unit in self._dark.values() if self._now < unit.excused < now}
        for end in sorted({*ends, now}):
            self._measure(end - self._now)
            self._now = end

    def _measure(self, seconds: float) -> None:
        """Measure a stretch of time.

        A device that works and can't be reached takes places like a dead one: nobody can tell. So
        what goes unrecorded is unavoidable as far as there are more cameras of units that can't
        be reached than places on spares that can.
        """
        fresh = late = planned = 0
        for unit in self._dark.values():
            if unit.planned:
                planned += unit.dark
            elif unit.excused > self._now:
                fresh += unit.dark
            else:
                late += unit.dark
        down, silent, room = self._burden
        self.measures.planned += planned * seconds
        self.measures.unprotected += (fresh + late) * seconds
        self.measures.noticing += fresh * seconds
        self.measures.unavoidable += min(late, max(0, silent - room)) * seconds
        self.measures.shortage += max(0, down - room) * seconds

    def _excuse(self, name: UnitId, now: float) -> None:
        """Excuse for a while that nobody records the cameras of a unit that died just now."""
        hit = {camera.unit for camera, since in self.units[name].places.items() if since}
        for device in {name, *hit} & self.devices.keys():
            self.devices[device].excused = inf if self.absent else now + NOTICE

    def look_away(self, now: float) -> None:
        """Home Assistant goes, or is cut off: what it has not noticed yet nobody does."""
        self._pass(now)
        self.absent += 1
        for unit in self.devices.values():
            unit.excused = inf if unit.excused > now else unit.excused

    def look_again(self, now: float) -> None:
        """Home Assistant is there again, unless it is away for another reason."""
        self._pass(now)
        self.absent -= 1
        for unit in self.devices.values() if not self.absent else ():
            unit.excused = now + NOTICE_AFTER_START if unit.excused == inf else unit.excused
