"""What is said to the process that receives a scene, and what it answers: a line of JSON each."""

from dataclasses import dataclass
from enum import StrEnum

from ..giving.model import Replay
from ..spans import Span

MAX_LINE = 16 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to receive. It holds a password, so that it is never to be logged."""

    replay: Replay
    span: Span
    path: str
    """Of the file, which must not be there."""
    most: int
    """Bytes that it may have."""
    picture: bool = False
    """Whether the first key frame will do."""


class Trouble(StrEnum):
    """Why there is no scene."""

    NOTHING = "nothing"
    """The recorder has no footage of that time."""
    SOURCE = "source"
    """It does not play it."""
    DISK = "disk"
    """The file can't be written, or would be too large."""
    BROKEN = "broken"
    """The process itself fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    trouble: Trouble | None = None
    text: str = ""
    """The trouble in a sentence without secrets."""
