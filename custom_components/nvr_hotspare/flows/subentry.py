"""The subentry flow: a recorder of the group, its Work Mode, and where its cameras are."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, override

from homeassistant.config_entries import (
    ConfigEntry,
    SubentryFlowContext,
    SubentryFlowResult,
)
from homeassistant.helpers.selector import BooleanSelector
from homeassistant.helpers.storage import STORAGE_DIR
import voluptuous as vol

from ..const import (
    CONF_COVERS_NO_RECORD,
    CONF_PROTECTED,
    CONF_SERIAL,
    CONF_WORK_MODE,
    DOMAIN,
    WorkMode,
)
from ..forms import channels as channel_form
from ..forms.builtin import TITLE, builtin_data, builtin_serial
from ..forms.engine import engine_data, engine_title
from ..forms.outlook import group_cameras
from ..forms.unit import (
    is_configured,
    probe_shared,
    probe_spare,
    probe_unit,
    unit_data,
    unit_title,
)
from ..links.driver import open_unit
from ..nvr.errors import UnitError
from ..nvr.model import Capability, Probe
from ..runtime import GroupRuntime
from ..settings.builtin import BuiltinConfig
from ..settings.engine import EngineConfig
from ..settings.giving import CONF_GIVE_BACK, GivingBack
from ..settings.push import CONF_PUSH, PushConfig
from ..settings.unit import ChannelConfig, NetworkConfig, UnitConfig
from .builtin import SPARE_KINDS, BuiltinSteps
from .channels import ChannelSteps
from .drill import GuidedDrillSteps
from .engine import EngineSteps
from .engine_change import EngineChangeSteps
from .giving import GivingSteps
from .push import PushSteps
from .spare import SpareSteps

WORK_MODES: Final = (WorkMode.NORMAL, WorkMode.HOT_SPARE, WorkMode.SHARED)
"""The menu of what a unit can do in its group."""
NO_RECORD_SCHEMA: Final = vol.Schema({vol.Required(CONF_COVERS_NO_RECORD): BooleanSelector()})


class UnitSubentryFlow(
    BuiltinSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    EngineSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    GivingSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    GuidedDrillSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    PushSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    ChannelSteps,
    EngineChangeSteps,
    SpareSteps,
):
    """Add a recorder, or change one."""

    # Adding

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the Work Mode."""
        return self.async_show_menu(step_id="user", menu_options=WORK_MODES)

    async def async_step_normal(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how to reach a working device."""
        add = partial(self._add_recorder, WorkMode.NORMAL)
        return await self._step_recorder("normal", user_input, probe_unit, add)

    async def async_step_shared(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how to reach a working device whose free channels stand in for others."""
        add = partial(self._add_recorder, WorkMode.SHARED)
        return await self._step_recorder("shared", user_input, probe_shared, add)

    async def async_step_hot_spare(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what a spare is to be; this Home Assistant can be one only."""
        taken = is_configured(self.hass, await builtin_serial(self.hass))
        kinds = tuple(kind for kind in SPARE_KINDS if not (taken and kind == "builtin"))
        return self.async_show_menu(step_id="hot_spare", menu_options=kinds)

    async def async_step_recorder(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how to reach a recorder that is to be a spare and nothing else."""
        add = partial(self._add_recorder, WorkMode.HOT_SPARE)
        return await self._step_recorder("recorder", user_input, probe_spare, add)

    async def _add_recorder(
        self, mode: WorkMode, way: NetworkConfig, probe: Probe
    ) -> SubentryFlowResult:
        if is_configured(self.hass, probe.identity.serial):
            return self.async_abort(reason="already_configured")
        self._title = unit_title(probe.identity, way)
        self._data = unit_data(mode, way, probe)
        if mode is not WorkMode.HOT_SPARE:
            self._host = way.endpoint.host
            self._channels = await self._told_channels(way, probe)
        return await self._place()

    async def _told_channels(self, way: NetworkConfig, probe: Probe) -> Sequence[ChannelConfig]:
        if Capability.SETTINGS not in probe.capabilities:
            return ()
        try:
            return channel_form.told_channels(await open_unit(self.hass, way).settings())
        except UnitError:
            return ()  # what it does not tell, the user does

    async def _place(self) -> SubentryFlowResult:
        """Settle the place of a new unit among the spares, if it is one and there are others."""
        if self._data[CONF_WORK_MODE] != WorkMode.NORMAL and self._spares():
            return await self.async_step_preference()
        return await self._settled()

    @override
    async def _settled(self) -> SubentryFlowResult:
        if self._data[CONF_WORK_MODE] == WorkMode.HOT_SPARE:
            return self._create()
        return await self.async_step_channels()

    @override
    async def _become_device(self, way: NetworkConfig, probe: Probe) -> SubentryFlowResult:
        self._channels = await self._told_channels(way, probe)
        return await self.async_step_channels()

    @override
    async def _have_channels(self) -> SubentryFlowResult:
        return await self.async_step_no_record()

    def _create(self) -> SubentryFlowResult:
        return self.async_create_entry(
            title=self._title, data=self._data, unique_id=self._data[CONF_SERIAL]
        )

    # Changing

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what to change."""
        config = self._changed()
        way = config.way
        if isinstance(way, BuiltinConfig):
            self._shown = way.as_data()
            options = ["builtin"]
        elif isinstance(way, EngineConfig):
            options = ["engine_address", "engine_standby"]
        else:
            self._host = way.endpoint.host
            self._channels = config.channels
            self._giving = config.giving_back
            options = ["account"]
        if config.is_device:
            options += ["channels", "no_record", "give_back"]
        if isinstance(way, NetworkConfig):
            options += ["work_mode"]
        if config.is_spare:
            options += ["preference"]
        if isinstance(way, NetworkConfig):
            options += ["push"]
        if config.is_device:
            options += ["guided_drill"]
        return self.async_show_menu(step_id="reconfigure", menu_options=options)

    async def async_step_account(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how to reach the unit from now on."""
        return await self._step_recorder("account", user_input, probe_unit, self._change_account)

    async def _change_account(self, way: NetworkConfig, probe: Probe) -> SubentryFlowResult:
        mode = self._require_changed(probe).mode
        return self._update(**unit_data(mode, way, probe))

    # What is covered beside an outage

    async def async_step_no_record(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether spares stand in for cameras that it does not record though it answers."""
        if user_input is not None:
            if self._is_change:
                return self._update(**user_input)
            self._data |= user_input
            return await self.async_step_give_back()
        covers = self._is_change and self._changed().covers_no_record
        return self.async_show_form(
            step_id="no_record",
            data_schema=self.add_suggested_values_to_schema(
                NO_RECORD_SCHEMA, {CONF_COVERS_NO_RECORD: covers}
            ),
        )

    # What becomes of footage

    @override
    async def _take_giving(self, giving: GivingBack) -> SubentryFlowResult:
        """Store the working device, or what has changed of it."""
        data = {CONF_GIVE_BACK: giving.as_data()}
        if self._is_change:
            return self._update(**data)
        self._data |= {CONF_PROTECTED: True, **data}
        return self._create()

    @override
    def _given_channels(self) -> Sequence[ChannelConfig]:
        return self._channels

    @override
    def _own_footage(self) -> Path:
        if builtin := self._builtin():
            return builtin.folder
        return Path(self.hass.config.path(STORAGE_DIR, DOMAIN))

    # Signs of life that it pushes

    @override
    def _pushing(self) -> PushConfig:
        return PushConfig.from_data(self._get_reconfigure_subentry().data.get(CONF_PUSH, {}))

    @override
    def _take_push(self, config: PushConfig) -> SubentryFlowResult:
        return self._update(**{CONF_PUSH: config.as_data()})

    # A guided drill

    @property
    @override
    def _drilled(self) -> UnitConfig:
        return self._changed()

    # The built-in spare

    @override
    async def _take_builtin(self, options: BuiltinConfig) -> SubentryFlowResult:
        if self._is_change:
            return self._update(**options.as_data())
        serial = await builtin_serial(self.hass)
        if is_configured(self.hass, serial):
            return self.async_abort(reason="already_configured")
        self._title, self._data = TITLE, builtin_data(options, serial)
        return await self._place()

    # An engine on another machine

    @override
    async def _take_engine(self, config: EngineConfig, probe: Probe) -> SubentryFlowResult:
        self._title = engine_title(config.endpoint)
        self._data = engine_data(config, probe)
        return await self._place()

    @override
    def _group(self) -> ConfigEntry[GroupRuntime]:
        return self._get_entry()

    @override
    def _cameras(self) -> Sequence[ChannelConfig]:
        return group_cameras(self._get_entry())
