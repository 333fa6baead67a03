"""What the choices for the built-in spare mean for the group's cameras, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant

from ..const import Standby
from ..failover.model import Camera, UnitId
from ..footage.folder import Disk, Surroundings, warnings
from ..links.builtin import BuiltinLink
from ..runtime import GroupRuntime
from ..settings.builtin import FREE_FLOOR, GIGABYTE, BuiltinConfig, shortest_ring
from ..settings.group import GroupOptions
from ..settings.unit import ChannelConfig, UnitConfig, unit_configs
from ..texts import selector_texts

OF_CAMERAS: Final = frozenset({"limit", "room", *Standby})
"""What is said in other words while no camera is known."""
_TYPICAL: Final = 4_000_000
"""Bits per second of a camera of which nothing is known."""
_MANY: Final = 10
"""Hours whose tenths say nothing."""


def group_cameras(
    entry: ConfigEntry[GroupRuntime], *, without: UnitId | None = None
) -> list[ChannelConfig]:
    """Return the cameras that the group's spare may have to record, as last measured."""
    engine = _engine(entry)
    return [
        _measured(engine, config, channel)
        for config in unit_configs(entry).values()
        if config.is_device and config.unit != without
        for channel in config.channels
        if channel.source is not None
    ]


def _engine(entry: ConfigEntry[GroupRuntime]) -> BuiltinLink | None:
    """Return the built-in spare of a group that has one and is loaded."""
    links = entry.runtime_data.links if entry.state is ConfigEntryState.LOADED else ()
    return next((link for link in links if isinstance(link, BuiltinLink)), None)


def _measured(
    engine: BuiltinLink | None, config: UnitConfig, channel: ChannelConfig
) -> ChannelConfig:
    """Complete a camera with what the engine sees of it, longer than any test."""
    seen = engine.channel(Camera(config.unit, channel.number)) if engine else None
    if seen is None:
        return channel
    return replace(
        channel,
        bitrate=seen.bitrate or channel.bitrate,
        longest_gop=max(seen.longest_gop, channel.longest_gop),
    )


def needed_ring(entry: ConfigEntry[GroupRuntime] | None, cameras: Iterable[ChannelConfig]) -> int:
    """Return the seconds of these cameras that a warm spare of the group has to hold at least."""
    options = GroupOptions.from_options(entry.options if entry else {})
    return shortest_ring((camera.longest_gop for camera in cameras), options.acted_on_after)


async def outlook(
    hass: HomeAssistant,
    entry: ConfigEntry[GroupRuntime] | None,
    options: BuiltinConfig,
    cameras: Sequence[ChannelConfig],
) -> str:
    """Return what the options mean for these cameras, as a list in Markdown."""
    around = Surroundings.of(hass)

    def look() -> tuple[Disk, list[str]]:
        return Disk.of(options.folder), warnings(options.folder, around)

    engine = _engine(entry) if entry else None
    used = engine.report.storage.used if engine and engine.report else 0
    bitrate = sum(camera.bitrate or _TYPICAL for camera in cameras) or _TYPICAL
    facts: dict[str, str] = {}
    try:
        disk, about_folder = await hass.async_add_executor_job(look)
    except OSError:
        lines = ["no_disk"]
    else:
        lines, facts = _about_space(options, disk, used, bitrate)
        lines += about_folder
    lines.append(options.standby)
    shortest = needed_ring(entry, cameras)
    if not options.bridges(shortest):
        lines.append("ring_too_short")
    if not all(camera.bitrate for camera in cameras):
        lines.append("unmeasured")
    facts |= {
        "cameras": str(len(cameras)),
        "megabits": f"{bitrate / 1e6:.1f}",
        "memory": f"{bitrate / 8 * options.ring_seconds / 1e6:.0f}",
        "seconds": str(options.ring_seconds),
        "shortest": str(shortest),
        "typical": str(_TYPICAL // 1_000_000),
    }
    texts = await selector_texts(hass, "outlook")
    keys = [f"{line}_each" if not cameras and line in OF_CAMERAS else line for line in lines]
    return "\n".join(f"- {texts[key].format(**facts)}" for key in keys)


def _about_space(
    options: BuiltinConfig, disk: Disk, used: int, bitrate: int
) -> tuple[list[str], dict[str, str]]:
    """Return what there is to say about the disk, by key, and the numbers for it."""
    room = max(disk.free + used - FREE_FLOOR, 0)
    limit = options.space_limit * GIGABYTE
    lines = ["space", "limit" if 0 < limit <= room else "room"]
    if limit > room:
        lines.append("limit_over_room")
    hours = min(limit or room, room) * 8 / bitrate / 3600
    return lines, {
        "free": f"{disk.free / GIGABYTE:.0f}",
        "floor": f"{FREE_FLOOR / GIGABYTE:.0f}",
        "limit": str(options.space_limit),
        "hours": f"{hours:.0f}" if hours >= _MANY else f"{hours:.1f}",
    }
