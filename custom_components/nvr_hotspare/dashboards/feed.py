"""Tells dashboards what is shown of a group: all of it once, then only what has changed."""

from collections.abc import Callable, Collection
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..failover.model import UnitId
from ..links.engine import EngineLink
from ..links.link import UnitLink
from ..listeners import Listeners
from ..reports.account import Json
from ..settings.unit import UnitConfig
from .overview import Overview


class Feed:
    """Follows a loaded group while anybody looks at it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        overview: Overview,
        links: Callable[[], Collection[UnitLink]],
    ) -> None:
        """Prepare.

        Args:
            hass: Home Assistant.
            entry: The group's.
            overview: Looks at the group.
            links: The ways to the units that are in the group now.
        """
        self._hass = hass
        self._entry_id = entry.entry_id
        self._overview = overview
        self._manager = overview.manager
        self._links = links
        self._listeners = Listeners[[Json]]()
        self._watchers = 0
        self._told_group: Json = {}
        self._told: dict[UnitId, Json] = {}
        self._configs: dict[UnitId, UnitConfig] = {}
        self._touched = set[UnitId]()
        self._gathering: CALLBACK_TYPE | None = None
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._followed: dict[UnitLink, list[CALLBACK_TYPE]] = {}

    @callback
    def watch(self, listener: Callable[[Json], None]) -> tuple[Json, CALLBACK_TYPE]:
        """Return all that is shown, and how to be told of no more changes.

        A change has `units`, those that are new or not the same, and `group` where that is not.
        """
        if not self._watchers:
            self._start()
        self._watchers += 1
        self._flush()  # so that the others are told what this one gets
        remove = self._listeners.add(listener)

        @callback
        def leave() -> None:
            remove()
            self._watchers -= 1
            if not self._watchers:
                self._stop()

        return {"group": self._told_group, "units": list(self._told.values())}, leave

    @callback
    def _start(self) -> None:
        listen = self._hass.bus.async_listen
        self._unsubscribe = [
            self._manager.listen_group(self._group_changed),
            self._manager.courier.listen(self._touch_busy),
            self._manager.reports.listen(self._touch_devices),
            self._overview.book.listen(self._touch_devices),
            self._overview.chronicle.listen(self._touch),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._device_changed),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._entity_changed),
        ]
        self._group_changed()

    @callback
    def _stop(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for link in tuple(self._followed):
            self._unfollow(link)
        if self._gathering:
            self._gathering()
        self._gathering = None
        self._told_group, self._told, self._configs, self._touched = {}, {}, {}, set()

    # What may have changed

    @callback
    def _touch(self, *units: UnitId) -> None:
        self._touched.update(units)
        if self._gathering is None:
            # Not at once: what happens to one unit changes others, too.
            self._gathering = self._hass.loop.call_soon(self._flush).cancel

    @callback
    def _touch_all(self) -> None:
        self._touch(*(link.config.unit for link in self._links()))

    @callback
    def _group_changed(self) -> None:
        """Look at the units that are new or configured otherwise, and follow those there are."""
        links = self._links()
        for link in [link for link in self._followed if link not in links]:
            self._unfollow(link)
        for link in links:
            if link not in self._followed:
                self._follow(link)
        before, self._configs = self._configs, {link.config.unit: link.config for link in links}
        self._touch(*(unit for unit, it in self._configs.items() if before.get(unit) != it))

    @callback
    def _follow(self, link: UnitLink) -> None:
        unit = link.config.unit
        self._followed[link] = [self._manager.listen_changes(unit, lambda: self._touch(unit))]
        if isinstance(link, EngineLink):
            self._followed[link] += [
                link.listen(lambda: self._touch(unit)),
                link.listen(self._touch_busy),  # it tells when footage begins
            ]

    @callback
    def _unfollow(self, link: UnitLink) -> None:
        for unsubscribe in self._followed.pop(link):
            unsubscribe()

    @callback
    def _touch_devices(self) -> None:
        self._touch(*self._manager.state.devices)

    @callback
    def _touch_busy(self) -> None:
        """Look at the devices that spares record for, or that get footage back, or just have."""
        for unit, device in self._manager.state.devices.items():
            told = self._told.get(unit, {}).get("device") or {}
            if device.outage or told.get("progress") or self._manager.courier.progress(unit):
                self._touch(unit)

    @callback
    def _device_changed(self, event: Event[Any]) -> None:
        device = dr.async_get(self._hass).async_get(event.data["device_id"])
        if device and device.config_entry_id == self._entry_id:
            self._touch_all()

    @callback
    def _entity_changed(self, event: Event[Any]) -> None:
        entity = er.async_get(self._hass).async_get(event.data["entity_id"])
        if entity and entity.config_entry_id == self._entry_id:
            self._touch_all()

    # What has changed

    @callback
    def _flush(self) -> None:
        """Look at all that may have changed, and tell what has."""
        if self._gathering:
            self._gathering()
            self._gathering = None
        touched, self._touched = self._touched, set()
        present = {link.config.unit for link in self._links()}
        self._told = {unit: told for unit, told in self._told.items() if unit in present}
        units = []
        for unit in touched & present:
            if (seen := self._overview.unit(unit)) != self._told.get(unit):
                self._told[unit] = seen
                units.append(seen)
        change: Json = {"units": units}
        if (group := self._overview.group()) != self._told_group:
            change["group"] = self._told_group = group
        if units or "group" in change:
            self._listeners.tell(change)
