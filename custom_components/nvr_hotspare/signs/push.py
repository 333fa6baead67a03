"""Takes what a unit tells by itself: heartbeats at its webhook, and what it tells who listens."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import hdrs, web
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..links.network import NetworkLink
from ..manager import FailoverManager
from ..settings.push import CONF_PUSH, PushConfig
from .listening import Listener
from .rhythm import Rhythm
from .signs import SignsOfLife

_METHODS: Final = (hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_POST, hdrs.METH_PUT)


async def take_pushes(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    manager: FailoverManager,
    link: NetworkLink,
    probe: Callable[[], None],
) -> None:
    """Take them until cancelled; `probe` is called when the unit is to be probed at once."""
    signs = SignsOfLife(manager, link, probe)
    async with asyncio.TaskGroup() as group:
        group.create_task(UnitWebhook(hass, entry, signs).serve())
        group.create_task(Listener(signs).listen())


class UnitWebhook:
    """Where one unit may push, if the user allows it to."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], signs: SignsOfLife) -> None:
        self._hass = hass
        self._entry = entry
        self._signs = signs
        self._subentry_id = signs.link.config.subentry_id
        self._config = PushConfig()
        self._rhythm = Rhythm()
        self._pushed = asyncio.Event()

    async def serve(self) -> None:
        """Take pushes, and miss those that do not come, until cancelled."""
        unlisten = self._entry.add_update_listener(self._follow)
        try:
            await self._follow(self._hass, self._entry)
            await self._expect()
        finally:
            unlisten()
            self._change(PushConfig())

    async def _follow(self, _hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Take up what the user has changed."""
        subentry = entry.subentries.get(self._subentry_id)
        data = subentry.data.get(CONF_PUSH, {}) if subentry else {}
        self._change(PushConfig.from_data(data))

    @callback
    def _change(self, config: PushConfig) -> None:
        if config == self._config:
            return
        if self._config.webhook_id:
            webhook.async_unregister(self._hass, self._config.webhook_id)
        self._config = config
        self._rhythm.forget()
        self._pushed.set()
        if config.webhook_id:
            webhook.async_register(
                self._hass,
                DOMAIN,
                self._signs.link.config.title,
                config.webhook_id,
                self._take,
                local_only=config.local_only,
                allowed_methods=_METHODS,
            )

    async def _take(self, hass: HomeAssistant, _: str, _request: web.Request) -> web.Response:
        """Take a push. What is sent with it is not read: the server throws it away in pieces."""
        self._rhythm.beat(hass.loop.time())
        self._pushed.set()
        self._signs.heard()
        return web.Response()

    async def _expect(self) -> None:
        """Suspect the unit whenever its next push does not come."""
        while True:
            self._pushed.clear()
            try:
                async with asyncio.timeout_at(self._rhythm.due):
                    await self._pushed.wait()
            except TimeoutError:
                self._rhythm.forget()
                await self._signs.missed()
