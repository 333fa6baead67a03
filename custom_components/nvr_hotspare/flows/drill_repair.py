"""The repair of a device that was not drilled for too long: a drill, now."""

import asyncio

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from ..drills.report import DrillReport, camera_lines
from ..failover.model import UnitId
from ..runtime import GroupRuntime


class DrillFlow(RepairsFlow):
    """Run a drill and tell what came of it; what is not good stays to be repaired."""

    _drill: asyncio.Task[DrillReport]

    def __init__(self, group: GroupRuntime, unit: UnitId) -> None:
        self._group = group
        self._unit = unit

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin; what comes as input is the data of the issue."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Tell what a drill does."""
        if user_input is not None:
            work = self._group.drills.drill(self._unit)
            self._drill = self.hass.async_create_background_task(work, "drill of a repair")
            return await self.async_step_drill()
        name = self._group.manager.config(self._unit).title
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders={"name": name},
        )

    async def async_step_drill(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Wait for the end of the drill."""
        if not self._drill.done():
            return self.async_show_progress(
                step_id="drill", progress_action="drill", progress_task=self._drill
            )
        return self.async_show_progress_done(next_step_id="told")

    async def async_step_told(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Tell what came of it."""
        try:
            report = await self._drill
        except HomeAssistantError as error:
            return self.async_abort(
                reason="not_drilled", description_placeholders={"reason": str(error)}
            )
        device = self._group.manager.config(self._unit)
        cameras = await camera_lines(self.hass, device, report)
        placeholders = {"name": device.title, "cameras": cameras}
        if not report["good"]:
            return self.async_abort(reason="not_good", description_placeholders=placeholders)
        return self.async_show_form(
            step_id="good", data_schema=vol.Schema({}), description_placeholders=placeholders
        )

    async def async_step_good(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """The user has read it."""
        return self.async_create_entry(data={})
