"""What happens to the group. Each event is a fact; none tells the machine what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from .commands import Command
from .model import Camera, Group, PlaceFacts, Recording, Silence, UnitId, Window


@dataclass(frozen=True, slots=True)
class Configured:
    """The group as the user wants it from now on; also the first event after a start."""

    group: Group


@dataclass(frozen=True, slots=True)
class Started:
    """Home Assistant has started: what happened meanwhile is unknown.

    The first `Configured` is a start by itself.
    """


@dataclass(frozen=True, slots=True)
class HeartbeatReceived:
    """A unit answered a probe, or pushed a heartbeat."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class ProbeUnanswered:
    """A probe has gone without an answer for longer than a healthy unit needs (2 s at most).

    It may still be answered: then a `HeartbeatReceived` follows.
    """

    unit: UnitId
    silence: Silence


@dataclass(frozen=True, slots=True)
class Identified:
    """A unit heard again after an outage was asked who it is, and answered.

    Where it did not answer nothing is sent: it is asked again.
    """

    unit: UnitId
    same: bool


@dataclass(frozen=True, slots=True)
class IdentityRefused:
    """A unit heard again after an outage answers as one of its kind, but lets nobody ask.

    Its password is wrong, which is no outage: a working device is online again. Who it is stays
    unknown, and whether it records; so spares record on what they do, for a day at most. But they
    take nothing more for it, and the places they use make way for any other camera that has none.
    It is asked again until it is identified. A spare that can't be asked can't be told what to
    record either, and stays offline.
    """

    unit: UnitId


@dataclass(frozen=True, slots=True)
class RecordingsSeen:
    """A working device told what it records, by channel number.

    To be sent with every answer, at `view.watch_pace`, also where nothing has changed: what was
    told long ago proves nothing. A channel not named is unknown. A device that has no way to
    tell need not be told of.
    """

    unit: UnitId
    recordings: Mapping[int, Recording]


@dataclass(frozen=True, slots=True)
class PlacesSeen:
    """A spare told all that it holds for this group, at `view.watch_pace`.

    Best asked when no command is under way: an answer from before the end of a command does no
    harm but may have a command given twice.
    """

    spare: UnitId
    places: Mapping[Camera, PlaceFacts]


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """A command was carried out, wholly or in part, or gave up."""

    command: Command
    errors: Mapping[Camera, str]
    """What went wrong, by camera; empty when all went well."""


@dataclass(frozen=True, slots=True)
class FootageFlows:
    """The courier is at work for a device: a sign of life, to be sent every 10 s at least."""

    unit: UnitId
    flowing: bool
    """Whether footage really goes to the device now, not only when the turn comes."""


@dataclass(frozen=True, slots=True)
class SynchronizationEnded:
    """A `Synchronize` is over, or has come so far; what is still owed is commanded again."""

    unit: UnitId
    done: tuple[Window, ...]
    """The windows, as they were commanded, of which the device has all that could be had."""
    error: str
    """Why there is more that was not done: one word, the same at each attempt; else empty."""
    data: Mapping[str, object]
    """What is to be told of the windows done, or of the error; JSON, passed on as it is."""


@dataclass(frozen=True, slots=True)
class StorageFailed:
    """A working device told that a disk of it failed: that it records nothing is proven at once.

    So it is until it tells again what it records.
    """

    unit: UnitId


@dataclass(frozen=True, slots=True)
class Planned:
    """A unit may be silent for a while without that being an outage.

    Not in the journal: what still holds is to be sent again after a start.
    """

    unit: UnitId
    until: float
    """Seconds since 1970; a time that is over ends what was planned of its kind."""
    once: bool = True
    """A restart (our own, or one that the unit announced): over when the unit is heard again
    after a silence; of several the longest counts. Else maintenance: it lasts until its end,
    whatever restarts meanwhile, and the last one told counts."""


@dataclass(frozen=True, slots=True)
class PowerReturned:
    """Mains are back after a failure: all units may be starting."""


@dataclass(frozen=True, slots=True)
class HostLink:
    """Whether Home Assistant's host has a network link at all."""

    up: bool


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """What is no unit, a camera or the gateway, was asked for a sign of life.

    To be sent, of a camera and the gateway at least, every few seconds while a unit is suspect;
    see `isolation`.
    """

    witness: str
    answers: bool


@dataclass(frozen=True, slots=True)
class TakeOver:
    """The user wants spares to record a device's cameras though it answers, until `GiveBack`."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The user wants a device that answers to have its cameras back, without further delay.

    Make before break holds all the same. It ends a drill, too.
    """

    unit: UnitId


@dataclass(frozen=True, slots=True)
class Drill:
    """A takeover of a device that is well is to be measured to the first frame.

    It ends by itself when every camera is confirmed or its time is over, and is announced as
    `drilled`. Nothing happens where the device is not well.
    """

    unit: UnitId


@dataclass(frozen=True, slots=True)
class SynchronizeNow:
    """The user wants what is owed to a device given back without waiting for the next attempt."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing happened, but a deadline may have come."""


type Event = (
    Configured
    | Started
    | HeartbeatReceived
    | ProbeUnanswered
    | Identified
    | IdentityRefused
    | RecordingsSeen
    | PlacesSeen
    | CommandEnded
    | FootageFlows
    | SynchronizationEnded
    | StorageFailed
    | Planned
    | PowerReturned
    | HostLink
    | WitnessSeen
    | TakeOver
    | GiveBack
    | Drill
    | SynchronizeNow
    | TimePassed
)
