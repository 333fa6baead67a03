"""The fix of a camera that rejects its account."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.helpers.selector import BooleanSelector, TextSelector
import voluptuous as vol

from ..cameras.sources import Verdict, try_sources
from ..const import CONF_CHANNELS
from ..forms.unit import PASSWORD_SELECTOR
from ..recorder.model import Source
from ..runtime import NvrHotSpareConfigEntry
from ..settings.unit import ChannelConfig, UnitConfig
from ..texts import selector_texts

CONF_ALIKE: Final = "alike"
CAMERA_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_USERNAME): TextSelector(),
        vol.Required(CONF_PASSWORD): PASSWORD_SELECTOR,
        vol.Required(CONF_ALIKE, default=True): BooleanSelector(),
    }
)


class CameraAccountFlow(RepairsFlow):
    """Ask for the account, try it, and take it for all cameras that had the same if they have."""

    def __init__(
        self, entry: NvrHotSpareConfigEntry, subentry: ConfigSubentry, number: int
    ) -> None:
        self._entry = entry
        self._subentry = subentry
        self._number = number

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin; what comes as input is the data of the issue."""
        return await self.async_step_account()

    async def async_step_account(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask for the account, and try it on this camera."""
        config = UnitConfig.from_subentry(self._subentry)
        channel = next((it for it in config.channels if it.number == self._number), None)
        if channel is None or channel.source is None:
            return self.async_abort(reason="camera_gone")
        errors: dict[str, str] = {}
        placeholders = {"camera": channel.name, "name": config.title}
        values = {CONF_USERNAME: channel.source.username} | (user_input or {})
        if user_input is not None:
            verdict = await _try(channel, channel.source, user_input)
            if verdict.good:
                self._take(config.channels, channel.source, user_input)
                return self.async_create_entry(data={})
            errors["base"] = "camera_fails"
            placeholders["verdict"] = (await selector_texts(self.hass, "verdict"))[verdict.key]
        return self.async_show_form(
            step_id="account",
            data_schema=self.add_suggested_values_to_schema(CAMERA_SCHEMA, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _take(
        self, channels: Sequence[ChannelConfig], before: Source, entered: dict[str, Any]
    ) -> None:
        """Store the account."""
        taken = [
            replace(it, source=_with(it.source, entered))
            if it.source is not None
            and (it.number == self._number or (entered[CONF_ALIKE] and _same(it.source, before)))
            else it
            for it in channels
        ]
        data = {**self._subentry.data, CONF_CHANNELS: [it.as_data() for it in taken]}
        self.hass.config_entries.async_update_subentry(self._entry, self._subentry, data=data)


async def _try(channel: ChannelConfig, source: Source, entered: dict[str, Any]) -> Verdict:
    (verdict,) = await try_sources([replace(channel, source=_with(source, entered))])
    return verdict


def _with(source: Source, entered: dict[str, Any]) -> Source:
    return replace(source, username=entered[CONF_USERNAME].strip(), password=entered[CONF_PASSWORD])


def _same(one: Source, other: Source) -> bool:
    return (one.username, one.password) == (other.username, other.password)
