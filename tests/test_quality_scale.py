"""The quality scale of Home Assistant: which rules are kept, and which have no place here."""

from pathlib import Path

from homeassistant.util.yaml import load_yaml_dict

from custom_components.nvr_hotspare.const import DOMAIN

SCALE = Path(__file__).parent.parent / "custom_components" / DOMAIN / "quality_scale.yaml"
_TEXT = """
action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
dependency-transparency docs-actions docs-conditions docs-high-level-description
docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup
entity-unique-id has-entity-name runtime-data test-before-configure test-before-setup
unique-config-entry

action-exceptions config-entry-unloading docs-configuration-parameters
docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
parallel-updates reauthentication-flow test-coverage

devices diagnostics discovery discovery-update-info docs-data-update docs-examples
docs-known-limitations docs-supported-devices docs-supported-functions docs-troubleshooting
docs-use-cases dynamic-devices entity-category entity-device-class entity-disabled-by-default
entity-translations exception-translations icon-translations reconfiguration-flow repair-issues
stale-devices

async-dependency inject-websession strict-typing
"""
RULES = _TEXT.split()
"""Of Home Assistant's quality scale, from bronze to platinum."""


def test_every_rule_of_the_quality_scale_is_kept_or_exempt_with_a_reason() -> None:
    rules = load_yaml_dict(str(SCALE))["rules"]
    assert list(rules) == RULES
    assert len(RULES) == 54
    for rule, kept in rules.items():
        if isinstance(kept, dict):
            assert set(kept) == {"status", "comment"}, rule
            assert kept["status"] in {"done", "exempt"}, rule
            assert kept["comment"], rule
        else:
            assert kept == "done", rule
