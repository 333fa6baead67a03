"""The repairs of settings that drift: a camera is gone, or new."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
import voluptuous as vol

from ..cameras.behind import explained
from ..cameras.drift import CAMERA_GONE, accounts, with_camera, without_camera
from ..cameras.sources import Verdict, try_sources
from ..forms.channels import MAX_NAME
from ..recorder.model import Source
from ..settings.unit import ChannelConfig, NetworkConfig, UnitConfig
from ..texts import selector_texts

_TRIES: Final = 2
"""Accounts that are offered to a new camera: with more wrong ones it may close its doors."""


def drift_flow(entry: ConfigEntry[Any], facts: Mapping[str, Any]) -> RepairsFlow:
    """Return the flow that fixes an issue of `cameras.drift`."""
    flow = CameraGoneFlow if facts["drift"] == CAMERA_GONE else CameraNewFlow
    return flow(entry, facts)


class _DriftFlow(RepairsFlow):
    """What both repairs know."""

    def __init__(self, entry: ConfigEntry[Any], facts: Mapping[str, Any]) -> None:
        self._entry = entry
        self._subentry = entry.subentries[facts["subentry_id"]]
        self._token: str = facts["token"]
        self._number: int = facts["number"]
        self._camera: str = facts["camera"]
        self._uri: str = facts["uri"]
        self._behind: bool = facts["behind"]

    def _store(self, data: Mapping[str, Any]) -> RepairsFlowResult:
        self.hass.config_entries.async_update_subentry(self._entry, self._subentry, data=data)
        return self.async_create_entry(data={})

    @property
    def _placeholders(self) -> dict[str, str]:
        return {
            "name": self._subentry.title,
            "number": str(self._number),
            "camera": self._camera,
        }


class CameraGoneFlow(_DriftFlow):
    """Ask whether a camera that is gone is to be forgotten."""

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin; what comes as input is the data of the issue."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Forget it when the user says so."""
        if user_input is not None:
            return self._store(without_camera(self._subentry, self._token))
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders=self._placeholders,
        )


class CameraNewFlow(_DriftFlow):
    """Ask whether a new camera is to be protected."""

    _verdict: Verdict

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Try the camera with the accounts of the others, and tell what came of it."""
        self._verdict = await self._tried()
        texts = await selector_texts(self.hass, "verdict")
        verdict = f"{texts[self._verdict.key]} {self._verdict.detail}".rstrip()
        return self.async_show_menu(
            step_id="init",
            menu_options=["add", "leave"],
            description_placeholders={**self._placeholders, "verdict": verdict},
        )

    async def async_step_add(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Protect it."""
        channel = self._verdict.channel
        return self._store(with_camera(self._subentry, self._token, self._number, channel))

    async def async_step_leave(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Leave it alone, and ask no more."""
        return self._store(with_camera(self._subentry, self._token, self._number, None))

    async def _tried(self) -> Verdict:
        """Return the verdict on the first account that will do, else on the first."""
        config = UnitConfig.from_subentry(self._subentry)
        offered = accounts(config.channels)[:_TRIES] or [Source(uri="")]
        verdicts: list[Verdict] = []
        for account in offered:
            verdicts += await try_sources([self._channel(account)])
            if verdicts[-1].key != "rejected":
                break
        verdict = verdicts[0] if verdicts[-1].key == "rejected" else verdicts[-1]
        if not isinstance(config.way, NetworkConfig):
            return verdict
        (verdict,) = await explained(self.hass, [verdict], config.way.endpoint.host)
        return verdict

    def _channel(self, account: Source) -> ChannelConfig:
        source = replace(account, uri=self._uri) if self._uri else None
        name = self._camera[:MAX_NAME] or str(self._number)
        return ChannelConfig(
            number=self._number,
            name=name,
            source=source,
            told_name=name,
            told_uri=self._uri,
            behind=self._behind,
        )
