"""What only the user can put right."""

from dataclasses import replace
from typing import Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .drift_flow import drift_flow
from .drill_repair_flow import DrillFlow
from .errors import unit_error_key
from .failover.model import UnitId
from .nvr.errors import UnitError
from .nvr.model import Credentials
from .runtime import NvrHotSpareConfigEntry
from .unit_config import NetworkConfig
from .unit_form import PASSWORD_SELECTOR, UnitFormError, probe_unit

PASSWORD_SCHEMA: Final = vol.Schema({vol.Required(CONF_PASSWORD): PASSWORD_SELECTOR})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue, told by what is in its data."""
    facts = data or {}
    entry = hass.config_entries.async_get_known_entry(str(facts["entry_id"]))
    if "drift" in facts:
        return drift_flow(entry, facts)
    if "unit" in facts:
        return FootageFlow(entry, str(facts["unit"]))
    if "drill" in facts:
        return DrillFlow(entry.runtime_data, str(facts["drill"]))
    return PasswordFlow(entry, entry.subentries[str(facts["subentry_id"])])


class PasswordFlow(RepairsFlow):
    """Ask for the password that a unit accepts."""

    def __init__(self, entry: NvrHotSpareConfigEntry, subentry: ConfigSubentry) -> None:
        self._entry = entry
        self._subentry = subentry

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin; what comes as input is the data of the issue."""
        return await self.async_step_password()

    async def async_step_password(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask for the password and try it."""
        way = NetworkConfig.from_data(self._subentry.data)
        username = way.credentials.username
        errors: dict[str, str] = {}
        placeholders = {"name": self._subentry.title, "username": username}
        if user_input is not None:
            password = user_input[CONF_PASSWORD]
            way = replace(way, credentials=Credentials(username=username, password=password))
            try:
                await probe_unit(self.hass, way)
            except UnitFormError as error:
                errors["base"] = error.key
                placeholders |= error.placeholders
            else:
                self.hass.config_entries.async_update_subentry(
                    self._entry,
                    self._subentry,
                    data={**self._subentry.data, CONF_PASSWORD: password},
                )
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="password",
            data_schema=PASSWORD_SCHEMA,
            errors=errors,
            description_placeholders=placeholders,
        )


class FootageFlow(RepairsFlow):
    """Ask what becomes of the footage of a removed unit."""

    def __init__(self, entry: NvrHotSpareConfigEntry, unit: UnitId) -> None:
        self._entry = entry
        self._unit = unit

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Offer to keep or to delete it."""
        return self.async_show_menu(step_id="init", menu_options=["keep", "delete"])

    async def async_step_keep(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Leave it on the spare."""
        self._entry.runtime_data.manager.leftovers.forget(self._unit)
        return self.async_create_entry(data={})

    async def async_step_delete(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Delete it from the spare."""
        try:
            await self._entry.runtime_data.manager.leftovers.delete_footage(self._unit)
        except UnitError as error:
            return self.async_abort(
                reason=unit_error_key(error), description_placeholders={"reason": str(error)}
            )
        return self.async_create_entry(data={})
