"""The steps that make this Home Assistant a spare, the same in the flows of groups and units."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult

from ..const import CONF_FOLDER
from ..forms import builtin as builtin_form
from ..forms.builtin import BUILTIN_SCHEMA
from ..forms.outlook import needed_ring, outlook
from ..forms.unit import UnitFormError
from ..runtime import GroupRuntime
from ..settings.builtin import BuiltinConfig
from ..settings.unit import ChannelConfig

SPARE_KINDS = ("builtin", "recorder", "engine")
"""The menu of what a spare can be: this Home Assistant, a recorder on the network, or an engine on
another machine."""


class BuiltinSteps[Context: FlowContext, Result: FlowResult[Any, Any], Handler](
    FlowHandler[Context, Result, Handler]
):
    """Ask for the folder and the standby, and show what they mean before they are taken."""

    _options: BuiltinConfig
    """What was entered last, and found good."""
    _shown: Mapping[str, Any] | None = None
    """What the form suggests, None where nothing was decided yet."""

    async def async_step_builtin(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask where footage goes, how much of it is kept, and how to stand by."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._shown = user_input
            try:
                ring = needed_ring(self._group(), self._cameras())
                self._options = await builtin_form.read_form(self.hass, user_input, ring)
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                return await self.async_step_outlook()
        if self._shown is None:
            self._shown = await builtin_form.suggestion(self.hass)
        placeholders["free"] = await builtin_form.free_space(self.hass, self._shown[CONF_FOLDER])
        return self.async_show_form(
            step_id="builtin",
            data_schema=self.add_suggested_values_to_schema(BUILTIN_SCHEMA, self._shown),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_outlook(self, user_input: dict[str, Any] | None = None) -> Result:
        """Tell what it means for the cameras; the user goes on or back."""
        lines = await outlook(self.hass, self._group(), self._options, self._cameras())
        return self.async_show_menu(
            step_id="outlook",
            menu_options=["accept", "builtin"],
            description_placeholders={"outlook": lines},
        )

    async def async_step_accept(self, user_input: dict[str, Any] | None = None) -> Result:
        """Take what was entered."""
        return await self._take_builtin(self._options)

    @abstractmethod
    async def _take_builtin(self, options: BuiltinConfig) -> Result:
        """Add the built-in spare, or change it."""

    def _group(self) -> ConfigEntry[GroupRuntime] | None:
        """Return the group, None where it begins with this spare."""
        return None

    def _cameras(self) -> Sequence[ChannelConfig]:
        """Return the cameras that the spare may have to record, as far as there are any yet."""
        return ()
