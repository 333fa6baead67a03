"""Whatever happens, in whatever order: the invariants hold and nothing is raised.

`checked_step` also makes sure that a step is deterministic, leaves nothing to be done, and that
the journal can be written and read.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, event, given, note, settings, strategies as st

from custom_components.nvr_hotspare.failover import journal
from custom_components.nvr_hotspare.failover.commands import (
    Announce,
    Command,
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
    Drill,
    Event,
    FootageFlows,
    GiveBack,
    HeartbeatReceived,
    HostLink,
    Identified,
    IdentityRefused,
    PlacesSeen,
    Planned,
    PowerReturned,
    ProbeUnanswered,
    RecordingsSeen,
    Started,
    StorageFailed,
    SynchronizationEnded,
    SynchronizeNow,
    TakeOver,
    TimePassed,
    WitnessSeen,
)
from custom_components.nvr_hotspare.failover.model import (
    Camera,
    Channel,
    Group,
    Happening,
    PlaceFacts,
    Priority,
    Recording,
    Silence,
    Spare,
    Timing,
    UnitId,
    Window,
    WorkingDevice,
)
from custom_components.nvr_hotspare.failover.state import State
from custom_components.nvr_hotspare.failover.view import (
    device_view,
    next_deadline,
    probe_pace,
    spare_view,
    watch_pace,
)
from tests.failover.replay import START, checked_step

DEVICES = ("a", "b", "c")
SPARES = ("s", "t")
units = st.sampled_from((*DEVICES, *SPARES, "stranger"))
a_camera = st.builds(Camera, units, st.integers(1, 4))
some_cameras = st.lists(a_camera, max_size=3, unique=True).map(tuple)

channels = st.lists(
    st.builds(
        Channel,
        number=st.integers(1, 4),
        has_source=st.sampled_from((True, True, True, False)),
        single_stream=st.booleans(),
        priority=st.sampled_from(Priority),
    ),
    max_size=4,
    unique_by=lambda channel: channel.number,
).map(tuple)
devices = st.lists(
    st.builds(
        WorkingDevice,
        unit=st.sampled_from((*DEVICES, "s")),
        channels=channels,
        protected=st.sampled_from((True, True, True, False)),
        gives_back=st.sampled_from((True, True, True, False)),
        covers_no_record=st.booleans(),
        holds_back=st.sampled_from((False, False, True)),
    ),
    max_size=4,
    unique_by=lambda device: device.unit,
).map(tuple)


spares = st.lists(
    st.builds(Spare, unit=st.sampled_from((*SPARES, "c")), capacity=st.integers(0, 5)),
    max_size=3,
    unique_by=lambda spare: spare.unit,
).map(tuple)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    """A group; some of its units may be both, a device and a spare."""
    timing = draw(st.just(Timing()) | timings)
    return Group(devices=draw(devices), spares=draw(spares), timing=timing)


timings = st.builds(
    Timing,
    window=st.sampled_from((1.0, 8.0)),
    confirm=st.sampled_from((1.0, 10.0)),
    command=st.sampled_from((1.0, 35.0)),
    retry=st.sampled_from((0.5, 5.0)),
    return_beats=st.integers(1, 3),
    return_grace=st.sampled_from((0.5, 120.0)),
    no_record=st.sampled_from((0.5, 60.0)),
    boot_grace=st.sampled_from((0.5, 30.0)),
    provision_retry=st.sampled_from((0.5, 60.0)),
)
facts = st.builds(
    PlaceFacts,
    commanded=st.booleans(),
    recording=st.sampled_from(Recording),
    error=st.sampled_from(("", "401")),
)
a_window = st.builds(
    Window,
    outage=st.sampled_from((START, START + 10)),
    start=st.just(START - 120),
    end=st.just(START + 100),
    cameras=some_cameras,
    spares=st.just(("s",)),
)
reasons = st.sampled_from(("", "", "folder_full", "source_lost"))
foreign_command: st.SearchStrategy[Command] = st.one_of(
    *(st.builds(verb, units, some_cameras) for verb in (Provision, Record, Release, Unprovision)),
    st.builds(Identify, units),
    st.builds(Synchronize, units, st.tuples(a_window)),
    st.builds(Desist, units),
    st.builds(Announce, units, st.sampled_from(Happening), st.just({})),
)


@dataclass(frozen=True)
class Moment:
    """Events, half a second apart, after some time; or what the machine must be asked for."""

    after: float
    events: tuple[Event, ...] = ()
    ends: dict[int, str] | None = None
    """End the errand; the cameras by their place in it that fail, and how."""
    shows: bool = False
    """The spare shows what it holds."""
    works: bool = False
    """The spare does all that it is told and shows it."""
    obeys: bool = False
    """The spare shows the errand done."""
    delivers: tuple[int, str] | None = None
    """The couriers end: how many windows are done, and why no more."""
    restarts: int | None = None
    """Start with the journal of so many steps ago."""


events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Configured, groups()),
    st.just(Started()),
    st.builds(HeartbeatReceived, units),
    st.builds(ProbeUnanswered, units, st.sampled_from(Silence)),
    st.builds(ProbeUnanswered, units, st.sampled_from(Silence)),
    st.builds(Identified, units, st.booleans()),
    st.builds(IdentityRefused, units),
    st.builds(
        RecordingsSeen, units, st.dictionaries(st.integers(0, 5), st.sampled_from(Recording))
    ),
    st.builds(PlacesSeen, units, st.dictionaries(a_camera, facts, max_size=5)),
    st.builds(CommandEnded, foreign_command, st.dictionaries(a_camera, st.just("no"))),
    st.builds(FootageFlows, units, st.booleans()),
    st.builds(SynchronizationEnded, units, st.tuples(a_window), reasons, st.just({})),
    st.builds(Planned, units, st.sampled_from((START, START + 60, START + 600)), st.booleans()),
    st.just(PowerReturned()),
    st.builds(StorageFailed, units),
    st.builds(TakeOver, units),
    st.builds(GiveBack, units),
    st.builds(Drill, units),
    st.builds(SynchronizeNow, units),
    st.builds(HostLink, st.booleans()),
    st.builds(WitnessSeen, st.sampled_from(("gateway", "camera")), st.sampled_from((False, True))),
    st.just(TimePassed()),
)
delays = st.sampled_from((0.0, 0.0, 0.1, 0.5, 0.5, 4.0, 5.0, 9.0, 60.0, 1000.0))
in_group = st.sampled_from((*DEVICES, *SPARES))


def dies(unit: UnitId) -> tuple[Event, ...]:
    """What is seen of a unit's death."""
    return (ProbeUnanswered(unit, Silence.REFUSED),) * 20


def comes_back(unit: UnitId) -> tuple[Event, ...]:
    """What is seen of a unit's return."""
    return (HeartbeatReceived(unit), Identified(unit, same=True), HeartbeatReceived(unit))


def comes_back_locked(unit: UnitId) -> tuple[Event, ...]:
    """What is seen of the return of a unit whose password is wrong."""
    return (HeartbeatReceived(unit), IdentityRefused(unit), HeartbeatReceived(unit))


def records(unit: UnitId) -> tuple[Event, ...]:
    """What a healthy device tells."""
    return (RecordingsSeen(unit, dict.fromkeys(range(1, 5), Recording.YES)),)


def on_request(unit: UnitId) -> tuple[Event, ...]:
    """What the user asks for, of a device that records little."""
    return (StorageFailed(unit), Drill(unit), TakeOver(unit), GiveBack(unit), Drill(unit))


def delivery(unit: UnitId) -> tuple[Event, ...]:
    """What a courier at work tells."""
    return (FootageFlows(unit, flowing=True),)


moments = st.one_of(
    st.builds(Moment, delays, events=st.tuples(events)),
    st.builds(Moment, delays, events=st.tuples(events)),
    st.builds(Moment, delays, events=in_group.map(dies)),
    st.builds(Moment, delays, events=in_group.map(comes_back)),
    st.builds(Moment, delays, events=in_group.map(comes_back_locked)),
    st.builds(Moment, delays, events=in_group.map(records)),
    st.builds(Moment, delays, shows=st.just(value=True)),
    st.builds(Moment, delays, ends=st.dictionaries(st.integers(0, 3), st.just("no"), max_size=2)),
    st.builds(Moment, delays, obeys=st.just(value=True)),
    st.builds(Moment, delays, events=in_group.map(delivery)),
    st.builds(Moment, delays, delivers=st.tuples(st.integers(0, 2), reasons)),
    st.builds(Moment, delays, restarts=st.integers(0, 3)),
)


class AnySequence:
    """Plays moments to the machine, and the time between them from deadline to deadline."""

    def __init__(self, of: Group) -> None:
        self.now = START
        self.state = State()
        self.journals = [journal.dump(State())]
        self.spares: defaultdict[UnitId, dict[Camera, PlaceFacts]] = defaultdict(dict)
        self.play(Configured(of))

    def play(self, event: Event) -> None:
        self.state, _ = checked_step(self.state, event, self.now)
        written = journal.dump(self.state)
        if written != self.journals[-1]:
            self.journals.append(written)
        self.look()

    def look(self) -> None:
        """What is shown can be shown."""
        for unit in self.state.devices:
            device_view(self.state, unit)
        for unit in self.state.spares:
            spare_view(self.state, unit)
        for unit in (*self.state.pulses, "stranger"):
            assert probe_pace(self.state, unit) > 0
            assert watch_pace(self.state, unit) > 0

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        steps = 0
        while (at := next_deadline(self.state)) is not None and at <= end and steps < 50:
            self.now, steps = at, steps + 1
            self.play(TimePassed())
        self.now = end

    def live(self, moment: Moment) -> None:
        self.pass_time(moment.after)
        for happens in moment.events:
            self.pass_time(0.5)
            self.play(happens)
        if moment.restarts is not None:
            of = self.state.group
            self.state = journal.load(
                self.journals[max(0, len(self.journals) - 1 - moment.restarts)]
            )
            self.play(Configured(of))
        elif moment.delivers is not None:
            self.deliver(*moment.delivers)
        for unit in tuple(self.state.spares):
            self.serve(unit, moment)

    def serve(self, unit: UnitId, moment: Moment) -> None:
        """Let a spare do its part."""
        errand = self.state.spares[unit].errand
        if moment.shows or moment.works:
            self.play(PlacesSeen(unit, dict(self.spares[unit])))
        elif errand is not None and moment.ends is not None:
            failing = enumerate(errand.command.cameras)
            errors = {c: moment.ends[i] for i, c in failing if i in moment.ends}
            self.play(CommandEnded(errand.command, errors))
        elif errand is not None and moment.obeys:
            self.obey(errand.command)
        while moment.works and (errand := self.state.spares[unit].errand):
            self.obey(errand.command)

    def deliver(self, count: int, error: str) -> None:
        """Let the courier end for all devices that it works for."""
        for unit, known in tuple(self.state.devices.items()):
            if known.delivery:
                done = known.delivery.windows[:count]
                self.play(FootageFlows(unit, flowing=True))
                self.play(SynchronizationEnded(unit, done, error, {"returned": count}))

    def obey(self, command: SpareCommand) -> None:
        do(self.spares[command.spare], command)
        self.play(PlacesSeen(command.spare, dict(self.spares[command.spare])))
        self.play(CommandEnded(command, {}))


def do(places: dict[Camera, PlaceFacts], command: SpareCommand) -> None:
    """Do to the places of a spare what it is told."""
    records = isinstance(command, Record)
    for camera in command.cameras:
        if isinstance(command, Unprovision):
            places.pop(camera, None)
        else:
            recording = Recording.YES if records else Recording.NO
            places[camera] = PlaceFacts(commanded=records, recording=recording)


def sites() -> st.SearchStrategy[Group]:
    """Groups in which something can happen."""
    sound = st.builds(
        Channel,
        number=st.just(1),
        single_stream=st.booleans(),
        priority=st.sampled_from((Priority.HIGH, Priority.NORMAL, Priority.LOW)),
    )
    return st.builds(
        lambda kinds, capacities: Group(
            devices=tuple(
                WorkingDevice(
                    unit=unit,
                    channels=tuple(replace(kind, number=n) for n in range(1, size + 1)),
                    gives_back=True,
                    covers_no_record=True,
                )
                for unit, (kind, size) in zip(DEVICES, kinds, strict=True)
            ),
            spares=tuple(
                Spare(unit=unit, capacity=capacity)
                for unit, capacity in zip(("s", "t", "c"), capacities, strict=False)
            ),
        ),
        st.lists(st.tuples(sound, st.integers(1, 3)), min_size=3, max_size=3),
        st.lists(st.integers(1, 5), min_size=1, max_size=3),
    )


likely = st.one_of(
    st.builds(Moment, delays, events=in_group.map(dies), works=st.booleans()),
    st.builds(Moment, delays, events=in_group.map(comes_back), works=st.booleans()),
    st.builds(Moment, delays, events=in_group.map(records), works=st.booleans()),
    st.builds(Moment, delays, works=st.just(value=True)),
    st.builds(Moment, delays, events=in_group.map(on_request), works=st.booleans()),
    st.builds(Moment, delays, delivers=st.tuples(st.integers(0, 2), reasons)),
    moments,
)


def live_through(of: Group, story: list[Moment]) -> None:
    sequence = AnySequence(of)
    for moment in story:
        sequence.live(moment)
        for unit in sequence.state.devices:
            view = device_view(sequence.state, unit)
            note(f"{sequence.now}: {unit} {view.connection} {view.working_status} {view.phase}")
            event(f"{view.phase}, {view.working_status}")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups(), st.lists(moments, min_size=5, max_size=40))
def test_the_invariants_hold_after_any_sequence_of_events(of: Group, story: list[Moment]) -> None:
    live_through(of, story)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites(), st.lists(likely, min_size=5, max_size=40))
def test_the_invariants_hold_through_outages(of: Group, story: list[Moment]) -> None:
    live_through(of, story)
