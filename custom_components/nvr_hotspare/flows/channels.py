"""The steps about a working device's cameras: which, where they are, and whether there is room."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, override

from homeassistant.config_entries import SubentryFlowResult

from ..cameras.behind import explained
from ..cameras.sources import Verdict, judged, try_sources
from ..const import CONF_CHANNELS, CONF_SERIAL
from ..forms import channels as channel_form
from ..forms.channels import channels_schema
from ..forms.outlook import group_cameras, outlook
from ..forms.unit import UnitFormError
from ..settings.limits import fastest_camera
from ..settings.unit import ChannelConfig
from ..texts import selector_texts
from ..units.room import Room, room
from .unit import UnitSteps


class ChannelSteps(UnitSteps):
    """Ask for the cameras, and show what came of trying them before they are taken."""

    _room: Room
    """What the spares can do for a device that none of them can hold whole."""

    @override
    def __init__(self) -> None:
        super().__init__()
        self._host = ""
        """Of the device: what lives there dies with it."""
        self._channels: Sequence[ChannelConfig] = ()
        self._verdicts: Sequence[Verdict] = ()

    async def async_step_channels(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which cameras to protect, and where they are."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            try:
                self._channels = await channel_form.read_form(
                    self.hass, user_input, self._host, self._channels
                )
            except UnitFormError as error:
                errors["base"], placeholders = error.key, error.placeholders
            else:
                return await self._try_channels()
        values = user_input or channel_form.filled_form(self._channels)
        schema = channels_schema(await selector_texts(self.hass, "priority"))
        return self.async_show_form(
            step_id="channels",
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _try_channels(self) -> SubentryFlowResult:
        """Try the cameras, and see whether spares have room for them as they are."""
        spares = self._spares()
        most = fastest_camera(spare.limits for spare in spares)
        judgements = [judged(it, most) for it in await try_sources(self._channels)]
        self._verdicts = await explained(self.hass, judgements, self._host)
        tried = [verdict.channel for verdict in self._verdicts]
        unit = self._changed().unit if self._is_change else self._data[CONF_SERIAL]
        found = room(unit, tried, spares)
        known = self._changed().channels if self._is_change else ()
        before = room(unit, known, spares)
        if found and before and not found.whole and _has_grown(before, found):
            self._room = found
            return await self.async_step_too_many()
        return await self.async_step_verdicts()

    async def async_step_too_many(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Say what no spare has room for; the user goes back, or takes it as it is."""
        found = self._room
        texts = await selector_texts(self.hass, "room")
        stranded = "\n".join(
            f"- {it.number} {it.name}"
            + (f" ({texts['too_fast']})" if it.number in found.too_fast else "")
            for it in found.stranded
        )
        full = [texts["full"].format(name=title) for title in found.full]
        return self.async_show_menu(
            step_id="too_many",
            menu_options=["channels", "fit"],
            description_placeholders={
                "wanted": str(found.wanted),
                "capacity": str(found.capacity),
                "covered": str(found.wanted - len(found.stranded)),
                "stranded": f"{texts['stranded']}\n\n{stranded}" if stranded else texts["split"],
                "full": "\n\n".join(full),
            },
        )

    async def async_step_fit(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Go on with what fits, as the user wants it."""
        return await self.async_step_verdicts()

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
        data = {CONF_CHANNELS: [channel.as_data() for channel in self._channels]}
        if self._is_change:
            return self._update(**self._data, **data)
        self._data |= data
        return await self._have_channels()

    @abstractmethod
    async def _have_channels(self) -> SubentryFlowResult:
        """Go on with a new device whose cameras are settled."""

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
        if (builtin := self._builtin()) is None:
            return ""
        changed = self._changed().unit if self._is_change else None
        tried = [verdict.channel for verdict in self._verdicts if verdict.channel.source]
        cameras = [*group_cameras(self._get_entry(), without=changed), *tried]
        return await outlook(self.hass, self._get_entry(), builtin, cameras)


def _has_grown(before: Room, now: Room) -> bool:
    """Tell whether spares are to do more than before: what was taken is not asked again."""
    return now.wanted > before.wanted or not now.too_fast <= before.too_fast
