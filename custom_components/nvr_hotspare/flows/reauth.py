"""The steps that ask for the password of a recorder that rejects the one it had."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig
import voluptuous as vol

from ..const import CONF_UNIT
from ..failover.model import UnitId
from ..forms.unit import PASSWORD_SELECTOR, UnitFormError, probe_same
from ..links.network import NetworkLink
from ..nvr.model import Credentials
from ..runtime import NvrHotSpareConfigEntry
from ..settings.unit import NetworkConfig, UnitConfig, unit_configs

REAUTH_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="username")),
        vol.Required(CONF_PASSWORD): PASSWORD_SELECTOR,
    }
)


class ReauthSteps(ConfigFlow):
    """Ask for one recorder after another, until all let us in."""

    _unit: UnitId

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin with the recorder that rejected its password first."""
        self._unit = entry_data[CONF_UNIT]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the account, and try it."""
        entry: NvrHotSpareConfigEntry = self._get_reauth_entry()
        config = unit_configs(entry).get(self._unit)
        if config is None or not isinstance(config.way, NetworkConfig):
            return self.async_abort(reason="unit_gone")
        values = {CONF_USERNAME: config.way.credentials.username} | (user_input or {})
        placeholders = {"name": config.title, "host": config.way.endpoint.host}
        errors: dict[str, str] = {}
        if user_input is not None:
            way = replace(config.way, credentials=Credentials(**user_input))
            try:
                await probe_same(self.hass, way, config.unit)
            except UnitFormError as error:
                errors["base"] = error.key
                placeholders |= error.placeholders
            else:
                return await self._take(entry, config, way)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(REAUTH_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _take(
        self, entry: NvrHotSpareConfigEntry, config: UnitConfig, way: NetworkConfig
    ) -> ConfigFlowResult:
        """Store the account, and go on with the next recorder that rejects its own."""
        subentry = entry.subentries[config.subentry_id]
        data = {**subentry.data, **way.as_data()}
        self.hass.config_entries.async_update_subentry(entry, subentry, data=data)
        following = _rejecting(entry, config.unit)
        if following is None:
            return self.async_abort(reason="reauth_successful")
        self._unit = following.unit
        named = {"name": following.title, "unit": following.unit}
        self.context["title_placeholders"] = named
        return await self.async_step_reauth_confirm()


@callback
def _rejecting(entry: NvrHotSpareConfigEntry, but: UnitId) -> UnitConfig | None:
    """Return a recorder that rejects its password, other than this one."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    return next(
        (
            link.config
            for link in entry.runtime_data.links
            if isinstance(link, NetworkLink) and link.rejected and link.config.unit != but
        ),
        None,
    )
