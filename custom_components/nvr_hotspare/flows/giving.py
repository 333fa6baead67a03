"""The steps that settle what becomes of an outage's footage, the same for new and known units."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
from homeassistant.util import dt as dt_util

from ..forms import giving as giving_form
from ..forms.giving import FOLDER_SCHEMA, Found
from ..forms.unit import UnitFormError
from ..settings.giving import GivingBack, Way
from ..settings.unit import ChannelConfig

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GIGABYTE = 10**9


class GivingSteps[Context: FlowContext, Result: FlowResult[Any, Any], Handler](
    FlowHandler[Context, Result, Handler]
):
    """Ask for the way, and try the folder before it is taken."""

    _giving = GivingBack()
    """What was settled before, or entered last."""
    _found: Found

    async def async_step_give_back(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask what becomes of the footage when the recorder is back."""
        return self.async_show_menu(step_id="give_back", menu_options=list(Way))

    async def async_step_keep(self, user_input: dict[str, Any] | None = None) -> Result:
        """Let it stay on the spare."""
        return await self._take_giving(GivingBack())

    async def async_step_folder(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask for the recorder's folder, and how the recorder names what is in it."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._giving = giving_form.read_form(user_input)
            try:
                self._found = await self._try(mark=False)
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                return await self.async_step_found()
        values = user_input or giving_form.filled_form(self.hass, self._giving)
        return self.async_show_form(
            step_id="folder",
            data_schema=self.add_suggested_values_to_schema(FOLDER_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_found(self, user_input: dict[str, Any] | None = None) -> Result:
        """Tell what came of trying the folder; the user goes on or back."""
        found = self._found.inspection
        newest = "–"  # noqa: RUF001 (nothing, in a table)
        if found.newest is not None:
            moment = _EPOCH + timedelta(microseconds=found.newest // 1000)
            newest = dt_util.as_local(moment).strftime("%Y-%m-%d %H:%M:%S")
        return self.async_show_menu(
            step_id="found",
            menu_options=["take_folder", "folder"],
            description_placeholders={
                "example": self._found.example,
                "free": str(found.free // _GIGABYTE),
                "recognised": str(found.recognised),
                "newest": newest,
            },
        )

    async def async_step_take_folder(self, user_input: dict[str, Any] | None = None) -> Result:
        """Take the folder, marked, unless it went away meanwhile."""
        try:
            self._found = await self._try(mark=True)
        except UnitFormError:
            return await self.async_step_folder(giving_form.filled_form(self.hass, self._giving))
        return await self._take_giving(self._giving)

    async def _try(self, *, mark: bool) -> Found:
        first = self._given_channels()[0]
        target = self._giving.target(first.number, first.name)
        return await giving_form.try_folder(self.hass, target, self._own_footage(), mark=mark)

    @abstractmethod
    async def _take_giving(self, giving: GivingBack) -> Result:
        """Store what was settled."""

    @abstractmethod
    def _given_channels(self) -> Sequence[ChannelConfig]:
        """Return the device's cameras, one at least."""

    @abstractmethod
    def _own_footage(self) -> Path:
        """Return where this Home Assistant's own footage is, or would be."""
