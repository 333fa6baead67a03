"""Every rule of what is decided in an outage has tests named after it."""

from pathlib import Path
import re

import pytest

RULES = {
    "n_plus_m": "any number of spares, cameras by priority, told beforehand",
    "spares_die_too": "the cameras of a spare that dies move to the next",
    "shared_spares": "a recorder with free channels stands in for others",
    "no_record": "online, and not recording",
    "wrong_password": "no outage",
    "calm": "restarts, flapping, starts, mains, incidents",
    "isolation": "Home Assistant itself is cut off",
    "make_before_break": "a spare lets go last",
    "limits": "of a spare are respected before anything is promised",
    "restart_safe": "whatever is interrupted ends in a right state",
    "drift": "the provisioning follows the cameras of a unit",
    "exchanged_heartbeats": "pushed ones count, and their silence",
    "manual": "takeovers, drills",
}
"""The beginnings of the names of tests, and what they are about."""
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def names() -> set[str]:
    """The names of all tests of decisions."""
    modules = (HERE / "failover").glob("test_*.py")
    found = (re.findall(r"^def test_(\w+)", each.read_text(), re.MULTILINE) for each in modules)
    return {name for of_module in found for name in of_module}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_tests_named_after_it(rule: str, names: set[str]) -> None:
    assert any(name.startswith((rule, f"a_{rule}")) for name in names)
