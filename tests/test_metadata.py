"""What hassfest and HACS would check: manifest, translations, icons and pictures fit the code."""

import importlib
import json
from pathlib import Path
import re
import struct
from typing import Any

from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.nvr_hotspare import (
    PLATFORMS,
    binary_sensor,
    button,
    camera,
    event,
    sensor,
    services,
    switch,
)
from custom_components.nvr_hotspare.condition import CONDITIONS
from custom_components.nvr_hotspare.const import DOMAIN
from custom_components.nvr_hotspare.drills.book import Proof
from custom_components.nvr_hotspare.drills.report import UNTRIED
from custom_components.nvr_hotspare.failover.model import (
    Happening,
    Reason,
    SpareStatus,
    WorkingStatus,
)
from custom_components.nvr_hotspare.live.choice import LiveFrom
from custom_components.nvr_hotspare.sensors import (
    drill as drill_sensor,
    group as group_sensor,
    heartbeat as heartbeat_sensor,
    storage as storage_sensor,
    synchronizing as synchronizing_sensor,
)
from custom_components.nvr_hotspare.trigger import TRIGGERS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / DOMAIN
EN = json.loads((PACKAGE / "translations" / "en.json").read_text())
ICONS = json.loads((PACKAGE / "icons.json").read_text())
MANIFEST = json.loads((PACKAGE / "manifest.json").read_text())

TABLES: dict[str, list[Any]] = {
    "binary_sensor": [
        *binary_sensor.DEVICE_SENSORS,
        *binary_sensor.SPARE_SENSORS,
        *group_sensor.GROUP_SENSORS,
    ],
    "button": [*button.DEVICE_BUTTONS, *button.UNIT_BUTTONS],
    "camera": [*camera.CHANNEL_CAMERAS],
    "event": [*event.DEVICE_EVENTS],
    "sensor": [
        *sensor.DEVICE_SENSORS,
        *sensor.SPARE_SENSORS,
        *sensor.SHARED_SENSORS,
        *storage_sensor.STORAGE_SENSORS,
        *heartbeat_sensor.HEARTBEAT_SENSORS,
        *synchronizing_sensor.PROGRESS_SENSORS,
        *synchronizing_sensor.OUTAGE_SENSORS,
        *drill_sensor.DRILL_SENSORS,
    ],
    "switch": [*switch.DEVICE_SWITCHES],
}


# manifest.json, hacs.json, brand


def test_manifest_is_complete_and_in_order() -> None:
    assert list(MANIFEST) == ["domain", "name", *sorted(set(MANIFEST) - {"domain", "name"})]
    required = {"codeowners", "documentation", "issue_tracker", "version"}
    assert required | {"integration_type", "iot_class", "config_flow"} <= set(MANIFEST)
    assert MANIFEST["domain"] == DOMAIN == PACKAGE.name


def test_requirements_are_ranges() -> None:
    for requirement in MANIFEST["requirements"]:
        assert re.fullmatch(r"[\w-]+>=[\d.]+,<\d+", requirement)


def test_the_version_is_that_of_the_project() -> None:
    assert f'version = "{MANIFEST["version"]}"' in (ROOT / "pyproject.toml").read_text()


def test_hacs_knows_every_key() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert set(hacs) <= {
        "content_in_root",
        "country",
        "filename",
        "hacs",
        "hide_default_branch",
        "homeassistant",
        "name",
        "persistent_directory",
        "render_readme",
        "zip_release",
    }
    assert hacs["name"] == MANIFEST["name"]


@pytest.mark.parametrize("name", ["icon.png", "logo.png"])
def test_brand_pictures_are_png(name: str) -> None:
    head = (PACKAGE / "brand" / name).read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:])
    assert 128 <= min(width, height) <= 256


# Actions


def test_every_action_is_described() -> None:
    described = load_yaml_dict(str(PACKAGE / "services.yaml"))
    assert set(described) == set(EN["services"]) == set(ICONS["services"]) == set(services.SCHEMAS)
    for action, description in described.items():
        fields = {str(key) for key in services.SCHEMAS[action].schema}
        assert set(description["fields"]) == fields == set(EN["services"][action]["fields"])


# Triggers and conditions


@pytest.mark.parametrize(
    ("kind", "keys"), [("trigger", set(TRIGGERS)), ("condition", set(CONDITIONS))]
)
def test_every_trigger_and_condition_is_described(kind: str, keys: set[str]) -> None:
    described = load_yaml_dict(str(PACKAGE / f"{kind}s.yaml"))
    texts, icons = EN[f"{kind}s"], ICONS[f"{kind}s"]
    assert {key for key in described if not key.startswith(".")} == set(texts) == set(icons) == keys
    for key in keys:
        assert set(described[key].get("fields", {})) == set(texts[key].get("fields", {}))
        assert texts[key]["name"]
        assert texts[key]["description"]
        assert set(icons[key]) == {kind}


# Entities


def test_every_platform_has_its_tables() -> None:
    assert set(TABLES) == set(PLATFORMS)
    for platform in PLATFORMS:
        assert hasattr(
            importlib.import_module(f"custom_components.{DOMAIN}.{platform}"), "PARALLEL_UPDATES"
        )


@pytest.mark.parametrize("platform", TABLES)
def test_every_entity_has_a_name_and_an_icon(platform: str) -> None:
    keys = {description.translation_key for description in TABLES[platform]}
    assert set(EN["entity"][platform]) == keys
    assert set(ICONS["entity"][platform]) == keys
    assert all(EN["entity"][platform][key]["name"] for key in keys)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("working_status", set(WorkingStatus)),
        ("spare_status", set(SpareStatus)),
        ("shared_status", set(SpareStatus)),
    ],
)
def test_every_status_has_a_text_and_an_icon(key: str, values: set[str]) -> None:
    assert set(EN["entity"]["sensor"][key]["state"]) == values
    assert set(ICONS["entity"]["sensor"][key]["state"]) == values


def test_who_sends_what_is_watched_has_a_text() -> None:
    told = EN["entity"]["camera"]["live"]["state_attributes"]["live_from"]["state"]
    assert set(told) == set(LiveFrom)


def test_connections_are_online_or_offline() -> None:
    states = EN["entity"]["binary_sensor"]["connection"]["state"]
    assert states == {"on": "Online", "off": "Offline"}


def test_what_drills_tell_has_a_text() -> None:
    assert set(EN["entity"]["sensor"]["protection_proof"]["state"]) == set(Proof)
    told = {"after", "before", "confirmed", UNTRIED, *Reason}
    assert set(EN["selector"]["drill"]["options"]) == told


def test_every_reason_and_event_has_a_text() -> None:
    entities = EN["entity"]
    for entity in (
        entities["sensor"]["working_status"],
        entities["binary_sensor"]["spare_ready"],
    ):
        assert set(entity["state_attributes"]["reason"]["state"]) == set(Reason)
    types = entities["event"]["outage"]["state_attributes"]["event_type"]["state"]
    assert set(types) == set(Happening)
