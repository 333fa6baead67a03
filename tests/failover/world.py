"""A small world that the machine acts on: devices, spares that obey, and a manager in small.

It knows the truth: what is really recorded at each moment, by whom. Time is simulated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
import heapq
from itertools import count
import json
from math import inf
from typing import Self

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import (
    Announce,
    CourierCommand,
    Desist,
    Identify,
    Provision,
    Record,
    Release,
    SpareCommand,
    Synchronize,
    Unprovision,
)
from custom_components.nvr_hotspare.failover.events import (
    CommandEnded,
    Configured,
    Event,
    HeartbeatReceived,
    Identified,
    PlacesSeen,
    ProbeUnanswered,
    RecordingsSeen,
    Started,
    TimePassed,
)
from custom_components.nvr_hotspare.failover.invariants import (
    check_commands,
    check_footage,
    check_invariants,
)
from custom_components.nvr_hotspare.failover.machine import step
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Group,
    PlaceFacts,
    Priority,
    Recording,
    Silence,
    Timing,
    UnitId,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.state import State
from custom_components.nvr_hotspare.failover.view import next_deadline, probe_pace, watch_pace
from custom_components.nvr_hotspare.recorder.spans import Span, difference
from tests.failover.courier import UNFLUSHED, Courier, Footage, span

TIMING = Timing()
BOOT = 3.0
"""From power to the first frame recorded by a device."""
START_UP = 1.0
"""From the command to the first frame recorded by the spare."""
ROUND_TRIP = 0.2
RESTART = 20.0
"""How long Home Assistant is away when it restarts."""


class Fault(StrEnum):
    """What can happen to a command."""

    LOST = "never carried out, never answered"
    UNANSWERED = "carried out, never answered"
    FAILED = "not carried out, and that is told"
    HALF = "carried out for every second camera, and that is told"
    RESTART_BEFORE = "Home Assistant restarts before it is carried out"
    RESTART_AFTER = "Home Assistant restarts after it was carried out"
    OLD_JOURNAL = "the same, and the journal was not yet saved"
    TWICE = "its end is told twice"
    LATE = "its end is told when it is no longer waited for"


@dataclass
class Device:
    """A working device as it really is."""

    up: bool = True
    since: float = 0.0
    """When it was last switched on."""
    recorded_until: float = -inf
    """When it last recorded before it died."""

    def recording(self, now: float) -> bool:
        """Tell whether it records what it can get."""
        return self.up and now >= self.since + BOOT


@dataclass
class SpareUnit:
    """A spare as it really is."""

    capacity: int
    up: bool = True
    places: dict[Camera, float | None] = field(default_factory=dict)
    """What it holds, and from when on it records that, if it was told to."""


class World:
    """A group at work; some of its commands, by their number, suffer a fault."""

    def __init__(
        self, group: Group, faults: Mapping[int, Fault] | None = None, capacity: int | None = None
    ) -> None:
        self.now = 0.0
        self.group = group
        channels = {
            Camera(device.unit, channel.number): channel
            for device in group.devices
            for channel in device.channels
        }
        self.cameras = list(channels)
        self.single_streams = {c for c, channel in channels.items() if channel.single_stream}
        self.low = {c for c, channel in channels.items() if channel.priority is Priority.LOW}
        self.devices = {device.unit: Device(since=-BOOT) for device in group.devices}
        self.units = {
            spare.unit: SpareUnit(spare.capacity if capacity is None else capacity)
            for spare in group.spares
        }
        self.faults = faults or {}
        self.given = 0
        self.queue: list[SpareCommand] = []
        self.busy: set[UnitId] = set()
        self.said: list[Announce] = []
        self.unrecorded: dict[Camera, float] = dict.fromkeys(self.cameras, 0.0)
        self.own = {camera: Footage() for camera in self.cameras}
        self.spares = {camera: Footage() for camera in self.cameras}
        self.brinks: list[Span] = []
        """The last seconds before a death, which the device lost."""
        self.courier = Courier(self)
        self.statuses: dict[UnitId, list[WorkingStatus]] = {unit: [] for unit in self.devices}
        self.agenda: list[tuple[float, int, int, Callable[[], None]]] = []
        self.order = count()
        self.life = 0
        """Counts the lives of Home Assistant: what a former one began comes to nothing."""
        self.away = False
        self.state = State()
        self.saved = self.saved_before = json.dumps(journal.dump(self.state))
        self.start()

    @property
    def spare(self) -> SpareUnit:
        """The first spare."""
        return self.units[self.group.spares[0].unit]

    # The truth.

    def device_records(self, camera: Camera) -> bool:
        device = self.devices[camera.unit]
        lent = any(spare.places.get(camera) is not None for spare in self.units.values())
        blocked = camera in self.single_streams and lent
        return device.recording(self.now) and not blocked

    def spare_records(self, camera: Camera, *units: UnitId) -> bool:
        """Tell whether any spare records a camera, or any of some."""
        return any(
            spare.up and since is not None and self.now >= since + START_UP
            for spare in (self.units[unit] for unit in units or self.units)
            if (since := spare.places.get(camera)) is not None
        )

    def is_up(self, unit: UnitId) -> bool:
        return self.units[unit].up if unit in self.units else self.devices[unit].up

    # What happens to the world.

    def kill(self, unit: UnitId) -> Self:
        if unit in self.units:
            self.units[unit].up = False
        else:
            before = self.devices[unit]
            recorded = self.now if before.recording(self.now) else before.recorded_until
            self.brinks += [span(recorded - UNFLUSHED, recorded)] if recorded > 0 else []
            for camera, footage in self.own.items():
                if camera.unit == unit:
                    footage.lose(recorded - UNFLUSHED, recorded)
            self.devices[unit] = Device(up=False, recorded_until=recorded)
        return self

    def revive(self, unit: UnitId) -> Self:
        if unit in self.units:
            self.units[unit].up = True
        else:
            self.devices[unit] = replace(self.devices[unit], up=True, since=self.now)
        return self

    def run(self, until: float) -> Self:
        """Let time pass, to the next thing on the agenda or the machine's next deadline."""
        while True:
            deadline = None if self.away else next_deadline(self.state)
            at = min((self.agenda[0][0], until if deadline is None else deadline))
            self.record(min(at, until))
            if at >= until:
                self.now = until
                return self
            self.now = at
            if self.agenda[0][0] <= at:
                *_, life, action = heapq.heappop(self.agenda)
                if life in (self.life, 0):
                    action()
            else:
                self.happens(TimePassed())

    def record(self, until: float) -> None:
        """Let time pass in which nothing happens."""
        for camera in self.cameras:
            device, spare = self.device_records(camera), self.spare_records(camera)
            if device:
                self.own[camera].record(self.now, until)
            if spare:
                self.spares[camera].record(self.now, until)
            if not (device or spare):
                self.unrecorded[camera] += until - self.now

    def lacking(self) -> dict[Camera, tuple[Span, ...]]:
        """Return what the spare has of each camera and its device has not."""
        lacking = {
            camera: difference(self.spares[camera].spans, self.own[camera].spans)
            for camera in self.cameras
        }
        return {camera: spans for camera, spans in lacking.items() if spans}

    def later(self, seconds: float, action: Callable[[], None], *, always: bool = False) -> None:
        life = 0 if always else self.life
        heapq.heappush(self.agenda, (self.now + seconds, next(self.order), life, action))

    # The manager.

    def start(self) -> None:
        self.life += 1
        self.away = False
        self.happens(Configured(self.group))
        self.happens(Started())
        for unit in (*self.devices, *self.units):
            self.later(0.0, lambda unit=unit: self.probe(unit))  # type: ignore[misc]  # lambda default
            self.later(1.0, lambda unit=unit: self.watch(unit, self.now))  # type: ignore[misc]

    def restart(self, saved: str) -> None:
        self.life += 1
        self.away = True
        self.queue.clear()
        self.busy.clear()
        self.state = journal.load(json.loads(saved))
        self.later(RESTART, self.start)

    def happens(self, event: Event) -> None:
        if self.away:
            return
        before = self.state
        self.state, commands = step(self.state, event, self.now)
        check_footage(before, event, self.state)
        check_invariants(self.state, self.now)
        check_commands(self.state, commands)
        if not journal.untouched(before, self.state):
            written = json.dumps(journal.dump(self.state))
            if written != self.saved:
                self.saved_before, self.saved = self.saved, written
        for unit, statuses in self.statuses.items():
            status = self.state.devices[unit].status
            if statuses[-1:] != [status]:
                statuses.append(status)
        for command in commands:
            if isinstance(command, Announce):
                self.said.append(command)
            elif isinstance(command, Identify):
                self.later(ROUND_TRIP, lambda unit=command.unit: self.identify(unit))  # type: ignore[misc]
            elif isinstance(command, Synchronize | Desist):
                self.later(ROUND_TRIP, lambda order=command: self.send_courier(order))  # type: ignore[misc]
            else:
                self.queue.append(command)
        self.serve()

    def probe(self, unit: UnitId) -> None:
        up = self.is_up(unit)
        self.happens(HeartbeatReceived(unit) if up else ProbeUnanswered(unit, Silence.REFUSED))
        self.later(probe_pace(self.state, unit), lambda: self.probe(unit))

    def watch(self, unit: UnitId, asked: float) -> None:
        if self.now >= asked + watch_pace(self.state, unit):
            asked = self.now
            if self.is_up(unit):
                self.happens(self.look(unit))
        self.later(1.0, lambda: self.watch(unit, asked))

    def look(self, unit: UnitId) -> Event:
        if unit in self.units:
            places = self.units[unit].places
            return PlacesSeen(unit, {camera: self.facts(unit, camera) for camera in places})
        mine = [camera for camera in self.cameras if camera.unit == unit]
        told = {True: Recording.YES, False: Recording.NO}
        return RecordingsSeen(unit, {c.channel: told[self.device_records(c)] for c in mine})

    def facts(self, unit: UnitId, camera: Camera) -> PlaceFacts:
        recording = Recording.YES if self.spare_records(camera, unit) else Recording.NO
        commanded = self.units[unit].places[camera] is not None
        return PlaceFacts(commanded=commanded, recording=recording)

    def identify(self, unit: UnitId) -> None:
        if self.is_up(unit):
            self.happens(Identified(unit, same=True))

    def serve(self) -> None:
        """Carry out the commands to each spare one after another."""
        for command in tuple(self.queue):
            if command.spare not in self.busy:
                self.busy.add(command.spare)
                self.queue.remove(command)
                self.later(ROUND_TRIP, lambda command=command: self.carry_out(command))  # type: ignore[misc]

    def carry_out(self, command: SpareCommand) -> None:
        fault = self.faults.get(self.given)
        self.given += 1
        self.busy.discard(command.spare)
        match fault:
            case Fault.LOST:
                self.serve()
            case Fault.RESTART_BEFORE:
                self.restart(self.saved)
            case Fault.FAILED:
                self.ended(command, dict.fromkeys(command.cameras, "no"))
            case Fault.HALF:
                half = type(command)(command.spare, command.cameras[::2])
                rest = dict.fromkeys(command.cameras[1::2], "no")
                self.ended(command, {**self.done(half), **rest})
            case _:
                self.carried_out(command, self.done(command), fault)

    def carried_out(
        self, command: SpareCommand, errors: Mapping[Camera, str], fault: Fault | None
    ) -> None:
        match fault:
            case Fault.UNANSWERED:
                self.serve()
            case Fault.RESTART_AFTER:
                self.restart(self.saved)
            case Fault.OLD_JOURNAL:
                self.restart(self.saved_before)
            case Fault.LATE:
                self.later(TIMING.command + 5, lambda: self.ended(command, errors))
            case Fault.TWICE:
                self.happens(CommandEnded(command, errors))
                self.ended(command, errors)
            case _:
                self.ended(command, errors)

    def send_courier(self, command: CourierCommand) -> None:
        fault = self.faults.get(self.given)
        self.given += 1
        match fault:
            case Fault.LOST:
                pass
            case Fault.RESTART_BEFORE | Fault.RESTART_AFTER:
                self.restart(self.saved)
            case Fault.OLD_JOURNAL:
                self.restart(self.saved_before)
            case Fault.FAILED | Fault.HALF:
                self.courier.obey(command, half=True)
            case _:
                self.courier.obey(
                    command,
                    mute=fault is Fault.UNANSWERED,
                    twice=fault is Fault.TWICE,
                    late=fault is Fault.LATE,
                )

    def ended(self, command: SpareCommand, errors: Mapping[Camera, str]) -> None:
        self.happens(CommandEnded(command, errors))
        self.serve()

    def done(self, command: SpareCommand) -> dict[Camera, str]:
        """Do what is told, as far as the spare can."""
        spare = self.units[command.spare]
        if not spare.up:
            return dict.fromkeys(command.cameras, "unreachable")
        places, errors = spare.places, {}
        for camera in command.cameras:
            match command:
                case Unprovision():
                    assert places.get(camera) is None, f"{camera} is taken away in use"
                    places.pop(camera, None)
                case Release():
                    self.let_go(command.spare, camera)
                case Provision() | Record():
                    if camera not in places and len(places) >= spare.capacity:
                        errors[camera] = "full"
                    elif isinstance(command, Record):
                        places[camera] = places.get(camera) or self.now
                    else:
                        places.setdefault(camera, None)
        return errors

    def let_go(self, unit: UnitId, camera: Camera) -> None:
        """Make before break, in truth; but a death of just now nobody knows of."""
        if camera in self.unrecorded and self.spare_records(camera, unit):
            device = self.devices[camera.unit]
            unnoticed = self.now <= device.recorded_until + TIMING.interval + ROUND_TRIP
            others = [other for other in self.units if other != unit]
            recorded = (
                self.device_records(camera)
                or camera in self.single_streams
                or camera in self.low
                or (bool(others) and self.spare_records(camera, *others))
            )
            assert recorded or unnoticed, (
                f"the spare lets go of {camera}, which nobody else records"
            )
        if camera in self.units[unit].places:
            self.units[unit].places[camera] = None
