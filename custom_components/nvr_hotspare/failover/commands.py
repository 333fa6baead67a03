"""What the machine asks for. Every command may be repeated without harm.

The commands for one spare are carried out one after another in the order given; each ends with
a `CommandEnded`. `Identify` ends with an `Identified`; `Announce` has no answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .model import Camera, Happening, UnitId


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
class Announce:
    """Tell people what happened."""

    unit: UnitId
    happening: Happening
    data: Mapping[str, object]


type SpareCommand = Provision | Record | Release | Unprovision
type Command = SpareCommand | Identify | Announce
