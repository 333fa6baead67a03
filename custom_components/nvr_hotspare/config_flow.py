"""The config flow: a group begins with its first spare."""

from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.core import callback

from .const import DOMAIN, SUBENTRY_UNIT, WorkMode
from .subentry_flow import UnitSubentryFlow
from .unit_form import (
    UNIT_SCHEMA,
    UnitFormError,
    is_configured,
    probe_spare,
    read_form,
    unit_data,
    unit_title,
)


class NvrHotSpareConfigFlow(ConfigFlow, domain=DOMAIN):
    """Create a group together with its first spare."""

    VERSION = 1

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the one type of subentry: a recorder, whatever its Work Mode."""
        return {SUBENTRY_UNIT: UnitSubentryFlow}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how to reach the spare."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            endpoint, credentials = read_form(user_input)
            try:
                probe = await probe_spare(self.hass, endpoint, credentials)
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                serial = probe.identity.serial
                await self.async_set_unique_id(serial)
                self._abort_if_unique_id_configured(reload_on_update=False)
                if is_configured(self.hass, serial):
                    return self.async_abort(reason="already_configured")
                title = unit_title(probe.identity, endpoint)
                spare = ConfigSubentryData(
                    data=unit_data(WorkMode.HOT_SPARE, endpoint, credentials, probe),
                    subentry_type=SUBENTRY_UNIT,
                    title=title,
                    unique_id=serial,
                )
                return self.async_create_entry(title=title, data={}, subentries=[spare])
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(UNIT_SCHEMA, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Lead on to the first unit that the spare is to stand in for."""
        flow = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_UNIT),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return result
