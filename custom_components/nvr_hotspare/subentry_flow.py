"""The subentry flow: a recorder of the group, its Work Mode, and where its cameras are."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigSubentryFlow,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from . import channel_form
from .builtin_config import BuiltinConfig
from .builtin_flow import SPARE_KINDS, BuiltinSteps
from .builtin_form import TITLE, builtin_data, builtin_serial
from .channel_form import CHANNELS_SCHEMA
from .const import CONF_CHANNELS, CONF_PROTECTED, DOMAIN, WorkMode
from .driver import open_unit
from .failover.coverage import fits
from .failover.model import WorkingDevice
from .giving import CONF_GIVE_BACK, GivingBack
from .giving_flow import GivingSteps
from .nvr.errors import UnitError
from .nvr.model import Capability, Probe
from .outlook import group_cameras, outlook
from .runtime import GroupRuntime
from .sources import Verdict, try_sources
from .texts import selector_texts
from .unit_config import ChannelConfig, NetworkConfig, UnitConfig, unit_configs
from .unit_form import (
    UNIT_SCHEMA,
    UnitFormError,
    filled_form,
    is_configured,
    probe_spare,
    probe_unit,
    read_form,
    unit_data,
    unit_title,
)

type Prober = Callable[[HomeAssistant, NetworkConfig], Awaitable[Probe]]


class UnitSubentryFlow(
    BuiltinSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    GivingSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    ConfigSubentryFlow,
):
    """Add a recorder, or change one."""

    def __init__(self) -> None:
        self._data: dict[str, Any] = {}
        self._title = ""
        self._host = ""
        self._channels: Sequence[ChannelConfig] = ()
        self._verdicts: Sequence[Verdict] = ()

    # Adding

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the Work Mode."""
        options = [WorkMode.NORMAL, WorkMode.HOT_SPARE]
        return self.async_show_menu(step_id="user", menu_options=options)

    async def async_step_hot_spare(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what the spare of a group that has lost its own is to be."""
        if self._spare() is not None:
            return self.async_abort(reason="one_spare")
        return self.async_show_menu(step_id="hot_spare", menu_options=SPARE_KINDS)

    async def async_step_recorder(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how to reach a spare."""
        return await self._step_unit("recorder", user_input, probe_spare, self._add_spare)

    async def async_step_normal(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how to reach a working device."""
        return await self._step_unit("normal", user_input, probe_unit, self._add_working_device)

    async def _add_spare(self, way: NetworkConfig, probe: Probe) -> SubentryFlowResult:
        if is_configured(self.hass, probe.identity.serial):
            return self.async_abort(reason="already_configured")
        return self.async_create_entry(
            title=unit_title(probe.identity, way),
            data=unit_data(WorkMode.HOT_SPARE, way, probe),
            unique_id=probe.identity.serial,
        )

    async def _add_working_device(self, way: NetworkConfig, probe: Probe) -> SubentryFlowResult:
        if is_configured(self.hass, probe.identity.serial):
            return self.async_abort(reason="already_configured")
        self._title = unit_title(probe.identity, way)
        self._host = way.endpoint.host
        self._data = unit_data(WorkMode.NORMAL, way, probe)
        if Capability.SETTINGS in probe.capabilities:
            try:
                settings = await open_unit(self.hass, way).settings()
            except UnitError:
                # What it does not tell, the user does.
                settings = ()
            self._channels = channel_form.told_channels(settings)
        return await self.async_step_channels()

    # Changing

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what to change."""
        config = self._reconfigured()
        if isinstance(config.way, BuiltinConfig):
            self._shown = config.way.as_data()
            return await self.async_step_builtin()
        if not config.is_device:
            return await self.async_step_account()
        self._host = config.way.endpoint.host
        self._channels = config.channels
        self._giving = config.giving_back
        options = ["account", "channels", "give_back"]
        return self.async_show_menu(step_id="reconfigure", menu_options=options)

    async def async_step_account(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how to reach the unit from now on."""
        return await self._step_unit("account", user_input, probe_unit, self._change_account)

    async def _change_account(self, way: NetworkConfig, probe: Probe) -> SubentryFlowResult:
        config = self._reconfigured()
        if probe.identity.serial != config.unit:
            raise UnitFormError("other_unit", {"serial": probe.identity.serial})
        return self.async_update_and_abort(
            self._get_entry(),
            self._get_reconfigure_subentry(),
            data_updates=unit_data(config.mode, way, probe),
        )

    # Channels

    async def async_step_channels(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which cameras to protect, and where they are."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                channels = await channel_form.read_form(
                    self.hass, user_input, self._host, self._channels
                )
                self._require_room(channels)
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                self._channels = channels
                self._verdicts = await try_sources(channels)
                return await self.async_step_verdicts()
        values = user_input or channel_form.filled_form(self._channels)
        return self.async_show_form(
            step_id="channels",
            data_schema=self.add_suggested_values_to_schema(CHANNELS_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_verdicts(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Tell what came of trying each camera; the user goes on or back."""
        good = all(verdict.good for verdict in self._verdicts)
        return self.async_show_menu(
            step_id="verdicts",
            menu_options=["save", "channels"] if good else ["channels", "save"],
            description_placeholders={
                "verdicts": await self._verdict_lines(),
                "spare": await self._spare_lines(),
            },
        )

    async def async_step_save(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Take the channels."""
        self._channels = [verdict.channel for verdict in self._verdicts]
        if self.source == SOURCE_RECONFIGURE:
            return self._update(CONF_CHANNELS, [channel.as_data() for channel in self._channels])
        return await self.async_step_give_back()

    async def _verdict_lines(self) -> str:
        """Return the verdicts as a list in Markdown, in the language of Home Assistant."""
        texts = await selector_texts(self.hass, "verdict")
        return "\n".join(
            f"- **{verdict.channel.number} {verdict.channel.name}**: "
            f"{texts[verdict.key]} {verdict.detail}".rstrip()
            for verdict in self._verdicts
        )

    async def _spare_lines(self) -> str:
        """Return what these cameras, beside the group's others, mean for a built-in spare."""
        spare = self._spare()
        if spare is None or not isinstance(spare.way, BuiltinConfig):
            return ""
        changed = self._reconfigured().unit if self.source == SOURCE_RECONFIGURE else None
        tried = [verdict.channel for verdict in self._verdicts if verdict.channel.source]
        cameras = [*group_cameras(self._get_entry(), without=changed), *tried]
        return await outlook(self.hass, self._get_entry(), spare.way, cameras)

    # What becomes of footage

    @override
    async def _take_giving(self, giving: GivingBack) -> SubentryFlowResult:
        """Store the working device, or what has changed of it."""
        if self.source == SOURCE_RECONFIGURE:
            return self._update(CONF_GIVE_BACK, giving.as_data())
        more = {
            CONF_CHANNELS: [channel.as_data() for channel in self._channels],
            CONF_GIVE_BACK: giving.as_data(),
            CONF_PROTECTED: True,
        }
        return self.async_create_entry(
            title=self._title, data=self._data | more, unique_id=self._data["serial"]
        )

    @override
    def _given_channels(self) -> Sequence[ChannelConfig]:
        return self._channels

    @override
    def _own_footage(self) -> Path:
        spare = self._spare()
        if spare is not None and isinstance(spare.way, BuiltinConfig):
            return spare.way.folder
        return Path(self.hass.config.path(STORAGE_DIR, DOMAIN))

    # The built-in spare

    @override
    async def _take_builtin(self, options: BuiltinConfig) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                data_updates=options.as_data(),
            )
        serial = await builtin_serial(self.hass)
        if is_configured(self.hass, serial):
            return self.async_abort(reason="already_configured")
        return self.async_create_entry(
            title=TITLE, data=builtin_data(options, serial), unique_id=serial
        )

    @override
    def _group(self) -> ConfigEntry[GroupRuntime]:
        return self._get_entry()

    @override
    def _cameras(self) -> Sequence[ChannelConfig]:
        return group_cameras(self._get_entry())

    # What the steps share

    async def _step_unit(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        prober: Prober,
        proceed: Callable[[NetworkConfig, Probe], Awaitable[SubentryFlowResult]],
    ) -> SubentryFlowResult:
        """Show `UNIT_SCHEMA` until a unit answers that will do, then proceed with it."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            way = read_form(user_input)
            try:
                return await proceed(way, await prober(self.hass, way))
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
        values = user_input
        if values is None and self.source == SOURCE_RECONFIGURE:
            values = filled_form(NetworkConfig.from_data(self._get_reconfigure_subentry().data))
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(UNIT_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _update(self, key: str, value: Any) -> SubentryFlowResult:
        return self.async_update_and_abort(
            self._get_entry(), self._get_reconfigure_subentry(), data_updates={key: value}
        )

    def _reconfigured(self) -> UnitConfig:
        return UnitConfig.from_subentry(self._get_reconfigure_subentry())

    def _spare(self) -> UnitConfig | None:
        units = unit_configs(self._get_entry()).values()
        return next((unit for unit in units if unit.is_spare), None)

    def _require_room(self, channels: Sequence[ChannelConfig]) -> None:
        """Refuse a device that the spare could never stand in for whole."""
        if (spare := self._spare()) is None:
            return
        device = WorkingDevice(unit="", channels=tuple(map(ChannelConfig.as_channel, channels)))
        fit = fits(device, spare.as_spare())
        if not fit.whole:
            raise UnitFormError(
                "too_many_channels",
                {"channels": str(fit.channels), "capacity": str(fit.capacity)},
            )
