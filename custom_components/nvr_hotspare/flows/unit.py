"""What the steps of a unit's flow share: what is added or changed, and what the group has."""

from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowContext,
    SubentryFlowResult,
)

from ..forms.unit import require_unit
from ..nvr.model import Probe
from ..settings.builtin import BuiltinConfig
from ..settings.unit import NetworkConfig, UnitConfig, unit_configs
from .recorder import RecorderSteps


class UnitSteps(
    RecorderSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]], ConfigSubentryFlow
):
    """The unit that is added or changed."""

    def __init__(self) -> None:
        self._title = ""
        self._data: dict[str, Any] = {}
        """What is to be stored of a new unit, or changes with its cameras, so far as is known."""

    @override
    def _known_way(self) -> NetworkConfig | None:
        if not self._is_change:
            return None
        return NetworkConfig.from_data(self._get_reconfigure_subentry().data)

    @property
    def _is_change(self) -> bool:
        """Whether a unit of the group is changed; else one is added."""
        return self.source == SOURCE_RECONFIGURE

    def _changed(self) -> UnitConfig:
        """Return the unit that is changed."""
        return UnitConfig.from_subentry(self._get_reconfigure_subentry())

    def _require_changed(self, probe: Probe) -> UnitConfig:
        """Return the unit that is changed, if it is the one that answered.

        Raises:
            UnitFormError: It is another one.
        """
        config = self._changed()
        require_unit(probe, config.unit)
        return config

    def _update(self, **changes: Any) -> SubentryFlowResult:
        """Store what is changed, and end."""
        return self.async_update_and_abort(
            self._get_entry(), self._get_reconfigure_subentry(), data_updates=changes
        )

    def _spares(self) -> list[UnitConfig]:
        """Return the group's other units that stand in for it, in order of preference."""
        own = self._changed().unit if self._is_change else None
        units = unit_configs(self._get_entry()).values()
        spares = (unit for unit in units if unit.is_spare and unit.unit != own)
        return sorted(spares, key=lambda unit: unit.preference)

    def _builtin(self) -> BuiltinConfig | None:
        """Return the group's built-in spare."""
        ways = (unit.way for unit in unit_configs(self._get_entry()).values())
        return next((way for way in ways if isinstance(way, BuiltinConfig)), None)
