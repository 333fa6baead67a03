"""The fix of a recorder that shows another certificate than the one that was confirmed."""

from dataclasses import replace

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigSubentry
import voluptuous as vol

from ..forms.unit import UnitFormError, look_at_certificate, probe_same
from ..nvr.certificate import readable
from ..runtime import NvrHotSpareConfigEntry
from ..settings.unit import NetworkConfig
from ..texts import selector_texts


class CertificateFlow(RepairsFlow):
    """Show both certificates, and take the new one if the user confirms it."""

    def __init__(self, entry: NvrHotSpareConfigEntry, subentry: ConfigSubentry) -> None:
        self._entry = entry
        self._subentry = subentry
        self._shown = ""

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Look at what is shown now."""
        way = NetworkConfig.from_data(self._subentry.data)
        try:
            self._shown = await look_at_certificate(self.hass, way.endpoint)
        except UnitFormError as error:
            return self.async_abort(reason=error.key, description_placeholders=error.placeholders)
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask whether it is the recorder's own; only then it gets to see the password."""
        way = NetworkConfig.from_data(self._subentry.data)
        now = replace(way, endpoint=replace(way.endpoint, fingerprint=self._shown))
        errors: dict[str, str] = {}
        vouched = (await selector_texts(self.hass, "certificate"))["vouched"]
        placeholders = {
            "name": self._subentry.title,
            "before": readable(way.endpoint.fingerprint) or vouched,
            "fingerprint": readable(self._shown) or vouched,
        }
        if user_input is not None:
            try:
                await probe_same(self.hass, now, self._subentry.unique_id or "")
            except UnitFormError as error:
                errors["base"] = error.key
                placeholders |= error.placeholders
            else:
                data = {**self._subentry.data, **now.as_data()}
                self.hass.config_entries.async_update_subentry(
                    self._entry, self._subentry, data=data
                )
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders=placeholders,
        )
