"""The steps about spares: their order, and whether a working device is one too."""

from abc import abstractmethod
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .const import CONF_PREFERENCE, CONF_WORK_MODE, WorkMode
from .form_fields import whole_number
from .limits import limits_data
from .unit_config import NetworkConfig
from .unit_flow import UnitSteps
from .unit_form import UnitFormError, probe_shared

MOST_SPARES: Final = 99
PREFERENCE_SCHEMA: Final = vol.Schema({vol.Required(CONF_PREFERENCE): whole_number(1, MOST_SPARES)})
WORK_MODE_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_WORK_MODE): SelectSelector(
            SelectSelectorConfig(
                options=[WorkMode.NORMAL, WorkMode.SHARED],
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_WORK_MODE,
            )
        )
    }
)


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
        """Ask whether the free channels of a working device stand in for others."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                return self._update(**await self._changes(WorkMode(user_input[CONF_WORK_MODE])))
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
        values = user_input or {CONF_WORK_MODE: self._changed().mode}
        return self.async_show_form(
            step_id="work_mode",
            data_schema=self.add_suggested_values_to_schema(WORK_MODE_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _changes(self, mode: WorkMode) -> dict[str, Any]:
        """Return what changes with the Work Mode; nothing does on the recorder itself.

        Raises:
            UnitFormError: It can't stand in for others now.
        """
        config, data = self._changed(), self._get_reconfigure_subentry().data
        if mode in {WorkMode.NORMAL, config.mode}:
            return {CONF_WORK_MODE: mode}
        probe = await probe_shared(self.hass, NetworkConfig.from_data(data))
        self._require_changed(probe)
        return {
            CONF_WORK_MODE: mode,
            **limits_data(probe.limits),
            CONF_PREFERENCE: data.get(CONF_PREFERENCE, self._last_preference()),
        }

    def _last_preference(self) -> int:
        """Return the preference that comes after all others."""
        return min(max((it.preference for it in self._spares()), default=0) + 1, MOST_SPARES)

    @abstractmethod
    async def _settled(self) -> SubentryFlowResult:
        """Go on with a unit whose place among the spares is settled."""
