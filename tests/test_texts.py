"""Whatever people read has a text in en.json, and every text there is read."""

import ast
from collections.abc import Iterator
from dataclasses import fields
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import ObjectSelector
import pytest

from custom_components.nvr_hotspare.cameras.drift import CAMERA_GONE, CAMERA_NEW
from custom_components.nvr_hotspare.cameras.issues import CAMERA_REJECTS
from custom_components.nvr_hotspare.cameras.watch import CAMERA_CHANGED
from custom_components.nvr_hotspare.const import DOMAIN, Standby, WorkMode
from custom_components.nvr_hotspare.drills.schedule import DRILL_TOO_OLD
from custom_components.nvr_hotspare.errors import source_error_key, unit_error_key
from custom_components.nvr_hotspare.failover.model import (
    Priority,
)
from custom_components.nvr_hotspare.flows import (
    camera as camera_flow,
    drill as drill_flow,
    options as options_flow,
    push as push_flow,
    reauth as reauth_flow,
    spare as spare_flow,
    subentry as subentry_flow,
)
from custom_components.nvr_hotspare.flows.builtin import SPARE_KINDS
from custom_components.nvr_hotspare.footage.timeline import Kind
from custom_components.nvr_hotspare.forms import (
    builtin as builtin_form,
    channels as channel_form,
    driver as driver_form,
    engine as engine_form,
    giving as giving_form,
    options as options_form,
    outlook,
    unit as unit_form,
)
from custom_components.nvr_hotspare.links.access_issues import CERTIFICATE_CHANGED
from custom_components.nvr_hotspare.links.engine_issues import (
    IN_BACKUPS,
    NOT_PAIRED,
    RING_TOO_SHORT,
    STORAGE_ISSUES,
    TOO_OLD,
)
from custom_components.nvr_hotspare.managing.manual import Refusal
from custom_components.nvr_hotspare.nvr import errors as unit_errors
from custom_components.nvr_hotspare.nvr.camera_state import Aspect, Encoding
from custom_components.nvr_hotspare.recorder import errors as source_errors
from custom_components.nvr_hotspare.recorder.giving.model import TransferProblem
from custom_components.nvr_hotspare.recorder.report import StorageState
from custom_components.nvr_hotspare.settings.giving import Way
from custom_components.nvr_hotspare.settings.group import DAILY, WEEKDAYS, Failback
from tests.test_languages import leaves

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / DOMAIN
EN = json.loads((PACKAGE / "translations" / "en.json").read_text())
MANIFEST = json.loads((PACKAGE / "manifest.json").read_text())
UNIT = EN["config_subentries"]["unit"]
PRIORITIES = EN["selector"]["priority"]["options"]
DAYS = EN["selector"]["weekday"]["options"]
LONGEST_OPTION = 40
"""Characters: the frontend cuts what does not fit into a line of a phone."""

LOWER = {"engine", "failover", "nvr", "recorder"}
GLUE = [
    str(path.with_suffix(""))
    for each in PACKAGE.rglob("*.py")
    if (path := each.relative_to(PACKAGE)).parts[0] not in LOWER
]
"""The modules of the layer that is Home Assistant's: no other has texts."""


def subclasses[T](kind: type[T]) -> Iterator[type[T]]:
    yield kind
    for sub in kind.__subclasses__():
        yield from subclasses(sub)


def keys_given(call: str, module: str) -> set[str]:
    """Return the literal first arguments of a call in a module."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == call
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def keys_raised(module: str) -> set[str]:
    """Return the literal keys of the errors that a module makes itself."""
    return {
        keyword.value.value
        for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"ConfigEntryError", "HomeAssistantError", "ServiceValidationError"}
        for keyword in node.keywords
        if keyword.arg == "translation_key"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    }


def test_translations_are_plain_sentences() -> None:
    for path, text in leaves(EN):
        assert isinstance(text, str), path
        assert text.strip() == text != "", path
        assert "[%" not in text, path


@pytest.mark.parametrize(
    ("step", "schema"),
    [
        (EN["config"]["step"]["driver"], driver_form.DRIVER_SCHEMA),
        (EN["config"]["step"]["recorder"], unit_form.UNIT_SCHEMA),
        (EN["config"]["step"]["builtin"], builtin_form.BUILTIN_SCHEMA),
        (EN["config"]["step"]["engine"], engine_form.PAIRING_SCHEMA),
        (EN["config"]["step"]["engine_options"], engine_form.OPTIONS_SCHEMA),
        (UNIT["step"]["engine"], engine_form.PAIRING_SCHEMA),
        (UNIT["step"]["engine_options"], engine_form.OPTIONS_SCHEMA),
        (UNIT["step"]["engine_address"], engine_form.ADDRESS_SCHEMA),
        (UNIT["step"]["engine_standby"], engine_form.OPTIONS_SCHEMA),
        (UNIT["step"]["driver"], driver_form.DRIVER_SCHEMA),
        (UNIT["step"]["normal"], unit_form.UNIT_SCHEMA),
        (UNIT["step"]["recorder"], unit_form.UNIT_SCHEMA),
        (UNIT["step"]["builtin"], builtin_form.BUILTIN_SCHEMA),
        (UNIT["step"]["account"], unit_form.UNIT_SCHEMA),
        (UNIT["step"]["shared"], unit_form.UNIT_SCHEMA),
        (UNIT["step"]["channels"], channel_form.channels_schema(PRIORITIES)),
        (UNIT["step"]["no_record"], subentry_flow.NO_RECORD_SCHEMA),
        (UNIT["step"]["preference"], spare_flow.PREFERENCE_SCHEMA),
        (UNIT["step"]["push"], push_flow.PUSH_SCHEMA),
        (UNIT["step"]["work_mode"], spare_flow.WORK_MODE_SCHEMA),
        (UNIT["step"]["folder"], giving_form.FOLDER_SCHEMA),
        (EN["options"]["step"]["giving_back"], options_form.GIVING_SCHEMA),
        (EN["options"]["step"]["failures"], options_form.failures_schema((), DAYS)),
        (EN["options"]["step"]["drills"], options_form.DRILLS_SCHEMA),
        (EN["options"]["step"]["heartbeats"], options_form.HEARTBEATS_SCHEMA),
        (EN["options"]["step"]["failback"], options_form.FAILBACK_SCHEMA),
        (EN["config"]["step"]["reauth_confirm"], reauth_flow.REAUTH_SCHEMA),
        (
            EN["issues"]["camera_rejects"]["fix_flow"]["step"]["account"],
            camera_flow.CAMERA_SCHEMA,
        ),
    ],
)
def test_every_field_has_a_label_and_a_description(step: dict[str, Any], schema: Any) -> None:
    fields = {str(key) for key, value in schema.schema.items() if not isinstance(value, section)}
    sections = {
        str(key): value for key, value in schema.schema.items() if isinstance(value, section)
    }
    assert set(step.get("data", {})) == fields
    assert set(step.get("data_description", {})) == fields
    assert set(step.get("sections", {})) == set(sections)
    for name, inner in sections.items():
        test_every_field_has_a_label_and_a_description(
            {key: step["sections"][name][key] for key in ("data", "data_description")},
            inner.schema,
        )


@pytest.mark.parametrize(
    ("selector", "schema"),
    [
        ("channel", channel_form.channels_schema(PRIORITIES)),
        ("maintenance", options_form.failures_schema((), DAYS)),
    ],
)
def test_every_field_of_a_list_has_a_label(selector: str, schema: Any) -> None:
    found = next(value for value in schema.schema.values() if isinstance(value, ObjectSelector))
    config: Any = found.config
    assert config["translation_key"] == selector
    assert set(EN["selector"][selector]["fields"]) == set(config["fields"])


def test_every_menu_has_its_options() -> None:
    assert set(EN["config"]["step"]["user"]["menu_options"]) == set(SPARE_KINDS)
    assert set(EN["config"]["step"]["outlook"]["menu_options"]) == {"accept", "builtin"}
    assert set(UNIT["step"]["user"]["menu_options"]) == set(subentry_flow.WORK_MODES)
    assert set(UNIT["step"]["hot_spare"]["menu_options"]) == set(SPARE_KINDS)
    assert set(UNIT["step"]["outlook"]["menu_options"]) == {"accept", "builtin"}
    assert set(UNIT["step"]["reconfigure"]["menu_options"]) == {
        "account",
        "builtin",
        "channels",
        "engine_address",
        "engine_standby",
        "give_back",
        "guided_drill",
        "no_record",
        "preference",
        "push",
        "work_mode",
    }
    assert set(UNIT["step"]["too_many"]["menu_options"]) == {"channels", "fit"}
    assert set(UNIT["step"]["give_back"]["menu_options"]) == set(Way)
    assert set(UNIT["step"]["found"]["menu_options"]) == {"take_folder", "folder"}
    assert set(UNIT["step"]["verdicts"]["menu_options"]) == {"channels", "save"}
    assert set(EN["options"]["step"]["init"]["menu_options"]) == set(options_flow.SUBJECTS)


def test_menus_say_in_a_line_what_can_be_chosen_and_below_it_what_that_means() -> None:
    groups = (EN["config"]["step"], UNIT["step"], EN["options"]["step"])
    menus = [step for steps in groups for step in steps.values() if "menu_options" in step]
    for menu in menus:
        assert max(map(len, menu["menu_options"].values())) <= LONGEST_OPTION, menu
        if explained := menu.get("menu_option_descriptions"):
            assert set(explained) == set(menu["menu_options"])


def test_every_error_of_the_flows_is_translated() -> None:
    units = {unit_error_key(kind("")) for kind in subclasses(unit_errors.UnitError)}
    probing = units | keys_given("UnitFormError", "forms/unit")
    probing |= keys_given("UnitFormError", "forms/builtin")
    probing |= keys_given("FolderError", "footage/folder")
    probing |= {key for _, key in engine_form.KEYS} | {"engine_refuses"}
    channels = keys_given("UnitFormError", "forms/channels") | {
        "camera_without_rtsp",
        "invalid_uri",
    }
    changing = keys_given("UnitFormError", "flows/engine_change")
    assert set(EN["config"]["error"]) == probing
    giving = {f"giving_{it}" for it in TransferProblem if it.startswith(("folder", "name"))}
    assert set(UNIT["error"]) == probing | channels | changing | giving
    assert set(EN["options"]["error"]) == keys_given("UnitFormError", "forms/options")
    fix_flows = {key: issue.get("fix_flow", {}) for key, issue in EN["issues"].items()}
    certificate = fix_flows["certificate_changed"]
    assert set(certificate["error"]) == units | {"other_unit"}
    assert set(certificate["abort"]) == {"cannot_connect", "no_https"}
    assert set(fix_flows["unreturned_footage"]["abort"]) == units


def test_every_end_of_a_flow_is_translated() -> None:
    groups = {"already_configured"}
    others = {"engine_added", "engine_taken", "reauth_successful", "unit_gone"}
    assert set(EN["config"]["abort"]) == groups | others
    units = groups | {"reconfigure_successful"}
    assert set(UNIT["abort"]) == units | set(drill_flow.End)


def test_every_verdict_is_translated() -> None:
    failures = {source_error_key(kind("")) for kind in subclasses(source_errors.SourceError)}
    verdicts = set(EN["selector"]["verdict"]["options"])
    behind = {"behind_recorder", "internal_network"}
    assert verdicts == failures | behind | {"no_source", "reachable", "too_fast", "untested"}


def test_every_choice_has_a_name() -> None:
    assert set(PRIORITIES) == set(Priority)
    assert set(EN["selector"]["work_mode"]["options"]) == set(WorkMode)
    assert set(EN["selector"]["room"]["options"]) == {"full", "split", "stranded", "too_fast"}


def test_every_way_of_giving_back_has_a_name() -> None:
    assert set(EN["selector"]["failback"]["options"]) == set(Failback)


def test_every_day_has_a_name() -> None:
    assert set(DAYS) == {DAILY, *WEEKDAYS}


def test_every_template_is_translated() -> None:
    assert set(EN["selector"]["template"]["options"]) == set(giving_form.PRESETS)


def test_every_exception_is_translated() -> None:
    calls = (
        *("_browse_error", "_failure", "_refusal", "_unresolvable"),
        *("failure", "refusal", "ShelfError"),
    )
    given = {key for module in GLUE for call in calls for key in keys_given(call, module)}
    raised = {key for module in GLUE for key in keys_raised(module)}
    assert set(EN["exceptions"]) == given | raised | set(Refusal)


def test_every_change_of_a_camera_is_told_in_a_sentence() -> None:
    texts = EN["selector"]["camera_change"]["options"]
    assert set(texts) == set(Aspect)
    for aspect, text in texts.items():
        assert ("{stream}" in text) == (aspect in {it.name for it in fields(Encoding)})
        assert text.format(stream="Main", before="1", after="2")


def test_where_footage_is_is_told_in_one_sentence() -> None:
    assert set(EN["selector"]["footage"]["options"]) == {"kept"}


def test_every_standby_is_translated() -> None:
    assert set(EN["selector"]["standby"]["options"]) == set(Standby)


def test_every_line_of_the_outlook_is_translated() -> None:
    texts = EN["selector"]["outlook"]["options"]
    named = {
        node.value
        for module in ("forms/outlook", "footage/folder")
        for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text()))
        if isinstance(node, ast.Constant)
    }
    of_cameras = set(outlook.OF_CAMERAS)
    assert set(texts) <= named | of_cameras | {f"{key}_each" for key in of_cameras}
    assert set(texts) >= of_cameras | {f"{key}_each" for key in of_cameras}


def test_every_issue_is_translated() -> None:
    created = {
        keyword.value.value
        for module in ("units/leftovers",)
        for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "translation_key" and isinstance(keyword.value, ast.Constant)
    }
    builtin = {key for key, _ in STORAGE_ISSUES.values()} | {IN_BACKUPS, RING_TOO_SHORT}
    builtin |= {NOT_PAIRED, TOO_OLD}
    drifted = {CAMERA_GONE, CAMERA_NEW}
    others = {CAMERA_CHANGED, CAMERA_REJECTS, CERTIFICATE_CHANGED, DRILL_TOO_OLD}
    assert set(EN["issues"]) == created | builtin | drifted | others
    assert {key for key, issue in EN["issues"].items() if "fix_flow" not in issue} == builtin
    assert all(EN["issues"][key]["description"] for key in builtin)


# The card


def test_every_text_of_the_card_is_there_and_used() -> None:
    card = (PACKAGE / "frontend" / "nvr-hotspare-card.js").read_text()
    texts = set(EN["selector"]["card"]["options"])
    asked = set(re.findall(r'\.text\(\s*"(\w+)"', card))
    made = {prefix for prefix in re.findall(r"`(\w+_)\$\{", card) if prefix != "nvr_hotspare_"}
    literal = set(re.findall(r'"(\w+)"', card))
    assert asked <= texts
    assert not {key for key in texts - literal if not key.startswith(tuple(made))}
    assert {f"kind_{kind}" for kind in Kind} | {f"legend_{kind}" for kind in Kind} <= texts
    told = {f"storage_{state}" for state in StorageState if state is not StorageState.OK}
    assert told <= texts
    assert {f"absent_{why}" for why in ("no_group", "not_loaded", "unknown")} <= texts


def test_the_card_asks_nobody_else_for_anything() -> None:
    card = (PACKAGE / "frontend" / "nvr-hotspare-card.js").read_text()
    assert re.findall(r"https?://[^\s\"]+", card) == [MANIFEST["documentation"]]
    assert "import" not in re.sub(r"!important", "", card)
