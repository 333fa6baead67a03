"""Repair issues about an engine; each goes away by itself when it is over."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..recorder.report import EngineReport, StorageReport, StorageState
from ..settings.builtin import GIGABYTE, EngineOptions, shortest_ring
from ..settings.group import GroupOptions
from ..settings.unit import UnitConfig

STORAGE_ISSUES: Final[Mapping[StorageState, tuple[str, ir.IssueSeverity]]] = {
    StorageState.FULL_SOON: ("storage_full_soon", ir.IssueSeverity.WARNING),
    StorageState.FULL: ("storage_full", ir.IssueSeverity.ERROR),
    StorageState.UNAVAILABLE: ("storage_unavailable", ir.IssueSeverity.CRITICAL),
}
IN_BACKUPS: Final = "folder_in_backups"
RING_TOO_SHORT: Final = "ring_too_short"
TOO_OLD: Final = "engine_too_old"
NOT_PAIRED: Final = "engine_not_paired"


class EngineIssues:
    """The issues of one engine.

    Attributes:
        options: What the user has decided.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        config: UnitConfig,
        options: EngineOptions,
        folder: str,
    ) -> None:
        """Prepare.

        Args:
            hass: Home Assistant.
            entry_id: The group's.
            config: The spare.
            options: What the user has decided.
            folder: What people call the place of its footage.
        """
        self.options = options
        self._folder = folder
        self._hass = hass
        self._entry_id = entry_id
        self._config = config
        self._shown: dict[str, str] = {}
        """By key of a translation, the reason that was told with it."""

    @callback
    def show(self, report: EngineReport) -> None:
        """Show what is wrong now, and take back what no longer is."""
        found = STORAGE_ISSUES.get(report.storage.state)
        for key, _ in STORAGE_ISSUES.values():
            if found is None or key != found[0]:
                self._withdraw(key)
        if found:
            self._show(*found, report.storage.error, _sizes(report.storage))
        gops = [channel.longest_gop for channel in report.channels.values()]
        entry = self._hass.config_entries.async_get_entry(self._entry_id)  # None once removed
        options = GroupOptions.from_options(entry.options if entry else {})
        shortest = shortest_ring(gops, options.acted_on_after)
        if self.options.bridges(shortest):
            self._withdraw(RING_TOO_SHORT)
        else:
            facts = {"shortest": str(shortest)}
            self._show(RING_TOO_SHORT, ir.IssueSeverity.WARNING, facts["shortest"], facts)

    @callback
    def show_backups(self, *, in_backups: bool) -> None:
        """Show whether Home Assistant's backups include the footage."""
        if in_backups:
            self._show(IN_BACKUPS, ir.IssueSeverity.WARNING, "", {})
        else:
            self._withdraw(IN_BACKUPS)

    @callback
    def show_age(self, *, too_old: bool) -> None:
        """Show whether the engine is too old to decide while Home Assistant is away."""
        if too_old:
            self._show(TOO_OLD, ir.IssueSeverity.WARNING, "", {})
        else:
            self._withdraw(TOO_OLD)

    @callback
    def show_refusal(self, reason: str) -> None:
        """Show why an engine does not let us in; empty where it does."""
        if reason:
            self._show(NOT_PAIRED, ir.IssueSeverity.ERROR, reason, {})
        else:
            self._withdraw(NOT_PAIRED)

    @callback
    def withdraw(self) -> None:
        """Take all issues back."""
        for key in tuple(self._shown):
            self._withdraw(key)

    def _show(
        self, key: str, severity: ir.IssueSeverity, reason: str, facts: Mapping[str, str]
    ) -> None:
        if self._shown.get(key) == reason:
            return  # sizes that change every second are no news
        self._shown[key] = reason
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(key),
            is_fixable=False,
            severity=severity,
            translation_key=key,
            translation_placeholders={
                "name": self._config.title,
                "folder": self._folder,
                "reason": reason,
                **facts,
            },
        )

    def _withdraw(self, key: str) -> None:
        if self._shown.pop(key, None) is not None:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))

    def _issue_id(self, key: str) -> str:
        return f"{key}_{self._config.subentry_id}"


def _sizes(storage: StorageReport) -> dict[str, str]:
    """Return what there is to know about the disk, in gigabytes."""
    sizes = {"used": storage.used, "free": storage.free, "floor": storage.floor}
    return {name: f"{size / GIGABYTE:.1f}" for name, size in sizes.items()}
