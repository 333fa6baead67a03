"""The steps that make an engine on another machine a spare, in the flows of groups and units."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult

from ..forms.engine import (
    OPTIONS_SCHEMA,
    PAIRING_SCHEMA,
    endpoint_of,
    engine_config,
    find_engine,
    pair_engine,
    probe_engine,
    read_options,
)
from ..forms.outlook import needed_ring
from ..forms.unit import UnitFormError, is_configured
from ..nvr.model import Endpoint, Probe
from ..recorder.remote.talk import Pairing
from ..runtime import GroupRuntime
from ..settings.engine import EngineConfig
from ..settings.unit import ChannelConfig


class EngineSteps[Context: FlowContext, Result: FlowResult[Any, Any], Handler](
    FlowHandler[Context, Result, Handler]
):
    """Ask where the engine is and for its pairing code, then how it is to stand by."""

    _discovered: Endpoint | None = None
    """Where the engine is that was found in the network, if one was."""
    _paired: tuple[Endpoint, Pairing]

    async def async_step_engine(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask how to reach the engine, and for the code that it shows."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            endpoint = endpoint_of(user_input)
            try:
                if is_configured(self.hass, (await find_engine(endpoint)).engine):
                    return self.async_abort(reason="already_configured")
                self._paired = endpoint, await pair_engine(endpoint, user_input[CONF_CODE])
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                return await self.async_step_engine_options()
        values = user_input
        if values is None and self._discovered is not None:
            values = {CONF_HOST: self._discovered.host, CONF_PORT: self._discovered.port}
        return self.async_show_form(
            step_id="engine",
            data_schema=self.add_suggested_values_to_schema(PAIRING_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_engine_options(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask how much footage to keep, and how to stand by."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                ring = needed_ring(self._group(), self._cameras())
                config = engine_config(*self._paired, read_options(user_input, ring))
                return await self._take_engine(config, await probe_engine(config))
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
        return self.async_show_form(
            step_id="engine_options",
            data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, user_input),
            errors=errors,
            description_placeholders=placeholders,
        )

    @abstractmethod
    async def _take_engine(self, config: EngineConfig, probe: Probe) -> Result:
        """Add the engine."""

    @abstractmethod
    def _group(self) -> ConfigEntry[GroupRuntime] | None:
        """Return the group, None where it begins with this spare."""

    @abstractmethod
    def _cameras(self) -> Sequence[ChannelConfig]:
        """Return the cameras that the spare may have to record, as far as there are any yet."""
