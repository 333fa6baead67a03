"""What the pages say and link to is there."""

from collections.abc import Iterable
import json
from pathlib import Path
import re

import pytest

from custom_components.nvr_hotspare.const import DOMAIN

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EN = json.loads((ROOT / "custom_components" / DOMAIN / "translations" / "en.json").read_text())
PICTURES_TOGETHER = 1_500_000
"""Bytes."""
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the names by which a page's headings are linked to."""
    headings = _HEADING.findall(page.read_text())
    return {re.sub(r"[^\w -]", "", it).lower().replace(" ", "-") for it in headings}


def missing(page: str, names: Iterable[str]) -> list[str]:
    """Return which of these a page does not name, whatever the case."""
    text = (ROOT / "docs" / page).read_text().lower()
    return [name for name in names if name.lower() not in text]


@pytest.mark.parametrize(
    "page", [*PAGES, *(ROOT / ".github").glob("*.md")], ids=lambda page: page.name
)
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, anchor in _LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), (path, anchor)
        if anchor:
            assert anchor in anchors(target), (path, anchor)


def test_every_page_is_linked_from_readme_or_another_page() -> None:
    linked = {
        (page.parent / path).resolve()
        for page in PAGES
        for path, _ in _LINK.findall(page.read_text())
        if path
    }
    assert {page for page in PAGES if page.name != "README.md"} <= linked


def test_pictures_are_shown_and_small() -> None:
    pictures = ROOT / "docs" / "pictures"
    shown = {
        (page.parent / path).resolve()
        for page in PAGES
        for path, _ in _LINK.findall(page.read_text())
    }
    assert set(pictures.iterdir()) <= shown
    assert sum(picture.stat().st_size for picture in pictures.iterdir()) < PICTURES_TOGETHER


@pytest.mark.parametrize("kind", ["services", "triggers", "conditions"])
def test_all_that_automations_can_use_is_documented(kind: str) -> None:
    assert missing("automations.md", (f"{DOMAIN}.{key}" for key in EN[kind])) == []


def test_every_entity_is_documented() -> None:
    # The channels' cameras have the channels' names.
    named = {text["name"] for kind in EN["entity"].values() for text in kind.values()}
    shared = "Storage"  # of several the page has the second word alone
    names = (it.removeprefix(f"{shared} ") for it in named)
    assert missing("entities.md", names) == []


def test_every_working_status_is_explained() -> None:
    for kind in ("working_status", "spare_status"):
        assert missing("entities.md", EN["entity"]["sensor"][kind]["state"].values()) == []


def test_every_field_of_the_forms_is_documented() -> None:
    steps = [EN["config"]["step"], EN["config_subentries"]["unit"]["step"], EN["options"]["step"]]
    # What engines and recorders are asked later on, and where a page of its own says it.
    elsewhere = {"push", "group", "reauth_confirm", "device_list"}
    forms = [form for kind in steps for key, form in kind.items() if key not in elsewhere]
    forms += [inner for form in forms for inner in form.get("sections", {}).values()]
    fields = {label for form in forms for label in form.get("data", {}).values()}
    fields |= {field["name"] for field in EN["selector"]["channel"]["fields"].values()}
    assert missing("setting-up.md", fields) == []


def test_the_checks_that_the_page_on_security_names_are_there() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (ROOT / "docs" / "security.md").read_text())
    assert len(named) > 30
    for module, name in named:
        files = [*(ROOT / "tests").rglob(module)]
        assert files, module
        assert any(f"def {name}(" in file.read_text() for file in files), f"{module}::{name}"
