"""What GitHub makes of this repository: workflows, issue forms, releases."""

from pathlib import Path
import re

from homeassistant.util.yaml import load_yaml_dict
import pytest

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = [it for it in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if it.name != "config.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda it: it.name)
def test_a_workflow_runs_what_is_there_and_not_without_end(path: Path) -> None:
    for job in load_yaml_dict(str(path))["jobs"].values():
        assert job["timeout-minutes"] <= 120
        for step in job["steps"]:
            for script in re.findall(r"scripts/\w+", step.get("run", "")):
                assert (ROOT / script).is_file(), script


@pytest.mark.parametrize("path", FORMS, ids=lambda it: it.name)
def test_an_issue_form_asks_for_diagnostics(path: Path) -> None:
    (asked,) = [it for it in load_yaml_dict(str(path))["body"] if it["id"] == "diagnostics"]
    assert asked["validations"]["required"]


def test_the_changelog_says_what_comes_next_or_what_came_last() -> None:
    first = re.search(r"^## (.+)$", (ROOT / "docs" / "changelog.md").read_text(), re.MULTILINE)
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert first
    assert version
    assert first[1] in {"Unreleased", version[1]}
