"""The way to one unit, whatever kind it is of."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable

from ..failover.model import Silence
from ..nvr.base import Spare
from ..nvr.model import Heartbeat, Place
from ..settings.unit import UnitConfig


class UnitLink(ABC):
    """Carries every call to one unit.

    Attributes:
        config: What is configured of it.
        on_news: Called when what the unit told of its slow facts may no longer be so.
        beat: The latest answer to a probe.
        on_complaint: Called when a command goes wrong in a way that it did not before: what is
            stored of the unit, its limits among it, may no longer be so.
    """

    def __init__(self, config: UnitConfig) -> None:
        self.config = config
        self.beat: Heartbeat | None = None
        self.on_news: Callable[[], None] = lambda: None
        self.on_complaint: Callable[[], None] = lambda: None

    @property
    def can_record(self) -> bool:
        """Whether the unit has not said that it could record nothing now."""
        return True

    @abstractmethod
    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for a sign of life, on a kept-alive connection or on a fresh one."""

    @abstractmethod
    async def knock(self) -> Silence:
        """Find out how a unit that does not answer is silent."""

    @abstractmethod
    async def ask[T](self, call: Callable[[Spare], Awaitable[T]]) -> T:
        """Make a call.

        Raises:
            UnitError: What the driver raised.
        """

    @abstractmethod
    async def start(self, places: Iterable[Place]) -> None:
        """See to it that the unit can answer; `places` are those of all cameras of the group."""

    @abstractmethod
    async def change(self, config: UnitConfig, places: Iterable[Place]) -> bool:
        """Take up what has changed of the unit or of the group's cameras.

        Returns False, and does nothing, where that takes another link.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of the unit for now: whatever it does it goes on doing."""

    @abstractmethod
    async def remove(self) -> None:
        """Let go of the unit for good."""
