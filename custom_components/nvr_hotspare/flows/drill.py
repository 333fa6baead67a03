"""The steps of a guided drill: the user pulls the recorder's plug, and sees what comes of it.

It is a real outage, watched: what it proves is noted whether or not the user looks on.
"""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
import voluptuous as vol

from ..drills.report import camera_lines, wanted
from ..failover.model import Connection, UnitId
from ..failover.view import DeviceView, Phase
from ..manager import FailoverManager
from ..runtime import GroupRuntime
from ..settings.unit import UnitConfig

PATIENCE: Final = 300.0
"""Seconds for each step of the drill to happen."""
_MEASURED: Final = 10.0
"""Seconds in which the spares tell when their footage begins."""


class End(StrEnum):
    """How a guided drill ends; the keys of what the user reads."""

    GROUP_NOT_LOADED = "group_not_loaded"
    NOT_WELL = "not_well"
    NOTHING_HAPPENED = "nothing_happened"
    NOT_COVERED = "not_covered"
    NOT_BACK = "not_back"
    NOT_HANDED_OVER = "not_handed_over"
    DRILL_INCOMPLETE = "drill_incomplete"
    DRILL_PASSED = "drill_passed"


class GuidedDrillSteps[Context: FlowContext, Result: FlowResult[Any, Any], Handler](
    FlowHandler[Context, Result, Handler]
):
    """Guide the user through an outage of a working device."""

    _waiting: asyncio.Task[bool] | None = None
    _missed: End
    """How the flow ends if what it waits for does not happen."""

    async def async_step_guided_drill(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask the user to pull the plug, if all is well."""
        entry = self._group()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason=End.GROUP_NOT_LOADED)
        device, view = self._drilled, self._drilled_view
        well = view.connection is Connection.ONLINE and view.spare_ready
        if not well or view.phase not in (Phase.WATCHING, Phase.SYNCHRONIZING):
            return self._abort(End.NOT_WELL)
        if user_input is not None:
            return await self.async_step_unplug()
        return self.async_show_form(
            step_id="guided_drill",
            data_schema=vol.Schema({}),
            description_placeholders={"name": device.title, "cameras": str(len(wanted(device)))},
        )

    async def async_step_unplug(self, user_input: dict[str, Any] | None = None) -> Result:
        """Wait until the recorder is noticed to be off."""
        return await self._wait(
            "unplug",
            lambda: self._until(lambda view: view.connection is Connection.OFFLINE),
            "back_up",
            End.NOTHING_HAPPENED,
        )

    async def async_step_back_up(self, user_input: dict[str, Any] | None = None) -> Result:
        """Wait until a spare records all cameras, or it is known that none does."""
        return await self._wait(
            "back_up", lambda: self._until(_settled), "covered", End.NOT_COVERED
        )

    async def async_step_covered(self, user_input: dict[str, Any] | None = None) -> Result:
        """Tell how the recorder is covered, and ask the user to put the plug back."""
        device, view = self._drilled, self._drilled_view
        return self.async_show_form(
            step_id="plug_in",
            data_schema=vol.Schema({}),
            description_placeholders={
                "name": device.title,
                "recorded": str(len(view.backed_up)),
                "cameras": str(len(wanted(device))),
            },
        )

    async def async_step_plug_in(self, user_input: dict[str, Any] | None = None) -> Result:
        """The user has put the plug back."""
        return await self.async_step_come_back()

    async def async_step_come_back(self, user_input: dict[str, Any] | None = None) -> Result:
        """Wait until the recorder answers again."""
        return await self._wait(
            "come_back",
            lambda: self._until(lambda view: view.connection is Connection.ONLINE),
            "hand_over",
            End.NOT_BACK,
        )

    async def async_step_hand_over(self, user_input: dict[str, Any] | None = None) -> Result:
        """Wait until the spare has let go of its cameras and has told what it measured."""
        return await self._wait("hand_over", self._measured, "measured", End.NOT_HANDED_OVER)

    async def async_step_measured(self, user_input: dict[str, Any] | None = None) -> Result:
        """Tell what was measured."""
        device = self._drilled
        report: Mapping[str, Any] = self._manager.reports.latest(device.unit) or {}
        confirmed = report["first_confirmed_after"]
        missing = [it for it in wanted(device) if str(it.number) not in confirmed]
        return self._abort(
            End.DRILL_INCOMPLETE if missing else End.DRILL_PASSED,
            noticed=str(round(report["noticed_after"], 1)),
            offline=str(round(report["offline_for"])),
            cameras=await camera_lines(self.hass, device, report),
            missing=", ".join(f"{it.number} {it.name}" for it in missing),
        )

    # What the steps share

    async def _wait(
        self, step: str, work: Callable[[], Coroutine[Any, Any, bool]], then: str, otherwise: End
    ) -> Result:
        """Show the progress of a step until it happened, or its time is over."""
        if self._waiting is None:
            name = f"guided drill: {step}"
            self._waiting = self.hass.async_create_background_task(work(), name)
        if not self._waiting.done():
            return self.async_show_progress(
                step_id=step,
                progress_action=step,
                progress_task=self._waiting,
                description_placeholders={"name": self._drilled.title},
            )
        happened, self._waiting = self._waiting.result(), None
        self._missed = otherwise
        return self.async_show_progress_done(next_step_id=then if happened else "gave_up")

    async def async_step_gave_up(self, user_input: dict[str, Any] | None = None) -> Result:
        """Tell what did not happen; an outage that goes on is seen to all the same."""
        return self._abort(self._missed)

    def _abort(self, reason: End, **placeholders: str) -> Result:
        return self.async_abort(
            reason=reason,
            description_placeholders={"name": self._drilled.title, **placeholders},
        )

    async def _until(self, check: Callable[[DeviceView], bool]) -> bool:
        """Wait until something is so of the recorder; tells whether it came to be in its time."""
        unit = self._drilled.unit
        return await happens(self._manager, unit, check)

    async def _measured(self) -> bool:
        """Wait until the outage is over, and a moment longer for what is measured then."""
        if not await self._until(lambda view: view.outage_since is None):
            return False
        reports, unit = self._manager.reports, self._drilled.unit
        told = asyncio.Event()

        @callback
        def look() -> None:
            if "first_frame_after" in (reports.latest(unit) or {}):
                told.set()

        stop = reports.listen(look)
        look()
        try:
            async with asyncio.timeout(_MEASURED):
                await told.wait()
        except TimeoutError:
            pass  # a spare need not tell
        finally:
            stop()
        return True

    @property
    def _manager(self) -> FailoverManager:
        return self._group().runtime_data.manager

    @property
    def _drilled_view(self) -> DeviceView:
        return self._manager.device_view(self._drilled.unit)

    @property
    @abstractmethod
    def _drilled(self) -> UnitConfig:
        """The recorder that the drill is of."""

    @abstractmethod
    def _group(self) -> ConfigEntry[GroupRuntime]:
        """Return the group of the flow."""


def _settled(view: DeviceView) -> bool:
    """Tell whether it is known how a recorder that is off is covered."""
    return view.phase is not Phase.TAKING_OVER and bool(view.backed_up or view.not_backed_up)


async def happens(
    manager: FailoverManager, unit: UnitId, check: Callable[[DeviceView], bool]
) -> bool:
    """Wait until something is so of a device; tells whether it came to be within `PATIENCE`."""
    happened = asyncio.Event()

    @callback
    def look() -> None:
        if check(manager.device_view(unit)):
            happened.set()

    stop = manager.listen_changes(unit, look)
    look()
    try:
        async with asyncio.timeout(PATIENCE):
            return await happened.wait()
    except TimeoutError:
        return False
    finally:
        stop()
