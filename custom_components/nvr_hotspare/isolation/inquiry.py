"""While a unit is suspect: is it Home Assistant itself that is cut off?

The host's link and the witnesses are asked again and again, and told to the manager as they are:
it decides what follows. While all is well nobody is asked.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..failover.events import HostLink, WitnessSeen
from ..manager import FailoverManager
from .gateway import default_gateway
from .host_link import host_link
from .witnesses import Witness, ask

PACE: Final = 3.0
"""Seconds between questions; a silent unit is given longer before it is offline."""


class Inquiry:
    """Asks around for one group."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        manager: FailoverManager,
        witnesses: Callable[[str], Iterable[Witness]],
    ) -> None:
        """Prepare.

        Args:
            hass: Home Assistant.
            entry: The group's.
            manager: The group's.
            witnesses: Who can be asked, told the default gateway.
        """
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._witnesses = witnesses
        self._link = True
        self._heard: set[str] = set()
        """The witnesses that have ever answered."""
        self._suspicion = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unlisten: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> None:
        """Begin to look for suspicion."""
        self._task = self._entry.async_create_background_task(
            self._hass, self._run(), f"inquiry of {self._entry.title}"
        )
        self._unlisten = self._manager.listen_steps(self._look)

    @callback
    def stop(self) -> None:
        """Ask nobody any more."""
        if self._unlisten:
            self._unlisten()
        if self._task:
            self._task.cancel()

    @callback
    def _look(self) -> None:
        """See whether there is a reason to ask: a unit is suspect, or the link was down."""
        if self._manager.suspects or not self._link:
            self._suspicion.set()
        else:
            self._suspicion.clear()

    async def _run(self) -> None:
        while True:
            await self._suspicion.wait()
            await self._ask()
            await asyncio.sleep(PACE)

    async def _ask(self) -> None:
        link, gateway = await self._hass.async_add_executor_job(_look_at_host)
        if link is not None and link is not self._link:
            self._link = link
            self._manager.handle(HostLink(link))
        asked = {witness.name: witness for witness in self._witnesses(gateway)}
        for name, answers in (await ask(asked.values())).items():
            if answers:
                self._heard.add(name)
            elif asked[name].guessed and name not in self._heard:
                continue
            self._manager.handle(WitnessSeen(name, answers))


def _look_at_host() -> tuple[bool | None, str]:
    """Return whether the host has a link, and its default gateway. Reads files."""
    return host_link(), default_gateway()
