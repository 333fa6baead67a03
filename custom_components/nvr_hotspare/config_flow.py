"""The config flow: a group begins with its first spare."""

from types import MappingProxyType
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryData,
    ConfigSubentryFlow,
    FlowType,
    OptionsFlow,
    SubentryFlowContext,
)
from homeassistant.core import callback
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .const import CONF_GROUP, CONF_PREFERENCE, DOMAIN, SUBENTRY_UNIT, WorkMode
from .engine.config import PORT
from .flows.builtin import SPARE_KINDS, BuiltinSteps
from .flows.engine import EngineSteps
from .flows.options import GroupOptionsFlow
from .flows.reauth import ReauthSteps
from .flows.recorder import RecorderSteps
from .flows.subentry import UnitSubentryFlow
from .forms.builtin import TITLE, builtin_data, builtin_serial
from .forms.engine import engine_data, engine_title, group_schema
from .forms.unit import is_configured, probe_spare, unit_data, unit_title
from .nvr.model import Endpoint, Probe
from .settings.builtin import BuiltinConfig
from .settings.engine import EngineConfig
from .settings.unit import NetworkConfig, unit_configs
from .units.roaming import moved_by_dhcp


class NvrHotSpareConfigFlow(
    BuiltinSteps[ConfigFlowContext, ConfigFlowResult, str],
    EngineSteps[ConfigFlowContext, ConfigFlowResult, str],
    RecorderSteps[ConfigFlowContext, ConfigFlowResult, str],
    ReauthSteps,
    ConfigFlow,
    domain=DOMAIN,
):
    """Create a group together with its first spare."""

    VERSION = 1
    """Of entries with their subentries and options: one that is higher Home Assistant refuses, one
    that is lower it hands to `async_migrate_entry` of the integration."""

    _into: ConfigEntry | None = None
    """The group that an engine that was found is added to, None for a new one."""

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the one type of subentry: a recorder, whatever its Work Mode."""
        return {SUBENTRY_UNIT: UnitSubentryFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow that changes a group's options."""
        return GroupOptionsFlow()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what the spare is to be."""
        return self.async_show_menu(step_id="user", menu_options=SPARE_KINDS)

    @override
    async def _take_builtin(self, options: BuiltinConfig) -> ConfigFlowResult:
        serial = await builtin_serial(self.hass)
        return await self._create_group(TITLE, serial, builtin_data(options, serial))

    async def async_step_recorder(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how to reach the spare."""
        return await self._step_recorder("recorder", user_input, probe_spare, self._take_recorder)

    async def _take_recorder(self, way: NetworkConfig, probe: Probe) -> ConfigFlowResult:
        data = unit_data(WorkMode.HOT_SPARE, way, probe)
        return await self._create_group(
            unit_title(probe.identity, way), probe.identity.serial, data
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Offer an engine that was found in the network."""
        told = discovery_info.properties
        engine = told.get("id", "")
        await self.async_set_unique_id(engine)
        self._abort_if_unique_id_configured(reload_on_update=False)
        if is_configured(self.hass, engine):
            return self.async_abort(reason="already_configured")
        if told.get("paired") != "no":
            return self.async_abort(reason="engine_taken")
        self._discovered = Endpoint(host=discovery_info.host, port=discovery_info.port or PORT)
        self.context["title_placeholders"] = {"name": engine_title(self._discovered)}
        if self._async_current_entries(include_ignore=False):
            return await self.async_step_group()
        return await self.async_step_engine()

    @override
    async def async_step_dhcp(self, discovery_info: DhcpServiceInfo) -> ConfigFlowResult:
        """Follow a unit that got another address; no other device comes here."""
        moved_by_dhcp(self.hass, format_mac(discovery_info.macaddress), discovery_info.ip)
        return self.async_abort(reason="already_configured")

    async def async_step_group(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which group the engine is to be a spare of."""
        entries = self._async_current_entries(include_ignore=False)
        if user_input is not None:
            chosen = user_input[CONF_GROUP]
            self._into = next((it for it in entries if it.entry_id == chosen), None)
            return await self.async_step_engine()
        return self.async_show_form(step_id="group", data_schema=group_schema(entries))

    @override
    async def _take_engine(self, config: EngineConfig, probe: Probe) -> ConfigFlowResult:
        title, data = engine_title(config.endpoint), engine_data(config, probe)
        serial = probe.identity.serial
        if self._into is None:
            return await self._create_group(title, serial, data)
        spares = [it for it in unit_configs(self._into).values() if it.is_spare]
        data[CONF_PREFERENCE] = max((it.preference for it in spares), default=0) + 1
        spare = ConfigSubentry(
            data=MappingProxyType(data), subentry_type=SUBENTRY_UNIT, title=title, unique_id=serial
        )
        self.hass.config_entries.async_add_subentry(self._into, spare)
        return self.async_abort(reason="engine_added")

    async def _create_group(
        self, title: str, serial: str, data: dict[str, Any]
    ) -> ConfigFlowResult:
        await self.async_set_unique_id(serial)
        self._abort_if_unique_id_configured(reload_on_update=False)
        if is_configured(self.hass, serial):
            return self.async_abort(reason="already_configured")
        spare = ConfigSubentryData(
            data=data, subentry_type=SUBENTRY_UNIT, title=title, unique_id=serial
        )
        return self.async_create_entry(title=title, data={}, subentries=[spare])

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Lead on to the first unit that the spare is to stand in for."""
        flow = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_UNIT),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return result
