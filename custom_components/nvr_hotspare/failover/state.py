"""All that the machine knows. Frozen; mappings in it are replaced, never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType

from .commands import SpareCommand
from .evolving import evolving, replace
from .model import (
    Camera,
    Cause,
    Connection,
    GivenBack,
    Group,
    PlaceFacts,
    Reason,
    Recording,
    Silence,
    Spare,
    UnitId,
    Window,
    WorkingDevice,
    WorkingStatus,
)


@evolving
@dataclass(frozen=True, kw_only=True)
class Pulse:
    """The signs of life of one unit, working device or spare."""

    since: float
    """The last heartbeat; before the first one, from when on the unit was listened for."""
    heard: bool = False
    """Whether `since` is a heartbeat."""
    before: float | None = None
    """The last heartbeat before the start of a unit that was suspect then and not heard since."""
    connection: Connection = Connection.ONLINE
    beats: int = 0
    """Good heartbeats in a row, since it is online."""
    unanswered: int = 0
    """Probes unanswered since then; any makes the unit suspect."""
    silence: Silence | None = None
    """How the latest of them stayed unanswered."""
    asked: float | None = None
    """When a unit that was heard again was last asked who it is; None once it is known."""
    excused: float = 0.0
    """Until when one silence of it is no sign that it is dead."""
    maintained: float = 0.0
    """Until when none is."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What is no unit and was asked for a sign of life."""

    answers: bool
    asked: float
    since: float = 0.0
    """Since when it was seen to do so, time after time."""


@evolving
@dataclass(frozen=True, kw_only=True)
class Outage:
    """One outage of one working device, until the spare has let go of all its cameras."""

    since: float
    """The last good heartbeat."""
    noticed: float
    incident: float
    """When the first of the failures was noticed that it is one incident with."""
    cause: Cause = Cause.SILENCE
    alongside: tuple[Camera, ...] = ()
    """What spares are to record though the device answers, until the reason is gone."""
    backing_up: float | None = None
    """When the first camera was confirmed recorded by the spare."""
    confirmed: Mapping[Camera, float] = field(default_factory=dict)
    """When each camera was first confirmed recorded by the spare."""
    spares: tuple[UnitId, ...] = ()
    """Who was seen to record them."""
    displaced: tuple[Camera, ...] = ()
    """The cameras that had to make room for others."""
    missed: Mapping[Camera, Reason] = field(default_factory=dict)
    """The cameras last reported not backed up."""
    returned: float | None = None
    """When the device came back, if it is back."""
    watched_from: float = 0.0
    """From when on the returned device's grace is counted: its return, or a later restart of
    Home Assistant, which saw nothing in between."""
    refused: bool = False
    """Whether the device that came back lets nobody ask who it is."""
    allowed: bool = False
    """Whether the user wants the returned device to have its cameras back, though it holds back."""
    given_back: Mapping[Camera, GivenBack] = field(default_factory=dict)
    """The cameras that the spare may let go of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A window whose footage is to be given back to a device."""

    window: Window
    report: Mapping[str, object]
    """What was told of its outage; JSON."""
    outages: int = 1
    """How many outages the window covers."""
    problems: tuple[str, ...] = ()
    """Why it could not be given back, each announced once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the courier is to give back to a device now."""

    windows: tuple[Window, ...]
    heard: float
    """When the courier last told that it works; before that, when it was commanded."""
    flowing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """How the courier's last attempts for a device went wrong."""

    problem: str
    ended: float
    count: int
    """How many in a row."""


@evolving
@dataclass(frozen=True, kw_only=True)
class DeviceState:
    """What is known of one working device."""

    config: WorkingDevice
    since: float
    """When the status began."""
    status: WorkingStatus = WorkingStatus.UNVERIFIED
    reason: Reason | None = None
    told: float
    """When the device last told what it records, or from when on it could have."""
    tells: bool = False
    """Whether it ever told for certain that it records a channel, or does not."""
    recordings: Mapping[int, Recording] | None = None
    """What it told since it was last suspect or offline; None before."""
    recorded_since: Mapping[int, float] = field(default_factory=dict)
    """Since when a channel is seen recorded, without a break."""
    missing_since: Mapping[int, float] = field(default_factory=dict)
    """Since when a channel that should be recorded is proven not to be."""
    proven: frozenset[int] = frozenset()
    """The channels that a spare was seen to record, through their own source."""
    unrecorded: tuple[int, ...] = ()
    """The channels of which it was told that they are proven not to be recorded."""
    outage: Outage | None = None
    back_at: float | None = None
    """When it last came back from an outage."""
    flaps: int = 0
    """How many times in a row it was lost soon after its return."""
    naps: tuple[float, ...] = ()
    """When its latest short silences began."""
    owed: tuple[Owed, ...] = ()
    """What is to be given back to it, the oldest first; no two windows touch."""
    delivery: Delivery | None = None
    setback: Setback | None = None

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """Return the device's cameras in their order."""
        return self.config.cameras


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The command that a spare is busy with."""

    command: SpareCommand
    deadline: float
    """After this it is no longer waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was last tried for a camera, so that it is not tried again too soon."""

    verb: type[SpareCommand]
    ended: float
    error: str = ""
    failed: int = 0
    """How many times in a row it went wrong."""


def in_use(facts: PlaceFacts) -> bool:
    """Tell whether a place records, or was told to."""
    return facts.commanded or facts.recording is Recording.YES


class Places(dict[Camera, PlaceFacts]):
    """What a spare holds; never changed once it is made."""

    __slots__ = ("recorded", "used")

    def __init__(self, places: Mapping[Camera, PlaceFacts]) -> None:
        """Take the places, and look once for what is asked often."""
        super().__init__(places)
        self.used = dict.fromkeys(c for c, facts in self.items() if in_use(facts))
        """Which of them record, or were told to; in their order."""
        yes = Recording.YES
        self.recorded = frozenset(c for c in self.used if self[c].recording is yes)
        """Which of them were seen to record."""


@evolving
@dataclass(frozen=True, kw_only=True)
class SpareState:
    """What is known of a spare, and what it is wanted to record."""

    config: Spare
    held: tuple[Camera, ...] = ()
    """The cameras it has to record, in the order in which they got their places."""
    due: Mapping[Camera, float] = field(default_factory=dict)
    """When a held camera that is not confirmed is (or was) to be reported not backed up."""
    places: Places | None = None
    """What it holds, as last seen or as it must be after a command; None while unknown."""
    errand: Errand | None = None
    attempts: Mapping[Camera, Attempt] = field(default_factory=dict)
    holding: frozenset[Camera] = field(init=False, compare=False, repr=False)
    """The same as `held`, to be asked often."""

    def __post_init__(self) -> None:
        """Make `holding`."""
        object.__setattr__(self, "holding", frozenset(self.held))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is provisioned ahead on each spare, and what that was decided from."""

    basis: tuple[object, ...] = ()
    ahead: Mapping[UnitId, Mapping[Camera, None]] = field(default_factory=dict)
    """The cameras of each spare in their order, without those that it has to record."""
    homes: Mapping[UnitId, Mapping[Camera, None]] = field(default_factory=dict)
    """The cameras of each spare while nothing happens."""
    group: Group | None = None
    """The group that they are of."""


class Wakes(dict[UnitId, float]):
    """When each unit has to be looked at though nothing happens to it; infinite for never.

    Never changed once it is made.
    """

    __slots__ = ("first",)

    def __init__(self, wakes: Mapping[UnitId, float] = MappingProxyType({})) -> None:
        """Take the times, and look once for the first of them."""
        super().__init__(wakes)
        self.first = min(self.values(), default=inf)


@evolving
@dataclass(frozen=True, kw_only=True)
class State:
    """The group at one moment."""

    now: float = 0.0
    """The time of the last step."""
    configured: bool = False
    """Whether the group is known; before that the journal rests untouched."""
    group: Group = field(default_factory=Group)
    pulses: Mapping[UnitId, Pulse] = field(default_factory=dict)
    devices: Mapping[UnitId, DeviceState] = field(default_factory=dict)
    spares: Mapping[UnitId, SpareState] = field(default_factory=dict)
    """In order of preference."""
    plan: Plan = field(default_factory=Plan)
    incident: float | None = None
    """When the first failure of the latest incident was noticed."""
    link: bool = True
    """Whether the host has a network link."""
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    isolated: bool = False
    """Whether Home Assistant is cut off from all, so that silence is no sign of anything."""
    wakes: Wakes = field(default_factory=Wakes)

    def online(self, unit: UnitId) -> bool:
        """Tell whether a unit of the group is online."""
        pulse = self.pulses.get(unit)
        return pulse is not None and pulse.connection is Connection.ONLINE

    def holder(self, camera: Camera) -> SpareState | None:
        """Return the spare that has to record a camera."""
        for spare in self.spares.values():
            if camera in spare.holding:
                return spare
        return None

    def confirmed(self, camera: Camera) -> bool:
        """Tell whether a spare was seen to record a camera."""
        for spare in self.spares.values():
            if spare.places is not None and camera in spare.places.recorded:
                return True
        return False

    def lent(self, camera: Camera) -> bool:
        """Tell whether a spare has to record a camera, or does without."""
        for spare in self.spares.values():
            if camera in spare.holding:
                return True
            if spare.places is not None and camera in spare.places.used:
                return True
        return False

    def pending(self, camera: Camera) -> bool:
        """Tell whether a camera is yet to be confirmed and has time left."""
        for spare in self.spares.values():
            if camera in spare.due and self.now < spare.due[camera]:
                return True
        return False


def uses(spare: SpareState, camera: Camera) -> bool:
    """Tell whether a spare was seen to record a camera, or to have been told to."""
    return spare.places is not None and camera in spare.places.used


def records(spare: SpareState, camera: Camera) -> bool:
    """Tell whether a spare was seen to record a camera."""
    return spare.places is not None and camera in spare.places.recorded


def records_any(spare: SpareState, cameras: Iterable[Camera]) -> bool:
    """Tell whether a spare was seen to record any of some cameras."""
    return spare.places is not None and not spare.places.recorded.isdisjoint(cameras)


def with_device(state: State, device: DeviceState) -> State:
    """Return the state with what is now known of a device."""
    return replace(state, devices={**state.devices, device.config.unit: device})


def with_spare(state: State, spare: SpareState) -> State:
    """Return the state with what is now known of a spare."""
    return replace(state, spares={**state.spares, spare.config.unit: spare})


def with_pulse(state: State, unit: UnitId, pulse: Pulse) -> State:
    """Return the state with a unit's latest signs of life."""
    return replace(state, pulses={**state.pulses, unit: pulse})
