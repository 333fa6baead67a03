"""Makes tests/stored/VERSION: what the present version leaves on disks, for `test_stored`.

    .venv/bin/python -m pytest tests/integration/make_stored.py

It is real: a group with two spares and two recorders had a drill and an outage, and is amid another
one when Home Assistant ends. Run it once for each release, and never again for an earlier one.
"""

import json
from pathlib import Path
import shutil
from typing import Any

from homeassistant import config_entries
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import STORAGE_DIR, Store

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.recorder.program import version
from custom_components.nvr_hotspare.settings.group import GroupOptions
from tests.engine.outpost_lab import OutpostLab
from tests.integration.flow import Flow
from tests.integration.lab import Lab, add_builtin_group, add_device, eventually, state
from tests.integration.test_engine_flow import OPTIONS, way
from tests.integration.test_giving_back import give_back_into
from tests.stored.versions import HOME, STORED
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.dahua.firmware import DahuaFirmware
from virtual_nvr.nvr.unit import VirtualNvr


async def test_make_what_this_version_stores(  # noqa: PLR0917 (fixtures)
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    builtin_home: Path,
    lab: Lab,
    nvr: VirtualNvr,
    cameras: list[VirtualCamera],
) -> None:
    outpost = OutpostLab(builtin_home / "outpost")
    async with outpost.engine():
        await eventually(lambda: bool(outpost.codes))
        entry = await add_builtin_group(hass, builtin_home / "footage")
        options = GroupOptions(drill_every=7, drill_at="03:30:00", gateway="127.0.0.1")
        hass.config_entries.async_update_entry(entry, options=options.as_options())
        await _add_engine(hass, entry, outpost)
        await add_device(hass, entry, nvr, cameras)
        give_back_into(hass, entry, nvr)
        others = await lab.cameras(1)
        other = await lab.nvr("NVR-2", others, dahua=DahuaFirmware())
        await add_device(hass, entry, other, others, covers_no_record=True)
        await eventually(lambda: state(hass, "binary_sensor", nvr, "spare_ready") == "on")
        await eventually(lambda: state(hass, "binary_sensor", other, "spare_ready") == "on")
        await _live_through(hass, lab, entry, nvr)
        group = Path(hass.config.path(STORAGE_DIR, DOMAIN, entry.entry_id))
        await eventually(lambda: _is_appointed(group))
        _write_entities(hass, builtin_home)
        await _save_entries(hass)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
        _write_storage(hass, hass_storage)
        _keep(builtin_home, STORED / version())


async def _add_engine(hass: HomeAssistant, entry: ConfigEntry, outpost: OutpostLab) -> None:
    flow = await Flow.add(hass, entry, "hot_spare")
    await flow.choose("engine")
    await flow.enter(way(outpost))
    await flow.enter(OPTIONS)
    await flow.enter({"preference": 2})
    (spare,) = [it for it in entry.subentries.values() if it.data["driver"] == "engine"]
    serial = str(spare.unique_id)
    await eventually(lambda: state(hass, "sensor", serial, "working_status") == "idle")


async def _live_through(hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr) -> None:
    """Have a drill, an outage that ends, and one that does not."""

    def is_shown(status: str) -> bool:
        return state(hass, "sensor", nvr, "working_status") == status

    reports = entry.runtime_data.manager.reports
    await eventually(lambda: is_shown("recording"))
    await entry.runtime_data.drills.drill("NVR-1")
    await eventually(lambda: is_shown("recording"))
    await lab.stop("NVR-1")
    await eventually(lambda: is_shown("backing_up"))
    await lab.start(nvr.config)
    await eventually(lambda: "synchronized" in (reports.latest("NVR-1") or {}))
    await eventually(lambda: is_shown("recording"))
    await lab.stop("NVR-1")
    await eventually(lambda: is_shown("backing_up"))
    view = entry.runtime_data.manager.device_view
    await eventually(lambda: len(view("NVR-1").backed_up) == len(nvr.config.channels))


def _is_appointed(state: Path) -> bool:
    return (state / "away.json").exists() and (state / "orders.sealed").exists()


def _write_entities(hass: HomeAssistant, home: Path) -> None:
    """Write the names by which automations and dashboards hold on to entities."""
    entities = er.async_get(hass).entities.values()
    told = sorted([it.domain, it.unique_id] for it in entities if it.platform == DOMAIN)
    (home / "entities.json").write_text(json.dumps(told, indent=1))


async def _save_entries(hass: HomeAssistant) -> None:
    """Save the config entries as Home Assistant does when they change."""
    store = Store[dict[str, Any]](
        hass,
        config_entries.STORAGE_VERSION,
        config_entries.STORAGE_KEY,
        minor_version=config_entries.STORAGE_VERSION_MINOR,
    )
    await store.async_save(hass.config_entries._data_to_save())


def _write_storage(hass: HomeAssistant, saved: dict[str, Any]) -> None:
    """Write what Home Assistant has saved: in tests that is kept in memory."""
    for key, value in saved.items():
        if key == config_entries.STORAGE_KEY or key.startswith(DOMAIN):
            Path(hass.config.path(STORAGE_DIR, key)).write_text(json.dumps(value, indent=1))


def _keep(home: Path, into: Path) -> None:
    """Keep all that would outlive an update; of the footage the smallest file."""
    storage = home / "config" / STORAGE_DIR
    kept = [
        home / "entities.json",
        storage / config_entries.STORAGE_KEY,
        *storage.glob(f"{DOMAIN}.*"),
        *(it for folder in (storage / DOMAIN, home / "outpost") for it in folder.rglob("*")),
        *(home / "footage").glob(".*"),
        min((home / "footage").rglob("*.mp4"), key=lambda it: it.stat().st_size),
    ]
    shutil.rmtree(into, ignore_errors=True)
    for path in kept:
        if path.is_file() and path.suffix not in {".lock", ".log"}:
            copy = into / path.relative_to(home)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes().replace(str(home).encode(), HOME.encode()))
