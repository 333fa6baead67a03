"""A few words in which an outage can be told, and replayed to the machine.

After every step the invariants are checked, the same step is taken again (it must come to the
same), it is made sure that nothing was left to be done, and the journal is written and read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
import json
from typing import Self

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import (
    Announce,
    Command,
    Identify,
    Provision,
    Record,
    Release,
    SpareCommand,
    Unprovision,
)
from custom_components.nvr_hotspare.failover.events import (
    CommandEnded,
    Configured,
    Event,
    HeartbeatReceived,
    Identified,
    IdentityRefused,
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
    Channel,
    Connection,
    Group,
    Happening,
    PlaceFacts,
    Recording,
    Silence,
    Spare,
    Timing,
    UnitId,
    WorkingDevice,
    WorkingStatus,
)
from custom_components.nvr_hotspare.failover.state import Errand, State
from custom_components.nvr_hotspare.failover.view import (
    DeviceView,
    SpareView,
    device_view,
    next_deadline,
    spare_view,
)

SPARE = "spare"
START = 1_000_000.0


def device(
    unit: UnitId, channels: int = 2, *, protected: bool = True, gives_back: bool = False
) -> WorkingDevice:
    """A working device with plain channels 1..n."""
    numbers = range(1, channels + 1)
    plain = tuple(Channel(number=number) for number in numbers)
    return WorkingDevice(unit=unit, channels=plain, protected=protected, gives_back=gives_back)


def group(*devices: WorkingDevice, capacity: int | None = 4, **others: int) -> Group:
    """A group with one spare, or none where the capacity is None, and others by their names."""
    capacities = {**({} if capacity is None else {SPARE: capacity}), **others}
    spares = tuple(Spare(unit=unit, capacity=room) for unit, room in capacities.items())
    return Group(devices=devices, spares=spares, timing=Timing(window=8, overlap=0, flap_memory=0))


def checked_step(state: State, event: Event, now: float) -> tuple[State, tuple[Command, ...]]:
    """Take a step and check all that must be true of any step."""
    after, commands = step(state, event, now)
    if not after.configured:
        return after, commands
    assert step(state, event, now) == (after, commands)
    check_invariants(after, now)
    check_commands(after, commands)
    check_footage(state, event, after)
    assert step(after, TimePassed(), now) == (after, ())
    written = journal.dump(after)
    assert journal.dump(journal.load(json.loads(json.dumps(written)))) == written
    if journal.untouched(state, after):
        assert written == journal.dump(state)
    return after, commands


class Replay:
    """A group, its machine, and a spare that does as it is told when it is let."""

    def __init__(self, of: Group, *, state: State | None = None) -> None:
        self.now = START
        self.state = State() if state is None else state
        self.commands: list[Command] = []
        self.spares: defaultdict[UnitId, dict[Camera, PlaceFacts]] = defaultdict(dict)
        self.send(Configured(of))

    def send(self, event: Event) -> tuple[Command, ...]:
        """Let something happen."""
        self.state, commands = checked_step(self.state, event, self.now)
        self.commands += commands
        return commands

    def wait(self, seconds: float) -> Self:
        """Let time pass as the manager would, from deadline to deadline."""
        end = self.now + seconds
        while (at := next_deadline(self.state)) is not None and at <= end:
            self.now = at
            self.send(TimePassed())
        self.now = end
        self.send(TimePassed())
        return self

    def calm(self) -> Self:
        """All units are heard, all devices record, the spare holds what it should."""
        for unit in self.state.pulses:
            self.hear(unit)
        for unit in self.state.devices:
            self.tell(unit, Recording.YES)
        for unit in self.state.spares:
            self.show(spare=unit)
        self.obey()
        self.commands.clear()
        return self

    def hear(self, unit: UnitId, times: int = 1, *, every: float = 0.0) -> Self:
        """Let a unit answer probes."""
        for _ in range(times):
            self.now += every
            self.send(HeartbeatReceived(unit))
        return self

    def miss(self, unit: UnitId, times: int = 1, silence: Silence = Silence.SILENT) -> Self:
        """Let probes go unanswered, half a second apart."""
        for _ in range(times):
            self.now += 0.5
            self.send(ProbeUnanswered(unit, silence))
        return self

    def kill(self, unit: UnitId) -> Self:
        """Let a unit be silent until it is offline."""
        while self.connection(unit) is Connection.ONLINE:
            self.miss(unit)
        return self

    def back(self, unit: UnitId) -> Self:
        """Let a unit that was offline be heard and recognised."""
        if Identify(unit) not in self.send(HeartbeatReceived(unit)):
            self.wait(5)
            self.hear(unit)
        self.send(Identified(unit, same=True))
        return self

    def refuse(self, unit: UnitId) -> Self:
        """Let a unit that was offline be heard, but refuse to be asked who it is."""
        if Identify(unit) not in self.send(HeartbeatReceived(unit)):
            self.wait(5)
            self.hear(unit)
        self.send(IdentityRefused(unit))
        return self

    def tell(self, unit: UnitId, recording: Recording, *others: Recording) -> Self:
        """Let a device tell what it records: the same of all channels, or one after another."""
        numbers = [camera.channel for camera in self.state.devices[unit].cameras]
        told = (recording, *others) if others else (recording,) * len(numbers)
        self.send(RecordingsSeen(unit, dict(zip(numbers, told, strict=True))))
        return self

    def show(
        self, places: Mapping[Camera, PlaceFacts] | None = None, spare: UnitId = SPARE
    ) -> Self:
        """Let a spare be seen: as it is, or as given."""
        if places is not None:
            self.spares[spare] = dict(places)
        self.send(PlacesSeen(spare, dict(self.spares[spare])))
        return self

    def obey(self) -> Self:
        """Let the spares do all that they are told, and be seen after each command."""
        while errand := next(filter(None, self.errands.values()), None):
            self.do(errand.command)
            self.send(CommandEnded(errand.command, {}))
            self.show(spare=errand.command.spare)
        return self

    @property
    def errands(self) -> dict[UnitId, Errand | None]:
        """What each spare is busy with."""
        return {unit: spare.errand for unit, spare in self.state.spares.items()}

    @property
    def places(self) -> dict[Camera, PlaceFacts]:
        """What the first spare holds."""
        return self.spares[SPARE]

    def do(self, command: SpareCommand) -> Self:
        """Let a spare do what it is told, and tell nobody."""
        places = self.spares[command.spare]
        for camera in command.cameras:
            match command:
                case Provision():
                    places.setdefault(camera, IDLE)
                case Record():
                    places[camera] = RECORDS
                case Release():
                    places[camera] = IDLE
                case Unprovision():
                    places.pop(camera, None)
        return self

    def fail(self, error: str = "it says no") -> Self:
        """Let the spare fail to do what it is told."""
        errand = self.errands[SPARE]
        assert errand is not None
        self.send(CommandEnded(errand.command, dict.fromkeys(errand.command.cameras, error)))
        return self

    def restart(self, written: journal.Json | None = None) -> Self:
        """Let Home Assistant start with the journal, the latest one or an older one."""
        of = self.state.group
        self.state = journal.load(journal.dump(self.state) if written is None else written)
        self.send(Configured(of))
        self.send(Started())
        return self

    def reconfigure(self, of: Group) -> Self:
        """Let the user change the group."""
        self.send(Configured(of))
        return self

    def connection(self, unit: UnitId) -> Connection:
        return self.state.pulses[unit].connection

    def status(self, unit: UnitId) -> WorkingStatus:
        return self.state.devices[unit].status

    def device(self, unit: UnitId) -> DeviceView:
        return device_view(self.state, unit)

    @property
    def spare(self) -> SpareView:
        return spare_view(self.state, SPARE)

    def said(self, happening: Happening) -> list[Announce]:
        """Return the announcements of one kind."""
        told = (command for command in self.commands if isinstance(command, Announce))
        return [announce for announce in told if announce.happening is happening]

    def told_spare(self) -> list[SpareCommand]:
        """Return the commands to the spare, and forget them."""
        kinds = Provision | Record | Release | Unprovision
        told = [command for command in self.commands if isinstance(command, kinds)]
        self.commands = [command for command in self.commands if not isinstance(command, kinds)]
        return told


IDLE = PlaceFacts(commanded=False, recording=Recording.NO)
RECORDS = PlaceFacts(commanded=True, recording=Recording.YES)
WAITS = PlaceFacts(commanded=True, recording=Recording.UNKNOWN)


def cameras(unit: UnitId, channels: int | Iterable[int] = 2) -> tuple[Camera, ...]:
    """The cameras of a unit: channels 1..n, or those given."""
    numbers = range(1, channels + 1) if isinstance(channels, int) else channels
    return tuple(Camera(unit, number) for number in numbers)
