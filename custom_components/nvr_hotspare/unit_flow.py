"""What the steps of a unit's flow share: how the unit is reached, and what the group has."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant

from .builtin_config import BuiltinConfig
from .nvr.model import Probe
from .unit_config import NetworkConfig, UnitConfig, unit_configs
from .unit_form import UNIT_SCHEMA, UnitFormError, filled_form, read_form

type Prober = Callable[[HomeAssistant, NetworkConfig], Awaitable[Probe]]
type Proceed = Callable[[NetworkConfig, Probe], Awaitable[SubentryFlowResult]]


class UnitSteps(ConfigSubentryFlow):
    """The unit that is added or changed."""

    def __init__(self) -> None:
        self._title = ""
        self._data: dict[str, Any] = {}
        """What is to be stored of a new unit, as far as it is known."""

    async def _step_unit(
        self, step_id: str, user_input: dict[str, Any] | None, prober: Prober, proceed: Proceed
    ) -> SubentryFlowResult:
        """Show `UNIT_SCHEMA` until a unit answers that will do, then proceed with it."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            way = read_form(user_input)
            try:
                return await proceed(way, await prober(self.hass, way))
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
        values = user_input
        if values is None and self._is_change:
            values = filled_form(NetworkConfig.from_data(self._get_reconfigure_subentry().data))
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(UNIT_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

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
        if probe.identity.serial != config.unit:
            raise UnitFormError("other_unit", {"serial": probe.identity.serial})
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
