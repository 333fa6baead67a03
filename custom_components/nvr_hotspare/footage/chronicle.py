"""What each device itself was seen to record in the last 24 hours: remembered, not asked again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..failover.model import Camera, UnitId
from ..failover.state import DeviceState
from ..failover.status import stale_at
from ..listeners import Listeners
from ..manager import FailoverManager
from ..store import GroupFile
from .timeline import DAY, Change, Own, noted, own_recording, trimmed

_VERSION: Final = 1
_PACE: Final = timedelta(minutes=2)
"""Between notes that Home Assistant is there: a power cut says no goodbye."""
_SAVE: Final = 60.0
"""Seconds after a change in which more may come."""
_ABSENCE: Final = 180.0
"""Seconds without Home Assistant from which on nothing is known of them; less are a restart."""

type _Kept = dict[str, Any]
"""JSON: `seen`, when Home Assistant was there last; `devices`, by unit and channel the changes,
each a time and what was known from then on. Seconds since 1970."""


class Chronicle:
    """Follows the devices of a group."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, manager: FailoverManager) -> None:
        self._hass = hass
        self._manager = manager
        self._store = _store(hass, entry.entry_id)
        self._changes: dict[Camera, Sequence[Change]] = {}
        self._looked: Mapping[UnitId, DeviceState] = {}
        self._stale = set[UnitId]()
        self._listeners = Listeners[[UnitId]]()
        self._unsubscribe: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Read what was stored; while Home Assistant was away nobody watched."""
        kept = await self._store.async_load() or {"seen": 0.0, "devices": {}}
        for unit, channels in kept["devices"].items():
            for channel, changes in channels.items():
                known = [Change(at, Own(own)) for at, own in changes]
                self._changes[Camera(unit, int(channel))] = known
        if time.time() - kept["seen"] > _ABSENCE:
            for camera in self._changes:
                self._note(camera, Change(kept["seen"], Own.UNWATCHED))

    @callback
    def start(self) -> None:
        """Begin to watch."""
        self._unsubscribe = [
            self._manager.listen_steps(self._look),
            async_track_time_interval(
                self._hass, self._breathe, _PACE, name="chronicle", cancel_on_shutdown=True
            ),
        ]

    async def stop(self) -> None:
        """Watch no more, and save all that is known."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        if self._unsubscribe:
            self._unsubscribe = []
            await self._store.async_save(self._data())

    def changes(self, camera: Camera) -> Sequence[Change]:
        """Return what is known of a camera, in order."""
        return self._changes.get(camera, ())

    @callback
    def listen(self, listener: Callable[[UnitId], None]) -> CALLBACK_TYPE:
        """Call back with every device of which something else is known than before."""
        return self._listeners.add(listener)

    @callback
    def _look(self) -> None:
        """Take what the devices tell now; most steps tell nothing new of most of them."""
        state = self._manager.state
        before, self._looked = self._looked, state.devices
        for unit, device in state.devices.items():
            stale = state.now >= stale_at(state, device)
            if device is before.get(unit) and stale == (unit in self._stale):
                continue
            (self._stale.add if stale else self._stale.discard)(unit)
            news = [
                self._note(camera, change)
                for camera in device.cameras
                if (change := own_recording(state, device, camera.channel)) is not None
            ]
            if any(news):
                self._store.async_delay_save(self._data, _SAVE)
                self._listeners.tell(unit)

    @callback
    def _note(self, camera: Camera, change: Change) -> bool:
        before = self.changes(camera)
        after = noted(before, change)
        self._changes[camera] = after
        return after is not before

    @callback
    def _breathe(self, _: datetime) -> None:
        self._store.async_delay_save(self._data, 0)

    @callback
    def _data(self) -> _Kept:
        """Return what is to be stored: of the devices that are there, as far as it is shown."""
        now, devices = time.time(), dict[UnitId, dict[str, Any]]()
        for camera, changes in tuple(self._changes.items()):
            if camera.unit not in self._manager.state.devices:
                del self._changes[camera]
                continue
            self._changes[camera] = trimmed(changes, now - DAY)
            kept = [[change.at, change.own.value] for change in self._changes[camera]]
            devices.setdefault(camera.unit, {})[str(camera.channel)] = kept
        return {"seen": now, "devices": devices}


async def remove_chronicle(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the chronicle of a group."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> GroupFile[_Kept]:
    return GroupFile(hass, _VERSION, entry_id, "chronicle")
