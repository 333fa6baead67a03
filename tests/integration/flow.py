"""The flows of units, as a user goes through them."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.nvr_hotspare.const import SUBENTRY_UNIT
from virtual_nvr.nvr.unit import VirtualNvr


class Flow:
    """One subentry flow, step by step."""

    def __init__(self, hass: HomeAssistant, flow: Any) -> None:
        self._hass = hass
        self.result: Any = flow

    @classmethod
    async def add(cls, hass: HomeAssistant, entry: ConfigEntry, mode: str) -> Flow:
        flow = cls(
            hass,
            await hass.config_entries.subentries.async_init(
                (entry.entry_id, SUBENTRY_UNIT), context={"source": SOURCE_USER}
            ),
        )
        assert flow.result["type"] is FlowResultType.MENU
        assert flow.result["menu_options"] == ("normal", "hot_spare", "shared")
        await flow.choose(mode)
        return flow

    @classmethod
    async def change(
        cls, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry
    ) -> Flow:
        return cls(
            hass,
            await hass.config_entries.subentries.async_init(
                (entry.entry_id, SUBENTRY_UNIT),
                context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
            ),
        )

    async def enter(self, values: dict[str, Any]) -> Any:
        self.result = await self._hass.config_entries.subentries.async_configure(
            self.result["flow_id"], values
        )
        await self._hass.async_block_till_done()
        return self.result

    async def choose(self, step: str) -> Any:
        return await self.enter({"next_step_id": step})

    async def save(self) -> Any:
        """Accept the cameras; of a new device footage stays on the spare."""
        await self.choose("save")
        if self.result.get("step_id") == "no_record":
            await self.enter({"covers_no_record": False})
            await self.choose("keep")
        return self.result

    @property
    def error(self) -> str | None:
        return (self.result["errors"] or {}).get("base")

    @property
    def suggested(self) -> dict[str, Any]:
        return {
            str(key): key.description["suggested_value"]
            for key in self.result["data_schema"].schema
            if key.description and "suggested_value" in key.description
        }

    @property
    def verdicts(self) -> list[str]:
        assert self.result["step_id"] == "verdicts", self.result
        text: str = self.result["description_placeholders"]["verdicts"]
        return text.splitlines()


def subentry_of(entry: ConfigEntry, nvr: VirtualNvr) -> ConfigSubentry:
    """Return what is stored of a recorder."""
    return next(it for it in entry.subentries.values() if it.unique_id == nvr.config.serial)
