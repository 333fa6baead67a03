"""The steps that change an engine on another machine."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT

from ..forms.engine import (
    ADDRESS_SCHEMA,
    OPTIONS_SCHEMA,
    endpoint_of,
    find_engine,
    pair_engine,
    read_options,
)
from ..forms.outlook import needed_ring
from ..forms.unit import UnitFormError
from ..nvr.model import Endpoint
from ..recorder.remote.talk import Pairing
from ..settings.builtin import options_data
from ..settings.engine import EngineConfig, way_data
from ..settings.unit import ChannelConfig
from .unit import UnitSteps


class EngineChangeSteps(UnitSteps):
    """Change where an engine is, pair it anew, or change how it stands by."""

    async def async_step_engine_address(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask where the engine is now, and for a code if it is to be paired anew."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        before = self._changed_engine()
        if user_input is not None:
            endpoint = endpoint_of(user_input)
            try:
                pairing = await _same_engine(before, endpoint, user_input.get(CONF_CODE, ""))
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                return self._update(**way_data(endpoint, pairing))
        values = {CONF_HOST: before.endpoint.host, CONF_PORT: before.endpoint.port}
        return self.async_show_form(
            step_id="engine_address",
            data_schema=self.add_suggested_values_to_schema(ADDRESS_SCHEMA, user_input or values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_engine_standby(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how much footage to keep, and how to stand by."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        before = self._changed_engine()
        if user_input is not None:
            try:
                ring = needed_ring(self._get_entry(), self._cameras())
                options = read_options(user_input, ring)
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                return self._update(**options_data(options))
        return self.async_show_form(
            step_id="engine_standby",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS_SCHEMA, user_input or options_data(before)
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _changed_engine(self) -> EngineConfig:
        way = self._changed().way
        assert isinstance(way, EngineConfig)  # noqa: S101 (no other unit has these steps)
        return way

    @abstractmethod
    def _cameras(self) -> Sequence[ChannelConfig]:
        """Return the cameras that the spare may have to record."""


async def _same_engine(before: EngineConfig, endpoint: Endpoint, code: str) -> Pairing:
    """Return the pairing of the same engine at another address, or one made anew.

    Raises:
        UnitFormError: It is another engine, or can't be had.
    """
    found = await find_engine(endpoint)
    if found.engine != before.pairing.engine:
        raise UnitFormError("other_engine")
    if code.strip():
        return await pair_engine(endpoint, code, before.pairing.group)
    if found.fingerprint != before.pairing.fingerprint:
        raise UnitFormError("other_engine")
    return before.pairing
