"""The options of a group: how footage is given back, what a failure is, and drills."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
import voluptuous as vol

from ..const import CONF_ADMINS_ONLY
from ..forms import options as options_form
from ..forms.options import (
    DRILLS_SCHEMA,
    FAILBACK_SCHEMA,
    GIVING_SCHEMA,
    HEARTBEATS_SCHEMA,
    failures_schema,
)
from ..forms.unit import UnitFormError
from ..settings.giving import GivingPace
from ..settings.group import CONF_MAINTENANCE, GroupOptions
from ..settings.unit import unit_configs
from ..texts import selector_texts

SUBJECTS = ("heartbeats", "failures", "failback", "giving_back", "drills")
"""The menu, and the steps."""


class GroupOptionsFlow(OptionsFlow):
    """Change the options; they count at once."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(step_id="init", menu_options=SUBJECTS)

    async def async_step_giving_back(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how quickly footage is given back, and who may look at it."""
        options = self.config_entry.options
        shown = GivingPace.from_options(options).as_options()
        shown[CONF_ADMINS_ONLY] = options.get(CONF_ADMINS_ONLY, False)
        return self._step("giving_back", GIVING_SCHEMA, shown, options_form.read_giving, user_input)

    async def async_step_heartbeats(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how often units are asked for a sign of life, and how long one is waited for."""
        read = options_form.read_heartbeats
        return self._step("heartbeats", HEARTBEATS_SCHEMA, self._shown(), read, user_input)

    async def async_step_failback(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask when devices that are back get their cameras back."""
        read = options_form.read_failback
        return self._step("failback", FAILBACK_SCHEMA, self._shown(), read, user_input)

    async def async_step_failures(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what counts as a failure, and when nothing does."""
        units = unit_configs(self.config_entry).values()
        days = await selector_texts(self.hass, "weekday")
        schema = failures_schema(units, days)
        options, shown = self._options(), self._shown()
        shown[CONF_MAINTENANCE] = options_form.shown_windows(options.maintenance, units, days)
        read = partial(options_form.read_failures, days=days)
        return self._step("failures", schema, shown, read, user_input)

    async def async_step_drills(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how often drills are."""
        read = options_form.read_drills
        return self._step("drills", DRILLS_SCHEMA, self._shown(), read, user_input)

    def _options(self) -> GroupOptions:
        return GroupOptions.from_options(self.config_entry.options)

    def _shown(self) -> dict[str, Any]:
        """Return what the forms suggest: nothing where nothing was decided."""
        return {key: value for key, value in self._options().as_options().items() if value != ""}

    def _step(
        self,
        step_id: str,
        schema: vol.Schema,
        shown: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], dict[str, Any]],
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Show a form until it makes sense, then take it; what it does not ask for stays."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                entered = read(user_input)
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                asked = {str(key) for key in schema.schema}
                options = self.config_entry.options.items()
                kept = {key: value for key, value in options if key not in asked}
                return self.async_create_entry(data=kept | entered)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or shown),
            errors=errors,
            description_placeholders=placeholders,
        )
