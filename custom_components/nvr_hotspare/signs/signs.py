"""Signs of life that a unit gives by itself, beside the answers to our probes."""

from collections.abc import Callable

from ..failover.events import HeartbeatReceived, ProbeUnanswered
from ..failover.model import Connection
from ..links.network import NetworkLink
from ..manager import FailoverManager


class SignsOfLife:
    """Tells the manager of one unit's.

    Attributes:
        link: The way to the unit.
        manager: Is told.
    """

    def __init__(
        self, manager: FailoverManager, link: NetworkLink, probe: Callable[[], None]
    ) -> None:
        """Tell of a unit that is probed at once when `probe` is called."""
        self.link = link
        self.manager = manager
        self._unit = link.config.unit
        self._probe = probe

    @property
    def offline(self) -> bool:
        """Whether the unit is taken for dead, so that another may answer at its address."""
        return self.manager.view(self._unit).connection is Connection.OFFLINE

    def heard(self) -> None:
        """Take a sign of life."""
        self.manager.handle(HeartbeatReceived(self._unit))

    async def missed(self) -> None:
        """Suspect the unit at once, and probe it: only what it does not answer makes it dead.

        How it is silent is found out as for a probe, else a slow unit would be taken for gone.
        """
        if self.offline:
            return
        self._probe()
        self.manager.handle(ProbeUnanswered(self._unit, await self.link.knock()))
