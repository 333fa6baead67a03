"""The steps that reach a recorder on the network, the same in the flows of groups and units."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
import voluptuous as vol

from ..const import CONF_DRIVER
from ..forms.driver import DRIVER_SCHEMA, ability_lines, find_driver
from ..forms.unit import (
    UnitFormError,
    filled_form,
    look_at_certificate,
    read_form,
    unit_schema,
    unit_title,
)
from ..nvr.certificate import readable
from ..nvr.model import Driver, Probe
from ..settings.unit import NetworkConfig
from ..units.device_list import DeviceList, find_devices

type Prober = Callable[[HomeAssistant, NetworkConfig], Awaitable[Probe]]


@dataclass(frozen=True, slots=True)
class _Asking[Result]:
    """What is asked, and what comes after a good answer."""

    step_id: str
    prober: Prober
    proceed: Callable[[NetworkConfig, Probe], Awaitable[Result]]


class RecorderSteps[Context: FlowContext, Result: FlowResult[Any, Any], Handler](
    FlowHandler[Context, Result, Handler]
):
    """Ask how to reach a recorder until one answers that will do."""

    _asking: _Asking[Result]
    _entered: Mapping[str, Any]
    _way: NetworkConfig
    """What was entered, with the certificate that is shown there."""
    _devices = DeviceList()
    _probe: Probe
    """What was found out about it."""
    _confirmed = ""
    """The fingerprint that the user has confirmed in this flow."""

    async def _step_recorder(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        prober: Prober,
        proceed: Callable[[NetworkConfig, Probe], Awaitable[Result]],
    ) -> Result:
        """Show the form until a recorder answers that will do, then proceed with it."""
        self._asking = _Asking(step_id, prober, proceed)
        known = self._known_way()
        if user_input is None:
            if known is None:
                self._devices = await find_devices(self.hass)
            return await self._ask(filled_form(known) if known else None)
        self._entered = user_input
        try:
            way = read_form(user_input)
            shown = await look_at_certificate(self.hass, way.endpoint)
        except UnitFormError as error:
            return await self._ask(user_input, error)
        self._way = replace(way, endpoint=replace(way.endpoint, fingerprint=shown))
        before = known.endpoint.fingerprint if known else ""
        if shown in {"", before, self._confirmed}:
            return await self._try_recorder()
        return await (
            self.async_step_new_certificate() if before else self.async_step_certificate()
        )

    async def async_step_certificate(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask whether a certificate that nobody vouches for is the recorder's own."""
        return await self._step_certificate("certificate", user_input)

    async def async_step_new_certificate(self, user_input: dict[str, Any] | None = None) -> Result:
        """Ask the same of a recorder that had another one."""
        return await self._step_certificate("new_certificate", user_input)

    async def _step_certificate(self, step_id: str, user_input: dict[str, Any] | None) -> Result:
        shown = self._way.endpoint.fingerprint
        if user_input is not None:
            self._confirmed = shown
            return await self._try_recorder()
        known = self._known_way()
        return self.async_show_form(
            step_id=step_id,
            data_schema=vol.Schema({}),
            description_placeholders={
                "host": self._way.endpoint.host,
                "fingerprint": readable(shown),
                "before": readable(known.endpoint.fingerprint) if known else "",
            },
        )

    async def async_step_driver(self, user_input: dict[str, Any] | None = None) -> Result:
        """Say which driver was found for the recorder, and what it can do by it; ask for another.

        Of ONVIF, which most recorders speak, there is nothing to say.
        """
        if user_input is not None:
            chosen = Driver(user_input[CONF_DRIVER])
            try:
                if chosen is not self._way.driver:
                    self._way = replace(self._way, driver=chosen)
                    self._probe = await self._asking.prober(self.hass, self._way)
                return await self._asking.proceed(self._way, self._probe)
            except UnitFormError as error:
                return await self._ask(self._entered, error)
        return self.async_show_form(
            step_id="driver",
            data_schema=self.add_suggested_values_to_schema(
                DRIVER_SCHEMA, {CONF_DRIVER: self._way.driver}
            ),
            description_placeholders={
                "unit": unit_title(self._probe.identity, self._way),
                "abilities": await ability_lines(self.hass, self._probe),
            },
        )

    async def _try_recorder(self) -> Result:
        known = self._known_way()
        try:
            driver = known.driver if known else await find_driver(self.hass, self._way)
            self._way = replace(self._way, driver=driver)
            self._probe = await self._asking.prober(self.hass, self._way)
            if known is None and driver is not Driver.ONVIF:
                return await self.async_step_driver()
            return await self._asking.proceed(self._way, self._probe)
        except UnitFormError as error:
            return await self._ask(self._entered, error)

    async def _ask(
        self, values: Mapping[str, Any] | None, error: UnitFormError | None = None
    ) -> Result:
        schema = unit_schema(self._devices.selector())
        devices = "" if self._known_way() else await self._devices.table(self.hass)
        return self.async_show_form(
            step_id=self._asking.step_id,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors={"base": error.key} if error else {},
            description_placeholders={
                "devices": devices,
                **(error.placeholders if error else {}),
            },
        )

    def _known_way(self) -> NetworkConfig | None:
        """Return how the recorder was reached so far, None for a new one."""
        return None
