"""What the machine did, for whoever judges it."""

from dataclasses import dataclass, field

from custom_components.nvr_hotspare.failover.commands import Announce
from custom_components.nvr_hotspare.failover.model import Camera, UnitId


@dataclass(slots=True)
class Account:
    """What the machine did."""

    steps: int = 0
    """That changed more than the time of a heartbeat."""
    outages: int = 0
    needless: list[tuple[float, Camera | UnitId]] = field(default_factory=list)
    """Cameras that a spare began to record, and units taken for dead, though all was well."""
    broken: list[str] = field(default_factory=list)
    said: list[tuple[float, Announce]] = field(default_factory=list)
    """Kept where somebody wants to read it."""
