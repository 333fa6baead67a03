"""The facts the decisions are made of, and the words for what is decided."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

type UnitId = str


class Camera(NamedTuple):
    """One channel of one working device."""

    unit: UnitId
    channel: int


class Recording(StrEnum):
    """Whether a channel is being recorded: only a proven `no` is a failure."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_SCHEDULED = "not_scheduled"


class Priority(StrEnum):
    """Which cameras come first where spares have no room for all."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
    """Makes room for a camera of a later outage that is not low itself."""
    NEVER = "never"
    """Is not to be backed up at all."""


class Silence(StrEnum):
    """How a probe stayed unanswered."""

    REFUSED = "refused"
    """The host is there and refuses the connection."""
    SILENT = "silent"
    """Nothing at all came back."""
    SLOW = "slow"
    """The host accepts connections but does not answer: slow is not dead."""


class Connection(StrEnum):
    """Connection of a unit, as shown to people."""

    ONLINE = "online"
    OFFLINE = "offline"


class WorkingStatus(StrEnum):
    """Working Status of a working device; these values are public API."""

    RECORDING = "recording"
    NO_RECORD = "no_record"
    UNVERIFIED = "unverified"
    BACKING_UP = "backing_up"
    NOT_BACKED_UP = "not_backed_up"
    SYNCHRONIZING = "synchronizing"


class SpareStatus(StrEnum):
    """Working Status of a spare; these values are public API."""

    IDLE = "idle"
    BACKING_UP = "backing_up"
    SYNCHRONIZING = "synchronizing"
    """What it recorded flows back."""
    BACKING_UP_AND_SYNCHRONIZING = "backing_up_and_synchronizing"


class Reason(StrEnum):
    """Why a camera of an offline working device is not backed up."""

    NOT_PROTECTED = "not_protected"
    NO_SPARE = "no_spare"
    SPARE_OFFLINE = "spare_offline"
    NO_ROOM = "no_room"
    NO_SOURCE = "no_source"
    TOO_FAST = "too_fast"
    CAMERA_REFUSES = "camera_refuses"
    SPARE_FAILS = "spare_fails"


class Happening(StrEnum):
    """What is told to people as an event; these values are public API."""

    HEARTBEAT_LOST = "heartbeat_lost"
    BACKING_UP = "backing_up"
    NOT_BACKED_UP = "not_backed_up"
    RETURNED = "returned"
    SYNCHRONIZED = "synchronized"
    SYNC_FAILED = "sync_failed"
    NO_RECORD = "no_record"
    DRILLED = "drilled"


class Cause(StrEnum):
    """Why spares stand in for a device."""

    SILENCE = "silence"
    """It does not answer: an outage in the proper sense."""
    NO_RECORD = "no_record"
    """It answers, and is proven not to record some of its cameras."""
    MANUAL = "manual"
    """The user said so."""
    DRILL = "drill"
    """To measure how long it takes."""


class GivenBack(StrEnum):
    """Why the spare may let go of a camera of a device that is back."""

    SEEN = "seen"
    """The device was seen recording it."""
    UNTOLD = "untold"
    """The device can't tell, or has nothing scheduled, and has been well for a while."""
    FIRST = "first"
    """The camera has no stream left for the device while the spare has one."""
    GRACE = "grace"
    """The device did not record it in the time it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One camera of a working device that is to be recorded."""

    number: int
    priority: Priority = Priority.NORMAL
    has_source: bool = True
    """Whether the camera can be reached without the working device."""
    too_fast: bool = False
    """Whether its stream has more bits per second than any spare takes of one camera."""
    single_stream: bool = False
    """Whether the camera has no stream left beside the working device's: the spare must then
    let go of it before the device can record it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDevice:
    """A unit in NORMAL mode."""

    unit: UnitId
    channels: tuple[Channel, ...]
    protected: bool = True
    """The Protection switch."""
    gives_back: bool = False
    """Whether footage is given back to it; else it stays on the spare."""
    covers_no_record: bool = False
    """Whether spares stand in for channels that it is proven not to record though it answers."""
    holds_back: bool = False
    """Whether it gets its cameras back only when the user says so: always, or at this time."""
    cameras: tuple[Camera, ...] = field(init=False, compare=False, repr=False)
    """Its cameras, in the order of the channels."""

    def __post_init__(self) -> None:
        """Name the cameras, which every step asks for."""
        cameras = tuple(Camera(self.unit, channel.number) for channel in self.channels)
        object.__setattr__(self, "cameras", cameras)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """A unit that stands in for others.

    One that is a working device of the group too (it is in both tuples, by the same id) lends its
    free channels: it never stands in for itself, and dies as both at once.
    """

    unit: UnitId
    capacity: int
    """Cameras of others that it can record at the same time."""
    local: bool = False
    """Whether it runs on Home Assistant's host: that it answers tells nothing of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time in which spares recorded for a device what it may lack.

    Seconds since 1970. It is wider than the outage: what the device has is not given back again.
    """

    outage: float
    """The last good heartbeat before the outage, the first one if there were several."""
    start: float
    end: float
    cameras: tuple[Camera, ...]
    """The device's, though of some nothing may have been recorded."""
    spares: tuple[UnitId, ...]
    """Who recorded them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the machine waits for what, in seconds."""

    interval: float = 5.0
    """Between heartbeats."""
    window: float = 9.25
    """Without any answer for this long a unit is offline. Below two intervals, so that the notice
    is out within them; above an interval and two round trips of 2 s, the time in which a new
    connection brings an answer where the network has just become that slow."""
    refused_window: float = 8.0
    """The same for a host that refuses: what came back quickly enough is no slow network."""
    slow_window: float = 26.0
    """The same for a host that still accepts connections."""
    confirm: float = 10.0
    """From the command to the spare until a camera must be confirmed recorded."""
    command: float = 35.0
    """Until the end of a command to a spare is no longer waited for: longer than whoever carries
    it out takes to give up, so that commands don't pile up before a spare that hangs."""
    retry: float = 5.0
    """Between attempts to make a spare do what it did not."""
    return_beats: int = 3
    """Good heartbeats before a unit that can't tell what it records is given back to."""
    overlap: float = 10.0
    """For which the spare records on after a returned unit was seen recording: what a unit tells
    can be ahead of its first key frame (GOPs of 10 s are common), and what a spare has written
    is behind what the camera sent."""
    return_grace: float = 120.0
    """How long a returned unit may take to record a camera before the spare lets go anyway."""
    refused_grace: float = 86_400.0
    """The same for one that answers that its password is wrong: somebody has to correct that, and
    to record on costs little meanwhile."""
    no_record: float = 60.0
    """Proven not to record for this long is `no_record`."""
    boot_grace: float = 30.0
    """After Home Assistant starts, before a unit not yet heard of is offline."""
    provision_retry: float = 60.0
    """Between attempts to provision ahead, or take away, what a spare refused: no hurry."""
    suspect_pace: float = 0.5
    """Between probes of a suspected unit, so that many overlap inside the window."""
    slow_pace: float = 2.0
    """Between probes of a suspected unit that is slow, which many probes would only slow down."""
    calm_watch: float = 10.0
    """Between questions what a unit records, while nothing happens."""
    busy_watch: float = 1.0
    """The same while a takeover or a return is under way."""
    lookback: float = 120.0
    """How long before its last heartbeat a device may have lost what it recorded: what it had
    not yet written when it died."""
    sync_silence: float = 60.0
    """After which the courier, which tells every 10 s that it works, is commanded again."""
    sync_retry: float = 30.0
    """Before the second attempt to give footage back; doubled for each after it."""
    sync_retry_limit: float = 600.0
    """The longest time between such attempts."""
    evidence: float = 30.0
    """For how long it counts what a witness of Home Assistant's isolation was seen to do."""
    restart_grace: float = 180.0
    """How long a unit may be silent that is known to restart every week at this time."""
    incident: float = 60.0
    """Failures that are noticed within this time of the first one are one incident."""
    flap_memory: float = 3600.0
    """A device that is lost within this time of its return is flapping."""
    flap_beats: int = 6
    """Good heartbeats in a row before a device that flaps is given back to; doubled each time."""
    flap_beats_limit: int = 192
    """The most of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The units that protect one another, as configured."""

    devices: tuple[WorkingDevice, ...] = ()
    spares: tuple[Spare, ...] = ()
    """In order of preference."""
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFacts:
    """What a spare was seen to hold for one camera."""

    commanded: bool
    recording: Recording
    error: str = ""
