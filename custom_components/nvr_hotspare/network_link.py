"""The way to a recorder on the network: its driver, and a lid on passwords it rejected."""

from collections.abc import Awaitable, Callable, Iterable
from typing import override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .drift import Drift
from .driver import open_unit
from .failover.model import Silence
from .link import UnitLink
from .nvr.base import Recorder
from .nvr.errors import UnitCredentialsError
from .nvr.knock import knock
from .nvr.model import Heartbeat, Place
from .unit_config import NetworkConfig, UnitConfig

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
        self._entry_id = entry_id
        self._way = way
        self._driver = open_unit(hass, way, config.told_numbers)
        self.drift = Drift(hass, entry_id, config.subentry_id)
        self._pause = 0.0
        self._closed_until = 0.0

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
        except UnitCredentialsError:
            self._pause = min(max(2 * self._pause, FIRST_PAUSE), LAST_PAUSE)
            self._closed_until = clock() + self._pause
            self._report_rejection()
            raise
        if self._pause:
            self._pause = 0.0
            self._withdraw_rejection()
        return answer

    @override
    async def start(self, places: Iterable[Place]) -> None:
        """Do nothing: the recorder runs by itself."""

    @override
    async def change(self, config: UnitConfig, places: Iterable[Place]) -> bool:
        """Take up a changed configuration of the same way."""
        if config.way != self._way:
            return False
        self.config = config
        return True

    @override
    async def close(self) -> None:
        """Do nothing: connections are the session's."""

    @override
    async def remove(self) -> None:
        """Take back all issues."""
        self._withdraw_rejection()
        self.drift.withdraw()

    def _report_rejection(self) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id,
            data={"entry_id": self._entry_id, "subentry_id": self.config.subentry_id},
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key="password_rejected",
            translation_placeholders={"name": self.config.title},
        )

    def _withdraw_rejection(self) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)

    @property
    def _issue_id(self) -> str:
        return f"password_rejected_{self.config.subentry_id}"
