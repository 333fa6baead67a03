"""The steps about spares: their order, and whether a working device is one too."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..const import (
    CONF_CHANNELS,
    CONF_PREFERENCE,
    CONF_TOLD_NUMBERS,
    CONF_WORK_MODE,
    WorkMode,
)
from ..forms.fields import whole_number
from ..forms.unit import UnitFormError, probe_shared, probe_spare, probe_unit
from ..nvr.model import Probe
from ..settings.limits import limits_data
from ..settings.unit import NetworkConfig
from .recorder import Prober
from .unit import UnitSteps

MOST_SPARES: Final = 99
PREFERENCE_SCHEMA: Final = vol.Schema({vol.Required(CONF_PREFERENCE): whole_number(1, MOST_SPARES)})
WORK_MODE_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_WORK_MODE): SelectSelector(
            SelectSelectorConfig(
                options=list(WorkMode),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_WORK_MODE,
            )
        )
    }
)
_PROBERS: Final[Mapping[WorkMode, Prober]] = {
    WorkMode.NORMAL: probe_unit,
    WorkMode.SHARED: probe_shared,
    WorkMode.HOT_SPARE: probe_spare,
}


class SpareSteps(UnitSteps):
    """Settle which spare is asked first, and whether a working device is one too."""

    async def async_step_preference(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which spare is to be asked first."""
        if user_input is not None:
            if self._is_change:
                return self._update(**user_input)
            self._data |= user_input
            return await self._settled()
        spares = self._spares()
        preference = self._changed().preference if self._is_change else self._last_preference()
        return self.async_show_form(
            step_id="preference",
            data_schema=self.add_suggested_values_to_schema(
                PREFERENCE_SCHEMA, {CONF_PREFERENCE: preference}
            ),
            description_placeholders={
                "spares": "\n".join(f"- {it.preference}: {it.title}" for it in spares)
            },
        )

    async def async_step_work_mode(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what a recorder does in its group from now on; nothing changes on it itself."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                return await self._change_mode(WorkMode(user_input[CONF_WORK_MODE]))
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
        values = user_input or {CONF_WORK_MODE: self._changed().mode}
        return self.async_show_form(
            step_id="work_mode",
            data_schema=self.add_suggested_values_to_schema(WORK_MODE_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _change_mode(self, mode: WorkMode) -> SubentryFlowResult:
        """Take another Work Mode; of a spare that gets cameras of its own they are asked for first.

        Raises:
            UnitFormError: It can't do that now.
        """
        before, data = self._changed(), self._get_reconfigure_subentry().data
        changes: dict[str, Any] = {CONF_WORK_MODE: mode}
        if mode is before.mode or (mode is WorkMode.NORMAL and before.is_device):
            return self._update(**changes)
        way = NetworkConfig.from_data(data)
        probe = await _PROBERS[mode](self.hass, way)
        self._require_changed(probe)
        if mode is not WorkMode.NORMAL:
            changes |= limits_data(probe.limits)
            changes[CONF_PREFERENCE] = data.get(CONF_PREFERENCE, self._last_preference())
        if mode is WorkMode.HOT_SPARE:
            return self._update(**changes, **{CONF_CHANNELS: [], CONF_TOLD_NUMBERS: {}})
        if before.is_device:
            return self._update(**changes)
        self._data = changes
        return await self._become_device(way, probe)

    @abstractmethod
    async def _become_device(self, way: NetworkConfig, probe: Probe) -> SubentryFlowResult:
        """Ask for the cameras of a recorder that was a spare and nothing else."""

    def _last_preference(self) -> int:
        """Return the preference that comes after all others."""
        return min(max((it.preference for it in self._spares()), default=0) + 1, MOST_SPARES)

    @abstractmethod
    async def _settled(self) -> SubentryFlowResult:
        """Go on with a unit whose place among the spares is settled."""
