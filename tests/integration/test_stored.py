"""What earlier versions stored is known after an update; what newer ones stored stays untouched."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntries, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import STORAGE_DIR
import pytest

from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.drills.book import Proof
from custom_components.nvr_hotspare.failover.model import Camera
from custom_components.nvr_hotspare.footage.timeline import Own
from custom_components.nvr_hotspare.links.builtin import BuiltinLink
from custom_components.nvr_hotspare.settings.giving import Way
from custom_components.nvr_hotspare.settings.group import GroupOptions
from custom_components.nvr_hotspare.settings.unit import NetworkConfig
from custom_components.nvr_hotspare.units import removal
from tests.integration.lab import CAMERA_PASSWORD, PASSWORD, eventually, state
from tests.stored.versions import VERSIONS, bring_back, read

ENTRIES = "core.config_entries"

pytestmark = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def stored(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    builtin_home: Path,
    version: str,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Any]:
    """The files of Home Assistant's storage as a version has left them, by name."""
    monkeypatch.setattr(removal, "_TIME", 0.1)  # nobody is there who could be told
    bring_back(version, builtin_home)
    for path in Path(hass.config.path(STORAGE_DIR)).iterdir():
        if path.is_file():
            hass_storage[path.name] = read(path)
    return hass_storage


async def start(hass: HomeAssistant) -> ConfigEntry:
    """Have Home Assistant read its config entries as at its start, and set up the group."""
    hass.config_entries = ConfigEntries(hass, {})
    await hass.config_entries.async_initialize()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


def journal_of(stored: dict[str, Any]) -> str:
    """Return the name of the group's file that has the journal."""
    (entry,) = stored[ENTRIES]["data"]["entries"]
    return f"{DOMAIN}.{entry['entry_id']}"


def on_disk(hass: HomeAssistant, stored: dict[str, Any]) -> dict[str, Any]:
    """Return all that is stored of the group, by Home Assistant and by the built-in engine."""
    folder = Path(hass.config.path(STORAGE_DIR, DOMAIN))
    ours = {name: it for name, it in stored.items() if name.startswith((DOMAIN, ENTRIES))}
    engine = {str(it): it.read_bytes() for it in folder.rglob("*") if it.is_file()}
    return deepcopy(ours) | engine


async def test_the_outage_goes_on(hass: HomeAssistant, stored: dict[str, Any]) -> None:
    before = deepcopy(stored[journal_of(stored)]["data"]["journal"])
    entry = await start(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, "sensor", "NVR-1", "working_status") == "backing_up"
    group = entry.runtime_data
    (builtin,) = [link for link in group.links if isinstance(link, BuiltinLink)]
    await eventually(lambda: builtin.report is not None)
    assert builtin.report
    assert {"NVR-1.1", "NVR-1.2", "NVR-2.1"} <= builtin.report.channels.keys()
    view = group.manager.device_view("NVR-1")
    assert view.outage_since == before["devices"]["NVR-1"]["outage"]["since"]
    assert {*view.spares} == {Camera("NVR-1", 1), Camera("NVR-1", 2)}


@pytest.mark.usefixtures("stored")
async def test_units_and_options_are_there(hass: HomeAssistant) -> None:
    group = (entry := await start(hass)).runtime_data
    units = {config.unit: config for config in group.units}
    assert len(units) == 4
    assert {config.is_spare for unit, config in units.items() if "NVR" not in unit} == {True}
    first, second = units["NVR-1"], units["NVR-2"]
    assert [channel.name for channel in first.channels] == ["Camera 1", "Camera 2"]
    assert first.giving_back.way is Way.FOLDER
    assert second.covers_no_record
    for config in (first, second):
        assert isinstance(config.way, NetworkConfig)
        assert config.way.credentials.password == PASSWORD
        for channel in config.channels:
            assert channel.source
            assert channel.source.password == CAMERA_PASSWORD
    assert isinstance(second.way, NetworkConfig)
    assert second.way.driver == "dahua"
    options = GroupOptions.from_options(entry.options)
    assert (options.drill_every, options.drill_at) == (7, "03:30:00")


async def test_what_happened_is_remembered(hass: HomeAssistant, stored: dict[str, Any]) -> None:
    times = deepcopy(stored[f"{journal_of(stored)}.drill_times"]["data"])
    group = (await start(hass)).runtime_data
    (report,) = group.manager.reports.all("NVR-1")
    assert report["synchronized"]
    assert group.drills.book.latest("NVR-1")["good"]
    proofs = {config.unit: group.drills.book.proof(config) for config in group.units}
    assert (proofs["NVR-1"], proofs["NVR-2"]) == (Proof.PROVEN, Proof.UNPROVEN)
    known = [change.own for change in group.chronicle.changes(Camera("NVR-1", 1))]
    assert {Own.RECORDED, Own.MISSING} <= {*known}
    assert group._schedule._times._kept == times
    assert group.manager.known_units.keys() == {"NVR-1", "NVR-2"}
    assert group.manager._store.seq >= stored[journal_of(stored)]["data"]["seq"]


@pytest.mark.usefixtures("stored")
async def test_entities_have_the_names_that_automations_hold_on_to(
    hass: HomeAssistant, builtin_home: Path
) -> None:
    await start(hass)
    entities = er.async_get(hass).entities.values()
    there = {(it.domain, it.unique_id) for it in entities if it.platform == DOMAIN}
    assert {(domain, name) for domain, name in read(builtin_home / "entities.json")} <= there


@pytest.mark.parametrize("name", ["", ".reports", ".drills", ".drill_times", ".chronicle"])
async def test_a_file_of_a_newer_version_is_an_error_that_says_what_to_do(
    hass: HomeAssistant, stored: dict[str, Any], name: str
) -> None:
    key = journal_of(stored) + name
    stored[key]["version"] = 99
    before = on_disk(hass, stored)
    entry = await start(hass)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "stored_by_newer"
    assert entry.error_reason_translation_placeholders == {"file": f".storage/{key}"}
    assert entry.reason
    assert entry.reason.startswith(f".storage/{key} was written by a newer version")
    assert on_disk(hass, stored) == before
    assert not er.async_get(hass).entities


async def test_a_journal_of_a_newer_version_is_kept_until_that_version_is_back(
    hass: HomeAssistant, stored: dict[str, Any]
) -> None:
    journal = stored[journal_of(stored)]["data"]["journal"]
    ours, journal["version"] = journal["version"], 99
    before = on_disk(hass, stored)
    entry = await start(hass)
    assert entry.error_reason_translation_key == "stored_by_newer"
    assert on_disk(hass, stored) == before
    stored[journal_of(stored)]["data"]["journal"]["version"] = ours
    await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, "sensor", "NVR-1", "working_status") == "backing_up"


async def test_a_group_can_be_removed_that_a_newer_version_stored(
    hass: HomeAssistant, stored: dict[str, Any]
) -> None:
    key = journal_of(stored)
    stored[key]["version"] = 99
    entry = await start(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [name for name in stored if name.startswith(DOMAIN)]


async def test_home_assistant_itself_refuses_an_entry_of_a_newer_version(
    hass: HomeAssistant, stored: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    stored[ENTRIES]["data"]["entries"][0]["version"] = 99
    before = on_disk(hass, stored)
    entry = await start(hass)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert "has version 99 which is higher than the current version 1" in caplog.text
    assert on_disk(hass, stored) == before


async def test_what_a_newer_version_adds_to_an_entry_does_no_harm_and_is_kept(
    hass: HomeAssistant, stored: dict[str, Any]
) -> None:
    (told,) = stored[ENTRIES]["data"]["entries"]
    told["minor_version"] = 99
    told["options"]["new"] = told["subentries"][-1]["data"]["new"] = "more"
    entry = await start(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.options["new"] == [*entry.subentries.values()][-1].data["new"] == "more"
