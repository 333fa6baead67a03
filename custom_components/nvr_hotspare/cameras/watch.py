"""Whether a recorder that adds a camera changes it: how the camera is set, before and after.

Recorders of some makes set a camera's time or encoding when they add it, and whoever recorded the
camera until then gets another stream than before. The camera is asked itself; one that does not
answer costs nothing, and whoever has to record it waits for nothing.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import DOMAIN
from ..nvr.camera_state import CameraState, Change, changes
from ..nvr.model import Driver, Place
from ..nvr.onvif.camera import Onlooker
from ..nvr.together import together
from ..settings.unit import NetworkConfig, UnitConfig, place_camera, unit_configs
from ..texts import plain, selector_texts

_LOGGER = logging.getLogger(__name__)

CAMERA_CHANGED: Final = "camera_changed"
SETTLING: float = 30.0
"""Seconds after which a recorder has done to a camera that it added what it does."""
_MAKES: Final = {Driver.HIKVISION, Driver.DAHUA}
"""Whose recorders log in to cameras; others only fetch a stream."""


class CameraWatch:
    """Looks at the cameras that one spare adds."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, spare: UnitConfig) -> None:
        self._hass = hass
        self._entry = entry
        self._spare = spare
        self._onlooker = Onlooker(async_get_clientsession(hass))
        self._asking: set[str] = set()
        """The keys of cameras that are being asked."""
        self._before: dict[str, CameraState | None] = {}
        """How cameras were that are yet to be added, by key; None where they do not tell."""
        self.there: set[str] = set()
        """The keys of cameras that the spare was seen to add."""

    @callback
    def asked(self, places: Iterable[Place]) -> Sequence[Place]:
        """Return the cameras that were asked how they are, and begin to ask the others."""
        cameras = tuple(places)
        new = [it for it in cameras if it.key not in self._asking | self._before.keys()]
        if new:
            self._asking |= {it.key for it in new}
            self._begin(self._ask(new))
        return [it for it in cameras if it.key in self._before]

    @callback
    def added(self, places: Iterable[Place]) -> None:
        """See, after a while, whether cameras that were added just now are as they were."""
        new = [it for it in places if it.key in self._asking | self._before.keys()]
        self.there |= {it.key for it in new}
        if new:
            self._begin(self._compare(new))

    async def _ask(self, places: Sequence[Place]) -> None:
        told: dict[str, CameraState | None] = dict.fromkeys(it.key for it in places)
        try:
            told |= await self._states(places)
        finally:  # who does not tell, for whatever reason, is not waited for
            self._asking -= told.keys()
            self._before |= told

    async def _compare(self, places: Sequence[Place]) -> None:
        await asyncio.sleep(SETTLING)
        before = {it.key: self._before.pop(it.key, None) for it in places}
        after = await self._states(it for it in places if before[it.key])
        for place in places:
            was, now = before[place.key], after.get(place.key)
            if was and now and (found := changes(was, now)):
                await self._tell(place, found)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        name = f"cameras that {self._spare.title} adds"
        self._entry.async_create_background_task(self._hass, work, name)

    async def _states(self, places: Iterable[Place]) -> dict[str, CameraState | None]:
        return await together({it.key: self._onlooker.look(it.source) for it in places})

    async def _tell(self, place: Place, found: Sequence[Change]) -> None:
        """Show what was changed of a camera, until the user has read it."""
        camera = place_camera(place.key)
        device = unit_configs(self._entry).get(camera.unit) if camera else None
        if camera is None or device is None:
            return
        texts = await selector_texts(self._hass, "camera_change")
        lines = [
            texts[it.aspect].format(
                stream=plain(it.stream), before=plain(it.before), after=plain(it.after)
            )
            for it in found
        ]
        _LOGGER.warning("%s changed %s of %s", self._spare.title, place.name, device.title)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{_prefix(device.subentry_id)}{camera.channel}",
            data={"entry_id": self._entry.entry_id, "changed": place.key},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=CAMERA_CHANGED,
            translation_placeholders={
                "camera": place.name,
                "name": device.title,
                "spare": self._spare.title,
                "changes": "\n".join(f"- {line}" for line in lines),
            },
        )


def camera_watch(hass: HomeAssistant, entry: ConfigEntry, spare: UnitConfig) -> CameraWatch | None:
    """Return what looks at the cameras that a spare adds; None where it changes none."""
    way = spare.way
    if isinstance(way, NetworkConfig) and way.driver in _MAKES:
        return CameraWatch(hass, entry, spare)
    return None


@callback
def withdraw_changes(hass: HomeAssistant, subentry_id: str) -> None:
    """Take back what was told of the cameras of a unit."""
    for domain, issue_id in tuple(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(_prefix(subentry_id)):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def _prefix(subentry_id: str) -> str:
    return f"{CAMERA_CHANGED}_{subentry_id}_"
