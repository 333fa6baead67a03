"""What is remembered of the last 24 hours."""

import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.failover.model import Camera
from custom_components.nvr_hotspare.footage.chronicle import Chronicle
from custom_components.nvr_hotspare.footage.timeline import Own
from tests.integration.lab import Lab, eventually
from virtual_nvr.nvr.unit import VirtualNvr

CAMERA = Camera("NVR-1", 1)


def known(entry: ConfigEntry) -> list[Own]:
    chronicle: Chronicle = entry.runtime_data.chronicle
    return [change.own for change in chronicle.changes(CAMERA)]


async def test_an_outage_is_remembered_over_a_restart(
    hass: HomeAssistant, lab: Lab, entry: ConfigEntry, nvr: VirtualNvr
) -> None:
    await eventually(lambda: known(entry)[-1:] == [Own.RECORDED])
    await lab.stop("NVR-1")
    await eventually(lambda: known(entry)[-1:] == [Own.MISSING])
    await lab.start(nvr.config)
    await eventually(lambda: known(entry)[-1:] == [Own.RECORDED])
    before = known(entry)

    await hass.config_entries.async_reload(entry.entry_id)
    assert known(entry) == before


async def test_of_the_time_without_home_assistant_nothing_is_known(
    hass: HomeAssistant, entry: ConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await eventually(lambda: known(entry)[-1:] == [Own.RECORDED])
    await hass.config_entries.async_unload(entry.entry_id)
    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}.chronicle"]["data"]
    stored["seen"] = time.time() - 3600
    stored["devices"]["NVR-1"]["1"] = [[time.time() - 7200, "recorded"]]

    await hass.config_entries.async_setup(entry.entry_id)
    await eventually(
        lambda: known(entry) == [Own.RECORDED, Own.UNWATCHED, Own.RECORDED],
    )


async def test_a_group_that_is_removed_leaves_nothing_behind(
    hass: HomeAssistant, entry: ConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}.chronicle" in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    assert f"{DOMAIN}.{entry.entry_id}.chronicle" not in hass_storage
