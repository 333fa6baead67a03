"""What the user decides about footage that is given back: where it goes, and how quickly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any, Final, Self

from ..recorder.giving.model import Target
from ..recorder.messages import Pace
from .group import is_between

CONF_GIVE_BACK: Final = "give_back"
CONF_WAY: Final = "way"
CONF_FOLDER: Final = "folder"
CONF_TEMPLATE: Final = "template"
CONF_ZONE: Final = "zone"
CONF_BANDWIDTH: Final = "bandwidth_mbit"
CONF_CONCURRENT: Final = "concurrent"
CONF_WINDOW_FROM: Final = "window_from"
CONF_WINDOW_TO: Final = "window_to"

MEGABIT: Final = 1_000_000 // 8
"""Bytes."""


class Way(StrEnum):
    """What becomes of the footage of an outage."""

    KEEP = "keep"
    """It stays on the spare."""
    FOLDER = "folder"
    """It is copied into the recorder's own folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivingBack:
    """How a working device gets its footage back; in its subentry under `give_back`."""

    way: Way = Way.KEEP
    folder: str = ""
    """The recorder's recordings, as Home Assistant sees them."""
    template: str = ""
    """How the recorder names a recording."""
    zone: str = "UTC"
    """The time zone (IANA) in which it does."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `as_data` wrote; footage stays on the spare where nothing was decided."""
        return cls(
            way=Way(data.get(CONF_WAY, Way.KEEP)),
            folder=data.get(CONF_FOLDER, ""),
            template=data.get(CONF_TEMPLATE, ""),
            zone=data.get(CONF_ZONE, "UTC"),
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as a subentry keeps it."""
        return {
            CONF_WAY: self.way.value,
            CONF_FOLDER: self.folder,
            CONF_TEMPLATE: self.template,
            CONF_ZONE: self.zone,
        }

    @property
    def gives(self) -> bool:
        """Whether footage goes back to the device at all."""
        return self.way is Way.FOLDER

    def target(self, channel: int, name: str) -> Target:
        """Return where the footage of one channel goes."""
        return Target(
            folder=self.folder,
            template=self.template,
            zone=self.zone,
            channel=channel,
            name=name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GivingPace:
    """How quickly, and when, footage is given back; in the group's options."""

    bandwidth: float = 0.0
    """Megabits per second, all transfers together; 0 for no limit."""
    concurrent: int = 2
    """Transfers at the same time."""
    begins: time | None = None
    ends: time | None = None
    """The time of day, local, in which footage is given back; None for all day. The night is a
    window that ends before it begins."""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read what `as_options` wrote; times of day as a form gives them, `22:00:00`."""
        begins, ends = options.get(CONF_WINDOW_FROM), options.get(CONF_WINDOW_TO)
        return cls(
            bandwidth=float(options.get(CONF_BANDWIDTH, 0)),
            concurrent=int(options.get(CONF_CONCURRENT, 2)),
            begins=time.fromisoformat(begins) if begins and ends else None,
            ends=time.fromisoformat(ends) if begins and ends else None,
        )

    def as_options(self) -> dict[str, Any]:
        """Return it as the group's options keep it."""
        options: dict[str, Any] = {
            CONF_BANDWIDTH: self.bandwidth,
            CONF_CONCURRENT: self.concurrent,
        }
        if self.begins is not None and self.ends is not None:
            options[CONF_WINDOW_FROM] = self.begins.isoformat()
            options[CONF_WINDOW_TO] = self.ends.isoformat()
        return options

    @property
    def pace(self) -> Pace:
        """Return it as an engine takes it."""
        return Pace(bandwidth=round(self.bandwidth * MEGABIT), concurrent=self.concurrent)

    def is_open(self, at: time) -> bool:
        """Tell whether footage may be given back at a time of day."""
        if self.begins is None or self.ends is None or self.begins == self.ends:
            return True
        return is_between(at, self.begins, self.ends)
