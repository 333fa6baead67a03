"""What dashboards show of a group and its units, as JSON; texts are left to whoever shows it.

Times are seconds since 1970. Nothing in it depends on the present time: while nothing happens it
stays the same. A stretch of a timeline that has no end goes on.
"""

from collections.abc import Sequence
import time
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..drills.book import DrillBook
from ..failover.model import Camera, Recording, UnitId
from ..failover.view import DeviceView
from ..footage.chronicle import Chronicle
from ..footage.covers import covers_told, lacks_told, present_cover
from ..footage.timeline import DAY, Stretch, camera_timeline, device_timeline
from ..links.engine import EngineLink
from ..live.choice import live_view_id
from ..manager import FailoverManager
from ..reports.account import Json, account
from ..settings.builtin import GIGABYTE, BuiltinConfig
from ..settings.unit import ChannelConfig, UnitConfig

_HOUR: Final = 3600.0


class Overview:
    """Looks at one group."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        manager: FailoverManager,
        book: DrillBook,
        chronicle: Chronicle,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self.manager = manager
        self.book = book
        self.chronicle = chronicle

    # The group

    @callback
    def group(self) -> Json:
        """Return what is shown of the group, and the order of its units: devices, then spares."""
        found = self.manager.protection
        configs = sorted(self.manager.configs, key=lambda it: (not it.is_device, it.preference))
        return {
            "id": self._entry.entry_id,
            "title": self._entry.title,
            "units": [config.unit for config in configs],
            "protection": {
                "full": found.full,
                "stranded": [
                    {"unit": self._title(unit), "cameras": len(cameras)}
                    for unit, cameras in found.singles.items()
                ],
                "pairs": len(found.pairs),
                "unproven": len(found.unproven),
            },
        }

    @callback
    def outages(self) -> list[Json]:
        """Return what is told of all outages that are over, the latest first."""
        titles = self._titles()
        found = [
            {"unit": config.unit, **account(report, config.channels, titles)}
            for config in self.manager.configs
            for report in self.manager.reports.all(config.unit)
        ]
        return sorted(found, key=lambda outage: -outage["since"])

    # A unit

    @callback
    def unit(self, unit: UnitId) -> Json:
        """Return what is shown of a unit."""
        config, view = self.manager.config(unit), self.manager.view(unit)
        device = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, unit), config_entry_id=self._entry.entry_id
        )
        endpoint = None if isinstance(config.way, BuiltinConfig) else config.way.endpoint
        return {
            "id": unit,
            "name": config.title,
            "device_id": device.id if device else None,
            "entity_id": self._entity("sensor", f"{unit}_working_status"),
            "address": endpoint.host if endpoint else None,
            "url": device.configuration_url if device else None,
            "connection": view.connection,
            "device": self._device(config, view.device) if view.device else None,
            "spare": self._spare(config) if view.spare else None,
        }

    def _entity(self, platform: str, unique_id: str) -> str | None:
        """Return the id of an entity, None where it is switched off."""
        registry = er.async_get(self._hass)
        entity_id = registry.async_get_entity_id(platform, DOMAIN, unique_id)
        entry = registry.async_get(entity_id) if entity_id else None
        return entity_id if entry and not entry.disabled else None

    def _device(self, config: UnitConfig, view: DeviceView) -> Json:
        unit, book = config.unit, self.book
        timelines = [self._timeline(config, channel) for channel in config.channels]
        drill, report = book.latest(unit), self.manager.reports.latest(unit)
        titles = self._titles()
        return {
            "status": view.working_status,
            "since": round(view.since, 1),
            "phase": view.phase,
            "cause": view.cause,
            "reason": view.reason,
            "outage_since": None if view.outage_since is None else round(view.outage_since, 1),
            "spares": [self._title(spare) for spare in dict.fromkeys(view.spares.values())],
            "protected": config.protected,
            "spare_ready": view.spare_ready,
            "spare_ready_reason": view.spare_ready_reason,
            "gives_back": config.giving_back.gives,
            "owed_seconds": round(view.owed_seconds),
            "sync_problem": view.sync_problem,
            "progress": self._progress(unit),
            "proof": book.proof(config),
            "drill": drill
            and {
                "at": _seconds(drill["drilled"]),
                "good": drill["good"],
                "after": max(drill["first_confirmed_after"].values(), default=None),
            },
            "outage": report and account(report, config.channels, titles),
            "timeline": _stretches(device_timeline(timelines)),
            "cameras": [
                self._camera(config, channel, view, stretches)
                for channel, stretches in zip(config.channels, timelines, strict=True)
            ],
        }

    def _title(self, unit: UnitId) -> str:
        return self.manager.config(unit).title

    def _titles(self) -> dict[UnitId, str]:
        return {config.unit: config.title for config in self.manager.configs}

    def _progress(self, unit: UnitId) -> Json | None:
        progress = self.manager.courier.progress(unit)
        if progress is None:
            return None
        return {"percent": progress.percent, "remaining": progress.remaining}

    def _camera(
        self,
        config: UnitConfig,
        channel: ChannelConfig,
        view: DeviceView,
        timeline: Sequence[Stretch],
    ) -> Json:
        camera = Camera(config.unit, channel.number)
        spare = view.spares.get(camera)
        return {
            "number": channel.number,
            "name": channel.name,
            "wanted": channel.wanted,
            "spare": self._title(spare) if spare and camera in view.backed_up else None,
            "missed": view.not_backed_up.get(camera),
            "unrecorded": self._unrecorded(camera),
            "entity_id": self._entity("camera", live_view_id(config, channel)),
            "timeline": _stretches(timeline),
        }

    def _unrecorded(self, camera: Camera) -> bool:
        """Tell whether the device itself says that it does not record a camera."""
        told = self.manager.state.devices[camera.unit].recordings or {}
        return told.get(camera.channel) is Recording.NO

    # Its timeline

    def _timeline(self, config: UnitConfig, channel: ChannelConfig) -> tuple[Stretch, ...]:
        camera, now = Camera(config.unit, channel.number), time.time()
        reports, titles = self.manager.reports.all(config.unit), self._titles()
        covers = covers_told(reports, channel.number, titles)
        device = self.manager.state.devices[config.unit]
        held = self.manager.state.holder(camera)
        if held is not None:
            spare = held.config.unit
            present = present_cover(
                device, camera, self._first_frame(spare, camera), self._title(spare)
            )
            covers += [present] if present else []
        return camera_timeline(
            self.chronicle.changes(camera),
            covers,
            lacks_told(reports, channel.number),
            # Whole hours: what is told is the same until something happens.
            (now - DAY) // _HOUR * _HOUR,
            now,
        )

    def _first_frame(self, spare: UnitId, camera: Camera) -> float | None:
        """Return when what a spare records now begins, where it tells that."""
        link = self.manager.link(spare)
        told = link.channel(camera) if isinstance(link, EngineLink) else None
        return told.first_frame / 1e9 if told and told.recorded and told.first_frame else None

    # A spare

    def _spare(self, config: UnitConfig) -> Json:
        view = self.manager.spare_view(config.unit)
        link = self.manager.link(config.unit)
        report = link.report if isinstance(link, EngineLink) else None
        storage = report and report.storage
        return {
            "status": view.status,
            "in_use": view.channels_in_use,
            "capacity": view.capacity,
            "serving": [self._title(device) for device in view.serving],
            "storage": storage
            and {
                "state": storage.state,
                "used": round(storage.used / GIGABYTE, 1),
                "free": round(max(storage.free - storage.floor, 0) / GIGABYTE, 1),
                "limit": round(storage.limit / GIGABYTE, 1),
            },
        }


def _stretches(stretches: Sequence[Stretch]) -> list[Json]:
    """Return a timeline; what is not said is not so."""
    found = list[Json]()
    for stretch in stretches:
        told: Json = {"from": round(stretch.start, 1), "kind": stretch.kind}
        if stretch.end is not None:
            told["to"] = round(stretch.end, 1)
        if stretch.by:
            told["by"] = stretch.by
        if stretch.returned:
            told["returned"] = True
        if stretch.cameras:
            told["cameras"] = stretch.cameras
        found.append(told)
    return found


def _seconds(told: str) -> float | None:
    at = dt_util.parse_datetime(told)
    return at.timestamp() if at else None
