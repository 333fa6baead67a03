"""What the engine and its deputy's process say to each other besides an engine's messages.

The engine writes a `Briefing` and later, if it comes to that, `DECIDE`, each a line, to the
process's stdin. The process writes a `Note` among its requests, before those that follow from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...recorder.plain import Plain

DECIDE: Final = b"decide\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """How things stand when the process begins."""

    folder: str
    """The engine's private folder."""
    orders: Mapping[str, Plain] | None
    """The standing orders; None where they are in the vault only."""
    journal: Mapping[str, Plain]
    """The one to go by, instead of that of the orders."""
    silent: float
    """Seconds since the manager was heard."""
    fresh: bool
    """Whether the engine itself has just started, so that nothing is known of before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A transition."""

    journal: Mapping[str, Plain]
    said: tuple[Mapping[str, Plain], ...] = ()
    """What is to be told to people, the oldest first (see `failover.handover.dump_said`)."""
