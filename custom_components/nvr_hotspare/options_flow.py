"""The options of a group: how quickly footage is given back, and who may look at it."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TimeSelector,
)
import voluptuous as vol

from .const import CONF_ADMINS_ONLY
from .giving import CONF_BANDWIDTH, CONF_CONCURRENT, CONF_WINDOW_FROM, CONF_WINDOW_TO, GivingPace

_MAX_CONCURRENT: Final = 8
OPTIONS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_BANDWIDTH): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=100_000,
                step="any",
                mode=NumberSelectorMode.BOX,
                unit_of_measurement="Mbit/s",
            )
        ),
        vol.Required(CONF_CONCURRENT): vol.All(
            NumberSelector(
                NumberSelectorConfig(min=1, max=_MAX_CONCURRENT, mode=NumberSelectorMode.BOX)
            ),
            vol.Coerce(int),
        ),
        vol.Optional(CONF_WINDOW_FROM): TimeSelector(),
        vol.Optional(CONF_WINDOW_TO): TimeSelector(),
        vol.Required(CONF_ADMINS_ONLY): BooleanSelector(),
    }
)


class GroupOptionsFlow(OptionsFlow):
    """Change the options; they count at once."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for all of them."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if (CONF_WINDOW_FROM in user_input) is (CONF_WINDOW_TO in user_input):
                return self.async_create_entry(data=user_input)
            errors["base"] = "half_a_window"
        options = self.config_entry.options
        shown = GivingPace.from_options(options).as_options()
        shown[CONF_ADMINS_ONLY] = options.get(CONF_ADMINS_ONLY, False)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, user_input or shown),
            errors=errors,
        )
