"""What a driver tells about its unit, and what it is told to do."""

from dataclasses import dataclass, field
from enum import StrEnum

from ..failover.model import Recording
from ..recorder.model import Source
from ..recorder.spans import Span


class Driver(StrEnum):
    """How a unit is talked to."""

    ONVIF = "onvif"
    HIKVISION = "hikvision"
    """By ISAPI."""
    DAHUA = "dahua"
    """By the CGI and JSON interfaces of its web server."""
    BUILTIN = "builtin"
    """This Home Assistant itself, by an engine of its own."""
    ENGINE = "engine"
    """An engine on another machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a unit's control interface answers."""

    host: str
    """A name, or an address of either version without brackets."""
    port: int = 80
    https: bool = False
    fingerprint: str = ""
    """SHA-256 of its certificate in DER, in hexadecimal, as the user confirmed it; where it is
    empty an authority has to vouch for the certificate. Of plain HTTP it says nothing."""

    @property
    def url(self) -> str:
        """Return where a browser finds its pages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.https else 'http'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An account of the unit."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a unit says it is; `serial` never depends on its address or Work Mode."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    mac: str | None = None


class Capability(StrEnum):
    """What a unit was found able to do."""

    SETTINGS = "settings"
    """Tells its channels and, mostly, where their cameras are."""
    RECORDING_STATE = "recording_state"
    """Tells whether a channel is being recorded."""
    SPARE = "spare"
    """Can be made to record other units' cameras."""
    FOOTAGE = "footage"
    """Tells what footage it has, and plays it."""
    EVENTS = "events"
    """Tells by itself what happens to it."""
    RESTART = "restart"
    OWN_SPARE = "own_spare"
    """Can stand in for recorders of its make, or have one that does, without this project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a unit can record as a spare; bits per second are 0 where it tells no limit."""

    cameras: int = 0
    """At the same time, what it holds for itself not counted; 0 if it can't be a spare."""
    camera_rate: int = 0
    """Bits per second of one camera."""
    total_rate: int = 0
    """Bits per second of all cameras together, its own among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """All that is found out about a unit when it is added and while it runs."""

    identity: Identity
    capabilities: frozenset[Capability]
    limits: Limits = field(default_factory=Limits)
    own_recordings: int
    """Cameras it records now that this project did not ask for: a spare stays idle."""

    @property
    def capacity(self) -> int:
        """Cameras it can record at the same time as a spare."""
        return self.limits.cameras


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One answered probe of life; seconds."""

    round_trip: float
    clock_offset: float | None
    """The unit's clock minus ours, where it told the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarting:
    """A unit tells that it is about to stop, and means to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageState:
    """A unit tells how a disk of it is: when it is asked first, and when that changes."""

    storage: str
    """Names the disk."""
    failed: bool


type UnitEvent = Restarting | StorageState
"""What a unit tells by itself, of what matters here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """One camera of a working device, as the unit tells it."""

    token: str
    """What the unit itself knows it by; another camera in its place may get the same."""
    number: int
    """1 for the first; stays with the token."""
    name: str
    source: Source | None
    """Where the camera itself is, never the unit's own stream of it; without credentials, and
    None where the unit is silent."""
    sub_uri: str = ""
    """Where its sub stream is, if the unit says so; the source is its main stream."""
    behind: bool = False
    """Whether the only address told is the unit's own: the camera is reached through it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One camera that a spare is to record when told to."""

    key: str
    """Names the camera for good; stored on the spare, so that it is found again after any
    interruption."""
    name: str
    source: Source
    bitrate: int = field(default=0, compare=False)
    """Bits per second when it was last measured, 0 where it never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceState:
    """What a spare holds for one `Place`."""

    key: str
    commanded: bool
    """Told to record."""
    recording: Recording
    error: str = ""
    """Why it does not record although told to, as the spare says it."""
    holds_footage: bool = False
    provisioned: bool = True
    """Can be told to record at once; False where only its footage is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageTold:
    """What video a unit says that it has of one camera, within the time asked about."""

    spans: tuple[Span, ...]
    """By our clock, in order, none touching the next."""
    exact: bool
    """Whether holes would have been told; if not, only where it begins and ends is known."""
    uncertainty: int = 0
    """Nanoseconds by which each end may be off, either way."""
