"""NVR Hot Spare: a spare records the cameras of a recorder that has died."""

from contextlib import suppress
from typing import Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .dashboards.card import add_card, remove_card, serve_card
from .dashboards.websocket_api import register_commands
from .drills.book import remove_drills
from .drills.times import remove_times
from .footage.chronicle import remove_chronicle
from .footage.views import register_views
from .giving.courier import courier_state
from .giving.engine import HiredEngine
from .reports.reports import remove_reports
from .runtime import GroupRuntime, NvrHotSpareConfigEntry, open_link
from .services import register_services
from .settings.unit import unit_configs
from .store import GroupStore
from .units.devices import is_stale
from .units.naming import follow_names
from .units.removal import retire

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CAMERA,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
)

CONFIG_SCHEMA: Final = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _: ConfigType) -> bool:
    """Set up what all groups share."""
    register_views(hass)
    register_services(hass)
    register_commands(hass)
    await serve_card(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: NvrHotSpareConfigEntry) -> bool:
    """Set up a group.

    A unit that does not answer now is no reason to fail: a group without heartbeats until the
    next attempt would notice no other unit's death, nor go on with an outage.
    """
    store = GroupStore(hass, entry.entry_id)
    await store.load()
    group = entry.runtime_data = GroupRuntime(hass, entry, store)
    entry.async_on_unload(group.manager.stop)
    await group.manager.reports.load()
    await group.drills.book.load()
    await group.load()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    group.start()
    await add_card(hass)

    async def let_go(_: Event) -> None:
        await group.let_go()

    entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, let_go))
    entry.async_on_unload(entry.add_update_listener(_async_update))
    entry.async_on_unload(follow_names(hass, entry))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: NvrHotSpareConfigEntry) -> bool:
    """Unload a group; what its spare records it goes on recording."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.stop()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: NvrHotSpareConfigEntry) -> None:
    """Remove a group: its spare lets go of all its cameras, their footage stays there."""
    store = GroupStore(hass, entry.entry_id)
    with suppress(ConfigEntryError):  # who removes a group wants none of it, whoever wrote it
        await store.load()
    for config in unit_configs(entry).values():
        await retire(open_link(hass, entry.entry_id, config), store.units)
    await HiredEngine(courier_state(hass, entry.entry_id)).let_go()
    await store.remove()
    await remove_reports(hass, entry.entry_id)
    await remove_drills(hass, entry.entry_id)
    await remove_times(hass, entry.entry_id)
    await remove_chronicle(hass, entry.entry_id)
    if not any(it.entry_id != entry.entry_id for it in hass.config_entries.async_entries(DOMAIN)):
        await remove_card(hass)


async def async_remove_config_entry_device(
    _: HomeAssistant, entry: NvrHotSpareConfigEntry, device: DeviceEntry
) -> bool:
    """Let a device be deleted that is none of the group's; a unit is removed in its group."""
    return is_stale(entry, device)


async def _async_update(hass: HomeAssistant, entry: NvrHotSpareConfigEntry) -> None:
    """Take up changed subentries without reloading the entry: heartbeats and takeovers go on."""
    await entry.runtime_data.update()
