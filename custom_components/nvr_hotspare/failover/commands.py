"""What the machine asks for. Every command may be repeated without harm.

The commands for one spare are carried out one after another in the order given; each ends with
a `CommandEnded`. `Identify` ends with an `Identified`; `Announce` has no answer.

Footage is given back by the courier, one for the group: it tells with `FootageFlows` that it is
at work, and ends `Synchronize` with a `SynchronizationEnded`; `Desist` has no answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .model import Camera, Happening, UnitId, Window


@dataclass(frozen=True, slots=True)
class Provision:
    """Make the spare ready to record these cameras, without recording them yet."""

    spare: UnitId
    cameras: tuple[Camera, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Make the spare record these cameras now, all at once."""

    spare: UnitId
    cameras: tuple[Camera, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """Make the spare stop recording these cameras; their footage stays."""

    spare: UnitId
    cameras: tuple[Camera, ...]


@dataclass(frozen=True, slots=True)
class Unprovision:
    """Make room on the spare: take away what was provisioned; footage stays."""

    spare: UnitId
    cameras: tuple[Camera, ...]


@dataclass(frozen=True, slots=True)
class Identify:
    """Ask a unit that is heard again whether it is the one that went silent."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class Synchronize:
    """Give a working device what it lacks of these windows, the oldest first.

    It takes the place of what was commanded for the device before; what was done is not done
    again.
    """

    unit: UnitId
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Desist:
    """Give nothing more back to a device, until told again; what it got it keeps."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell people what happened."""

    unit: UnitId
    happening: Happening
    data: Mapping[str, object]


type SpareCommand = Provision | Record | Release | Unprovision
type CourierCommand = Synchronize | Desist
type Command = SpareCommand | CourierCommand | Identify | Announce
