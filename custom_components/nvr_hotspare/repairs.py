"""What only the user can put right."""

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant

from .const import CONF_NUMBER
from .errors import unit_error_key
from .failover.model import UnitId
from .flows.camera import CameraAccountFlow
from .flows.certificate import CertificateFlow
from .flows.drift import drift_flow
from .flows.drill_repair import DrillFlow
from .nvr.errors import UnitError
from .runtime import NvrHotSpareConfigEntry


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue, told by what is in its data."""
    facts = data or {}
    entry = hass.config_entries.async_get_known_entry(str(facts["entry_id"]))
    if "changed" in facts:
        return ConfirmRepairFlow()
    if "drift" in facts:
        return drift_flow(entry, facts)
    if "unit" in facts:
        return FootageFlow(entry, str(facts["unit"]))
    if "drill" in facts:
        return DrillFlow(entry.runtime_data, str(facts["drill"]))
    subentry = entry.subentries[str(facts["subentry_id"])]
    if CONF_NUMBER in facts:
        return CameraAccountFlow(entry, subentry, int(facts[CONF_NUMBER] or 0))
    return CertificateFlow(entry, subentry)


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
