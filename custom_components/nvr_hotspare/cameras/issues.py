"""Cameras that reject their account, as an engine that is to record them finds it."""

from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_NUMBER, DOMAIN
from ..failover.model import Camera
from ..links.engine import EngineLink
from ..recorder.model import ChannelState
from ..settings.unit import ChannelConfig, UnitConfig, unit_configs

CAMERA_REJECTS: Final = "camera_rejects"
_ACCEPTED: Final = {ChannelState.WATCHING, ChannelState.RECORDING}


class CameraIssues:
    """Asks for the account of each, and no more when it is accepted."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self._hass = hass
        self._entry = entry
        self._shown: dict[Camera, str] = {}

    @callback
    def look(self, link: EngineLink) -> None:
        """Take what an engine tells."""
        if link.report is None:
            return
        configs = unit_configs(self._entry)
        for unit, config in configs.items():
            for channel in config.channels:
                told = link.channel(camera := Camera(unit, channel.number))
                if told is not None and told.state is ChannelState.REFUSED:
                    self._ask(camera, config, channel)
                elif told is not None and told.state in _ACCEPTED:
                    self._settle(camera)
        for camera in tuple(self._shown):
            known = configs.get(camera.unit)
            if known is None or camera.channel not in {it.number for it in known.channels}:
                self._settle(camera)

    @callback
    def settle(self) -> None:
        """Ask for nothing any more."""
        for camera in tuple(self._shown):
            self._settle(camera)

    def _ask(self, camera: Camera, config: UnitConfig, channel: ChannelConfig) -> None:
        if camera in self._shown:
            return
        issue = f"{CAMERA_REJECTS}_{config.subentry_id}_{channel.number}"
        self._shown[camera] = issue
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue,
            data={
                "entry_id": self._entry.entry_id,
                "subentry_id": config.subentry_id,
                CONF_NUMBER: channel.number,
            },
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=CAMERA_REJECTS,
            translation_placeholders={"camera": channel.name, "name": config.title},
        )

    def _settle(self, camera: Camera) -> None:
        if issue := self._shown.pop(camera, None):
            ir.async_delete_issue(self._hass, DOMAIN, issue)
