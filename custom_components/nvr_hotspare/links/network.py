"""The way to a recorder on the network: its driver, and a lid on passwords it rejected."""

from collections.abc import Awaitable, Callable, Iterable
from typing import override

from homeassistant.core import HomeAssistant

from ..cameras.drift import Drift
from ..cameras.watch import withdraw_changes
from ..failover.model import Silence
from ..nvr.base import Recorder
from ..nvr.errors import UnitCertificateError, UnitCredentialsError
from ..nvr.knock import knock
from ..nvr.model import Heartbeat, Place
from ..settings.unit import NetworkConfig, UnitConfig
from .access_issues import AccessIssues
from .driver import open_unit
from .link import UnitLink

FIRST_PAUSE = 60.0
LAST_PAUSE = 3600.0
"""Seconds before a rejected password is offered again. A recorder that boots may reject a good
one; one that is asked too often locks the account, for half an hour as a rule."""


class NetworkLink(UnitLink):
    """Carries every call to one recorder.

    Attributes:
        drift: Shows how its settings differ from what was known of it.
    """

    def __init__(
        self, hass: HomeAssistant, entry_id: str, config: UnitConfig, way: NetworkConfig
    ) -> None:
        super().__init__(config)
        self._hass = hass
        self._way = way
        self._driver = open_unit(hass, way, config.told_numbers)
        self.drift = Drift(hass, entry_id, config.subentry_id)
        self._access = AccessIssues(hass, entry_id, config)
        self._pause = 0.0
        self._closed_until = 0.0

    @property
    def rejected(self) -> bool:
        """Whether the recorder does not accept its password."""
        return self._access.rejected

    @override
    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for a sign of life, on a kept-alive connection or on a fresh one."""
        self.beat = await self._driver.heartbeat(fresh=fresh)
        return self.beat

    @override
    async def knock(self) -> Silence:
        """Find out how a unit that does not answer is silent."""
        endpoint = self._way.endpoint
        return await knock(endpoint.host, endpoint.port)

    @override
    async def ask[T](self, call: Callable[[Recorder], Awaitable[T]]) -> T:
        """Make a call that needs the unit's credentials.

        Raises:
            UnitError: What the driver raised, or that the password was rejected lately.
        """
        clock = self._hass.loop.time
        if clock() < self._closed_until:
            raise UnitCredentialsError("The password was rejected")
        try:
            answer = await call(self._driver)
        except (UnitCertificateError, UnitCredentialsError) as error:
            if isinstance(error, UnitCredentialsError):
                self._pause = min(max(2 * self._pause, FIRST_PAUSE), LAST_PAUSE)
                self._closed_until = clock() + self._pause
            self._access.show(error)
            raise
        self._pause = 0.0
        self._access.settle()
        return answer

    @override
    async def start(self, places: Iterable[Place]) -> None:
        """Tell the driver what places there may be; the recorder runs by itself."""
        self._driver.know(places)

    @override
    async def change(self, config: UnitConfig, places: Iterable[Place]) -> bool:
        """Take up a changed configuration of the same way."""
        if config.way != self._way:
            return False
        self._driver.know(places)
        self.config = config
        return True

    @override
    async def close(self) -> None:
        """Do nothing: connections are the session's."""

    @override
    async def remove(self) -> None:
        """Take back all issues."""
        self._access.settle()
        self.drift.withdraw()
        withdraw_changes(self._hass, self.config.subentry_id)
